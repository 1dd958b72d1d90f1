import { getEventFacts } from '@fermata/contracts/events'
import type { EventFacts } from '@fermata/contracts/fields'
import { notFound } from '@fermata/contracts/problems'
import { hasRole, type Caller } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import { findFacts, storeFacts } from './queries/events.ts'

/**
 * True for an administrator, and for a member of the event's organiser who may manage events at
 * all.
 */
export const manages = (caller: Caller, facts: EventFacts | undefined) => hasRole(caller, 'admin') ||
  (caller.kind === 'user' && caller.roles.includes('event_creator') &&
    (facts?.member_ids.includes(caller.user_id) ?? false))

/**
 * The event, if the caller manages it. What is known here suffices; the events service is asked
 * about a draft that was not heard of yet, and before somebody is turned away who may have become a
 * member a moment ago.
 * @throws Problem 404 when there is no such event or it is somebody else's
 */
export async function requireManagedEvent (
  ctx: Ctx, caller: Caller, event_id: string, request_id: string
): Promise<EventFacts> {
  const known = (await findFacts(ctx.db, [event_id])).get(event_id)
  if (known && manages(caller, known)) return known
  const facts = await ctx.call(getEventFacts, { params: { id: event_id }, request_id })
  if (!manages(caller, facts)) throw new Problem(notFound)
  await storeFacts(ctx.db, [facts])
  return facts
}
