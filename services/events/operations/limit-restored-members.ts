import type { copiesRestored } from '@fermata/contracts/backups'
import type { DataOf } from '@fermata/contracts/define'
import type { memberChanged } from '@fermata/contracts/events'
import type { Tx } from '@fermata/platform/database'
import type { Handler } from '../context.ts'
import { publishMembers } from '../members.ts'
import {
  countMembersLocked, deleteMember, findMember, isEventOf, updateMemberRow,
} from '../queries/members.ts'
import { placeLeft } from '../rules/place-left.ts'

/**
 * Members who were removed or limited since a copy are so again. An organiser may be left without
 * an owner, if that one came since: administrators name another. All organisers are told of, for
 * services may have been restored that hold more members than this one.
 */
export const limitRestoredMembers: Handler<typeof copiesRestored> = async (ctx, tx, events) => {
  const changes = events.flatMap(({ data }) => data.members ?? [])
    .toSorted((a, b) => a.organizer_id.localeCompare(b.organizer_id))
  let limited = 0
  for (const change of changes) {
    await countMembersLocked(tx, change.organizer_id)
    if (await limit(tx, change)) limited++
  }
  await publishMembers(ctx, tx, [...new Set(changes.map(change => change.organizer_id))], null)
  if (limited > 0) ctx.log.warn({ members: limited }, 'members are limited after a restore')
}

/** @returns whether there was anything to take away */
async function limit (
  tx: Tx, { organizer_id, member_id, ...last }: DataOf<typeof memberChanged>
): Promise<boolean> {
  const member = await findMember(tx, organizer_id, member_id)
  if (!member) return false
  const left = placeLeft(member, last)
  if (left?.role === member.role && left.event_id === member.event_id) return false
  // An event that was made since is not there, and who has that place by another row needs one.
  const stays = left && (left.event_id === null || await isEventOf(tx, organizer_id, left.event_id))
  if (!stays || !await updateMemberRow(tx, { id: member_id, ...left })) {
    await deleteMember(tx, member_id)
  }
  return true
}
