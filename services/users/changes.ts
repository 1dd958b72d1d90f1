import { notFound } from '@fermata/contracts/problems'
import {
  profileChanged, settingsChanged, type ProfileChanges,
} from '@fermata/contracts/users'
import type { Tx } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import { presentSettings } from './people.ts'
import { lockPerson, updateProfile, type PersonRow } from './queries/people.ts'

/**
 * Changes a profile and tells those who keep a copy of what changed.
 * @throws Problem `request/not-found`
 */
export function changeProfile (
  ctx: Ctx, id: string, changes: ProfileChanges, request_id: string,
): Promise<PersonRow> {
  return ctx.transaction(async tx => {
    const before = await lockPerson(tx, id)
    if (!before) throw new Problem(notFound)
    const username = changes.username?.trim()
    const has_new_name = username !== undefined && username !== before.username
    const has_new_phone = changes.phone !== undefined && changes.phone !== before.phone
    if (!has_new_name && !has_new_phone) return before
    const person = await updateProfile(tx, id, { ...changes, username })
    if (has_new_name) await ctx.publish(tx, profileChanged, [{
      user_id: id, username: person.username, changed_at: person.updated_at,
    }], request_id)
    if (has_new_phone) await tellSettings(ctx, tx, person, request_id)
    return person
  })
}

export const tellSettings = (ctx: Ctx, tx: Tx, person: PersonRow, request_id?: string) =>
  ctx.publish(tx, settingsChanged, [{
    user_id: person.id, email: person.email, phone: person.phone,
    settings: presentSettings(person), changed_at: person.updated_at,
  }], request_id)
