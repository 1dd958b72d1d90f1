import type { eventCanceled, eventChanged, eventPublished } from '@fermata/contracts/events'
import type { EventFacts } from '@fermata/contracts/fields'
import { orderCanceled, orderRefunded } from '@fermata/contracts/orders'
import type { Tx } from '@fermata/platform/database'
import type { Ctx, Handler } from '../context.ts'
import { moveOrders } from '../move-orders.ts'
import { factsOf } from '../present-order.ts'
import { lockEvents, storeFacts } from '../queries/events.ts'
import { findOfEvents, findOrders } from '../queries/orders.ts'

/**
 * Orders read and changed at a time: a stadium's worth would not fit the memory of a small machine
 * at once.
 */
const batch_size = 2000

/** From here on its tickets may be sold. */
export const learnPublished: Handler<typeof eventPublished> = async (_ctx, tx, events) => {
  await storeFacts(tx, newest(events.map(({ data }) => data)))
}

/** Facts are kept, the newest version only. */
export const learnChanged: Handler<typeof eventChanged> = async (_ctx, tx, events) => {
  await storeFacts(tx, newest(events.map(({ data }) => data.event)))
}

/** Nothing is sold any more, what was held is free, what was paid goes back. */
export const cancelEventOrders: Handler<typeof eventCanceled> = async (ctx, tx, events) => {
  const facts = newest(events.map(({ data }) => data.event))
  await storeFacts(tx, facts)
  const event_ids = facts.map(({ id }) => id)
  await lockEvents(tx, event_ids)
  while (await cancelPending(ctx, tx, event_ids) === batch_size);
  while (await refundCompleted(ctx, tx, event_ids) === batch_size);
}

async function cancelPending (ctx: Ctx, tx: Tx, event_ids: string[]): Promise<number> {
  const orders = await findOrders(tx, await findOfEvents(tx, event_ids, 'pending', batch_size))
  const moved = await moveOrders(ctx, tx, orders, 'canceled')
  await ctx.publish(tx, orderCanceled, moved.map(({ order, at }) =>
    ({ ...factsOf(order), canceled_at: at, reason: 'event_canceled' as const })),
  moved.map(({ request_id }) => request_id))
  return orders.length
}

async function refundCompleted (ctx: Ctx, tx: Tx, event_ids: string[]): Promise<number> {
  const orders = await findOrders(tx, await findOfEvents(tx, event_ids, 'completed', batch_size))
  const moved = await moveOrders(ctx, tx, orders, 'refunded')
  await ctx.publish(tx, orderRefunded, moved.map(({ order, at, payment_id }) => ({
    ...factsOf(order), refunded_at: at, payment_id, refund_minor: order.total_minor,
    reason: 'event_canceled' as const })), moved.map(({ request_id }) => request_id))
  return orders.length
}

/**
 * One row may be written once in a statement, so of several versions in a batch the newest counts.
 */
function newest (events: EventFacts[]): EventFacts[] {
  const byId = new Map<string, EventFacts>()
  for (const event of events) {
    if (event.version >= (byId.get(event.id)?.version ?? 0)) byId.set(event.id, event)
  }
  return [...byId.values()]
}
