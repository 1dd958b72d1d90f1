import * as api from '@fermata/contracts/events'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { managedOrganizer } from '../managing.ts'
import { checkPlace, presentMember, publishMembers } from '../members.ts'
import {
  countMembersLocked, findMember, hasOtherOwner, updateMemberRow,
} from '../queries/members.ts'

/** Another role, or another place to work at. Who becomes an owner owns all of the organiser. */
export const updateMember: Operation<typeof api.updateMember> = async (ctx, request) => {
  const { params, body, caller } = request
  const { id: organizer_id } = await managedOrganizer(ctx, caller, params.id)
  return ctx.transaction(async tx => {
    await countMembersLocked(tx, organizer_id)
    const member = await findMember(tx, organizer_id, params.member_id)
    if (!member) throw new Problem(notFound)
    const role = body.role ?? member.role
    const kept_event_id = role === 'owner' ? null : member.event_id
    const changed = {
      ...member, role, event_id: body.event_id === undefined ? kept_event_id : body.event_id,
    }
    await checkPlace(tx, changed)
    if (member.role === 'owner' && role !== 'owner' && member.user_id !== null &&
      !await hasOtherOwner(tx, organizer_id, member.id)) throw new Problem(api.lastOwner)
    const updated = await updateMemberRow(tx, changed)
    if (!updated) throw new Problem(api.alreadyMember)
    await ctx.publish(tx, api.memberChanged, [{
      organizer_id, member_id: updated.id, role: updated.role, event_id: updated.event_id,
      changed_at: updated.changed_at,
    }], request.id)
    await publishMembers(ctx, tx, [organizer_id], request.id)
    return presentMember(updated, caller)
  })
}
