import { notFound } from '@fermata/contracts/problems'
import type { Profile, Settings } from '@fermata/contracts/users'
import { personOf, type Caller } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import { findPerson, isErased, type PersonRow } from './queries/people.ts'

/** News of a registration takes some milliseconds; a new person's first page may be faster. */
const patience_ms = 500
const pause_ms = 25

const sleep = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

export const presentProfile = (person: PersonRow): Profile => ({
  id: person.id, username: person.username, email: person.email,
  email_verified: person.is_verified, phone: person.phone,
  roles: person.roles, locale: person.locale, created_at: person.registered_at,
  updated_at: person.updated_at,
})

export const presentSettings = (person: PersonRow): Settings => ({
  locale: person.locale,
  email_notifications: person.email_notifications,
  in_app_notifications: person.in_app_notifications,
  sms_notifications: person.sms_notifications,
  reminders: person.reminders,
})

/**
 * Whoever is signed in. Auth gave them a token, so they are there or will be in a moment.
 * @throws Problem `request/not-found` when they were erased, or news of them is long in coming
 */
export async function ownPerson (ctx: Ctx, caller: Caller): Promise<PersonRow> {
  const { user_id } = personOf(caller)
  const deadline = performance.now() + patience_ms
  for (;;) {
    const person = await findPerson(ctx.db, user_id)
    if (person) return person
    const is_late = performance.now() > deadline
    if (is_late || await isErased(ctx.db, user_id)) throw new Problem(notFound)
    await sleep(pause_ms)
  }
}
