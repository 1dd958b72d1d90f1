import * as api from '@fermata/contracts/events'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { managedOrganizer } from '../managing.ts'
import { countMembersLocked, insertMember } from '../queries/organizers.ts'
import { publishMembers } from './forget-people.ts'

/** Every message about an event carries its members, so their number has an end. */
const max_members = 100

/** Who is added manages every event of the organiser from then on, in all services. */
export const addMember: Operation<typeof api.addMember> = async (ctx, request) => {
  const { id } = await managedOrganizer(ctx, request.caller, request.params.id)
  return ctx.write(request, async tx => {
    const members = await countMembersLocked(tx, id)
    const member = await insertMember(tx, id,
      { user_id: request.body.user_id, name: request.body.name.trim() })
    if (!member) throw new Problem(api.alreadyMember)
    if (members >= max_members) {
      throw new Problem(api.tooManyMembers, undefined, { extensions: { limit: max_members } })
    }
    await publishMembers(ctx, tx, [id], request.id)
    return member
  })
}
