import * as api from '@fermata/contracts/events'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { managedOrganizer } from '../managing.ts'
import { publishMembers } from '../members.ts'
import { countMembersLocked, deleteMember, findMember, hasOtherOwner } from '../queries/members.ts'

/** Whoever is removed is refused from their next request on, elsewhere as soon as the news is there. */
export const removeMember: Operation<typeof api.removeMember> = async (ctx, request) => {
  const { params, caller } = request
  const { id: organizer_id } = await managedOrganizer(ctx, caller, params.id)
  await ctx.transaction(async tx => {
    await countMembersLocked(tx, organizer_id)
    const member = await findMember(tx, organizer_id, params.member_id)
    if (!member) throw new Problem(notFound)
    if (member.role === 'owner' && member.user_id !== null &&
      !await hasOtherOwner(tx, organizer_id, member.id)) throw new Problem(api.lastOwner)
    const removed = await deleteMember(tx, member.id)
    if (!removed) throw new Problem(notFound)
    await ctx.publish(tx, api.memberChanged, [{
      organizer_id, member_id: member.id, role: null, event_id: null, ...removed,
    }], request.id)
    await publishMembers(ctx, tx, [organizer_id], request.id)
  })
  return null
}
