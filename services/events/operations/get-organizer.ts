import type * as api from '@fermata/contracts/events'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { findOrganizer } from '../queries/organizers.ts'

/** Who is behind an event; its members are nobody's business but theirs. */
export const getOrganizer: Operation<typeof api.getOrganizer> = async (ctx, { params }) => {
  const organizer = await findOrganizer(ctx.db, params.id)
  if (!organizer) throw new Problem(notFound)
  return organizer
}
