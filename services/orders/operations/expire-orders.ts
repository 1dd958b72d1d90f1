import type { deadlineReached } from '@fermata/contracts/expiration'
import { orderExpired } from '@fermata/contracts/orders'
import type { Tx } from '@fermata/platform/database'
import type { Ctx, Handler } from '../context.ts'
import type { DB } from '../database.ts'
import { moveOrders } from '../move-orders.ts'
import { factsOf } from '../present-order.ts'
import { findDue, findOrders, lockEventsOf } from '../queries/orders.ts'

/**
 * Orders in one transaction: small enough that a buyer who waits for the event's lock does not
 * notice.
 */
const batch_size = 2000

/** A paid order is left alone: payment and deadline may race, and payment wins. */
export const expireOrders: Handler<typeof deadlineReached> = async (ctx, tx, events) => {
  const holds = events.filter(({ data }) => data.kind === 'order_hold')
  await expire(ctx, tx, holds.map(({ data }) => data.subject_id))
}

/** Housekeeping for holds whose deadline nobody told of; each replica may run it at once. */
export async function expireForgotten (ctx: Ctx): Promise<void> {
  while (await expireDue(ctx, null) === batch_size);
}

/** Gives back what is due of one event, for a buyer who would else be sent away. */
export const expireDueOfEvent = (ctx: Ctx, event_id: string) => expireDue(ctx, event_id)

const expireDue = (ctx: Ctx, event_id: string | null) => ctx.transaction(async tx => {
  const ids = await findDue(tx, event_id, batch_size)
  await expire(ctx, tx, ids)
  return ids.length
})

/**
 * Expires those of the orders that are still pending and whose hold is over by the database's
 * clock.
 */
async function expire (ctx: Ctx, tx: Tx<DB>, ids: string[]): Promise<void> {
  if (ids.length === 0) return
  await lockEventsOf(tx, ids)
  const due = (await findOrders(tx, ids)).filter(order => order.is_due)
  const moved = await moveOrders(tx, due, 'expired')
  await ctx.publish(tx, orderExpired,
    moved.map(({ order, at }) => ({ ...factsOf(order), expired_at: at })),
    moved.map(({ request_id }) => request_id))
}
