import * as api from '@fermata/contracts/events'
import type { EventChanges } from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import { notFound } from '@fermata/contracts/problems'
import type { Tx } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import type { Ctx, Operation } from '../context.ts'
import { factsOf, managedEvent, present, refuse } from '../managing.ts'
import { findTakenSlugs, lockEvent, updateDetails, type EventRow } from '../queries/events.ts'
import { checkEvent, normalizeEvent, type Details } from '../rules/check-event.ts'
import { artworkPath, changedFacts } from '../rules/event-facts.ts'
import { slugOf } from '../rules/slug.ts'
import { slugCandidates } from './create-event.ts'

/**
 * Longer than a request may take; by then either our row agrees with orders or it never will by
 * itself.
 */
const align_after_ms = 60_000

/**
 * Changes an event. What orders has to agree to (a smaller pool, another currency) is asked before
 * the transaction; what can change in between is decided again inside it, on the locked row.
 */
export const updateEvent: Operation<typeof api.updateEvent> = async (ctx, request) => {
  const { params, body, caller, id: request_id } = request
  const seen = await managedEvent(ctx, caller, params.id)
  refuseState(seen, body)
  refuse(checkEvent(merge(seen, body)))
  const { currency = seen.currency, ticket_capacity } = body
  if (currency !== seen.currency) await refuseOnceOrdered(ctx, seen.id, request_id)
  if (ticket_capacity !== undefined) await changePool(ctx, seen.id, ticket_capacity, request_id)
  return ctx.transaction(async tx => {
    const current = await lockEvent(tx, seen.id)
    if (!current) throw new Problem(notFound)
    refuseState(current, body)
    const details = merge(current, body)
    refuse(checkEvent(details))
    const slug = await slugFor(tx, current, details)
    const [before] = await factsOf(tx, [current.id])
    const updated = await updateDetails(tx, current.id, slug, normalizeEvent(details))
    const [event] = await factsOf(tx, [current.id])
    const changed = changedFacts(before!, event!)
    if (changed.length > 0) {
      await ctx.publish(tx, api.eventChanged, [{ event: event!, changed }], request_id)
    }
    return present(updated)
  })
}

function refuseState (event: EventRow, changes: EventChanges): void {
  if (event.status === 'canceled') {
    throw new Problem(api.wrongState, 'A canceled event stays as it is.', { extensions: { event_status: event.status } })
  }
  if (changes.version !== undefined && changes.version !== event.version) {
    throw new Problem(api.versionConflict, undefined, { extensions: { version: event.version } })
  }
}

/** Who sends back the list they read has not chosen the drawn poster as a picture of theirs. */
function merge (event: EventRow, { version: _, ...changes }: EventChanges): Details {
  const { title, description, starts_at, ends_at, timezone, venue, category, images,
    ticket_capacity, currency } = {
    ...event, ...changes,
  }
  return {
    title, description, starts_at, ends_at, timezone, venue, category, ticket_capacity, currency,
    images: images.filter(path => path !== artworkPath(event.id)),
  }
}

/** Follows the title while nobody can have linked to it. */
async function slugFor (tx: Tx, event: EventRow, { title }: Details): Promise<string> {
  if (event.status !== 'draft' || slugOf(title) === slugOf(event.title)) return event.slug
  const candidates = slugCandidates(title)
  const taken = await findTakenSlugs(tx, candidates, event.id)
  return candidates.find(slug => !taken.has(slug)) ?? event.slug
}

async function refuseOnceOrdered (ctx: Ctx, event_id: string, request_id: string): Promise<void> {
  const { sold, held } = await ctx.call(orders.getEventSales, { params: { event_id }, request_id })
  if (sold + held > 0) {
    throw new Problem(api.hasOrders, 'Orders were made in the old currency.', { extensions: { sold, held } })
  }
}

/**
 * Orders owns the stock, so it is set there first and may refuse. If our own commit then fails,
 * the two differ: the job queued before brings them together, and so does the same PATCH again.
 */
async function changePool (ctx: Ctx, event_id: string, capacity: number | null,
  request_id: string): Promise<void> {
  const run_at = new Date(Date.now() + align_after_ms)
  await ctx.transaction(tx => ctx.addJob(tx, 'align-pool', { event_id }, { run_at, key: `events.align-pool ${event_id}` }))
  try {
    await ctx.call(orders.setEventPool, { params: { event_id }, body: { capacity }, request_id })
  } catch (error) {
    throw capacityProblem(error) ?? error
  }
}

/** The refusal of orders in the words of our own contract. */
function capacityProblem (error: unknown): Problem | undefined {
  if (!(error instanceof Problem) ||
    error.definition.type !== orders.capacityTooSmall.type) return undefined
  const { sold = 0, held = 0 } = error.extensions as { sold?: number, held?: number }
  return new Problem(api.capacityTooSmall, error.detail, { extensions: { sold, held } })
}
