import { organizerMembersChanged, type Member } from '@fermata/contracts/events'
import { userIdOf, type Caller } from '@fermata/platform/caller'
import type { Tx } from '@fermata/platform/database'
import { uuidv7 } from '@fermata/platform/ids'
import type { Ctx } from './context.ts'
import { refuse } from './managing.ts'
import { insertMember, isEventOf, takeMembers, type MemberRow } from './queries/members.ts'

/**
 * A member as owners see them. Not whether an account belongs to the address: an owner may name any
 * address, and would learn who has one.
 */
export const presentMember = (row: MemberRow, caller: Caller): Member => ({
  id: row.id, name: row.name, email: row.email, role: row.role, event_id: row.event_id,
  is_you: row.user_id !== null && row.user_id === userIdOf(caller), added_at: row.added_at,
})

/** Tells the other services who works for these organisers now. */
export async function publishMembers (
  ctx: Ctx, tx: Tx, organizer_ids: string[], request_id: string | null
): Promise<void> {
  if (organizer_ids.length === 0) return
  await ctx.publish(tx, organizerMembersChanged, await takeMembers(tx, organizer_ids),
    request_id ?? undefined)
}

/** Who makes an organiser is its first owner. */
export async function insertFounder (
  ctx: Ctx, tx: Tx, organizer_id: string, person: { user_id: string, name: string },
  request_id: string
): Promise<void> {
  await insertMember(tx,
    { id: uuidv7(), organizer_id, ...person, email: null, role: 'owner', event_id: null })
  await publishMembers(ctx, tx, [organizer_id], request_id)
}

/** @throws Problem `request/invalid` for a place that an organiser's member cannot have */
export async function checkPlace (
  tx: Tx, { organizer_id, role, event_id }: Pick<MemberRow, 'organizer_id' | 'role' | 'event_id'>
): Promise<void> {
  if (event_id === null) return
  if (role === 'owner') refuse([{ field: 'event_id', message: 'is for the door: owners own all' }])
  if (!await isEventOf(tx, organizer_id, event_id)) {
    refuse([{ field: 'event_id', message: 'is not an event of this organiser' }])
  }
}
