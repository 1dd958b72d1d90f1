import type * as api from '@fermata/contracts/tickets'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { findEventFacts } from '../queries/events.ts'
import { serves } from '../visible-ticket.ts'
import { admissionsOf } from './get-admissions.ts'

/** How far the admission to an event is, for who works at its door; for others there is no such. */
export const getDoor: Operation<typeof api.getDoor> = async (ctx, { params, caller }) => {
  const event = await findEventFacts(ctx.db, params.event_id)
  if (!event || !await serves(ctx.db, caller, { event })) throw new Problem(notFound)
  return admissionsOf(ctx, event.id)
}
