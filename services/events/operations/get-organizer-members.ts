import type * as api from '@fermata/contracts/events'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { findOrganizerMembers } from '../queries/members.ts'

/** For a service that is asked before it has heard the news. */
export const getOrganizerMembers: Operation<typeof api.getOrganizerMembers> = async (
  ctx, { params }
) => {
  const members = await findOrganizerMembers(ctx.db, params.id)
  if (!members) throw new Problem(notFound)
  return members
}
