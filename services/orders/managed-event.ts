import { getEventFacts, getOrganizerMembers } from '@fermata/contracts/events'
import type { EventFacts } from '@fermata/contracts/fields'
import { notFound } from '@fermata/contracts/problems'
import { hasRole, type Caller } from '@fermata/platform/caller'
import { isTheirWork, storeMembers } from '@fermata/platform/memberships'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import { findFacts, storeFacts } from './queries/events.ts'

/**
 * True for an administrator, and for an owner of the event's organiser who may manage events at
 * all. An event that was not heard of is an administrator's alone.
 */
export async function manages (
  ctx: Ctx, caller: Caller, facts: EventFacts | undefined
): Promise<boolean> {
  if (!facts) return hasRole(caller, 'admin')
  return isTheirWork(ctx.db, 'orders', caller, 'manage', facts)
}

/**
 * The event, if the caller manages it. What is known here suffices; the events service is asked
 * about a draft that was not heard of yet, and before somebody is turned away who may have become
 * an owner a moment ago.
 * @throws Problem 404 when there is no such event or it is somebody else's
 */
export async function requireManagedEvent (
  ctx: Ctx, caller: Caller, event_id: string, request_id: string
): Promise<EventFacts> {
  const known = (await findFacts(ctx.db, [event_id])).get(event_id)
  if (known && await manages(ctx, caller, known)) return known
  const facts = await ctx.call(getEventFacts, { params: { id: event_id }, request_id })
  if (!await manages(ctx, caller, facts)) await learnMembers(ctx, facts.organizer_id, request_id)
  if (!await manages(ctx, caller, facts)) throw new Problem(notFound)
  await storeFacts(ctx.db, [facts])
  return facts
}

async function learnMembers (ctx: Ctx, organizer_id: string, request_id: string): Promise<void> {
  const told = await ctx.call(getOrganizerMembers, { params: { id: organizer_id }, request_id })
  await ctx.transaction(tx => storeMembers(tx, 'orders', [told]))
}
