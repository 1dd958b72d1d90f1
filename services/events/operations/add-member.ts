import { findProvenAccount } from '@fermata/contracts/auth'
import * as api from '@fermata/contracts/events'
import { storedAddress } from '@fermata/contracts/mailboxes'
import { uuidv7 } from '@fermata/platform/ids'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { managedOrganizer } from '../managing.ts'
import { checkPlace, presentMember, publishMembers } from '../members.ts'
import { countMembersLocked, insertMember } from '../queries/members.ts'

/** The news of an organiser carries all its members, so their number has an end. */
const max_members = 100

/**
 * Adds an address. Whoever has proven it works for the organiser at once, in all services; whoever
 * proves it later, from then on. The answer does not tell the two apart.
 */
export const addMember: Operation<typeof api.addMember> = async (ctx, request) => {
  const { body, caller, id: request_id } = request
  const { id: organizer_id } = await managedOrganizer(ctx, caller, request.params.id)
  const email = storedAddress(body.email)
  const { role = 'door', event_id = null } = body
  const { user_id } = await ctx.call(findProvenAccount, { body: { email }, request_id })
  return ctx.write(request, async tx => {
    const members = await countMembersLocked(tx, organizer_id)
    await checkPlace(tx, { organizer_id, role, event_id })
    const member = await insertMember(tx,
      { id: uuidv7(), organizer_id, user_id, name: null, email, role, event_id })
    if (!member) throw new Problem(api.alreadyMember)
    if (members >= max_members) {
      throw new Problem(api.tooManyMembers, undefined, { extensions: { limit: max_members } })
    }
    await publishMembers(ctx, tx, [organizer_id], request_id)
    return presentMember(member, caller)
  })
}
