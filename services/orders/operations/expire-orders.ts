import { setTimeout as sleep } from 'node:timers/promises'
import type { deadlineReached } from '@fermata/contracts/expiration'
import { orderExpired } from '@fermata/contracts/orders'
import { isDatabaseAway, type Tx } from '@fermata/platform/database'
import type { Ctx, Handler } from '../context.ts'
import { factsOf, presentOrder } from '../present-order.ts'

/** The reason for each of these is in docs/concepts/reserving.md. */
const release_batch = 5000
const release_pause_ms = 2
const releases_in_one_go = 40
const tell_batch = 250
const told_after_seconds = 5

/**
 * Expires the orders whose deadline was reached and tells of it. Their tickets are free already,
 * unless nothing sweeps. A paid order is left alone: payment and deadline may race, and payment
 * wins.
 */
export const expireOrders: Handler<typeof deadlineReached> = async (ctx, tx, events) => {
  const ids = events.filter(({ data }) => data.kind === 'order_hold')
    .map(({ data }) => data.subject_id)
  if (ids.length === 0) return
  const store = ctx.resources.orders
  const event_ids = await store.findDueEvents(tx, ids)
  if (event_ids.length > 0) await store.lockEvents(tx, event_ids)
  for (const event_id of event_ids) await store.releaseHolds(tx, event_id, release_batch)
  await tell(ctx, tx, await store.lockUntoldOf(tx, ids))
}

/**
 * Gives back the tickets of holds that are over by the database's clock. Each replica may run it at
 * once.
 */
export async function sweepHolds (ctx: Ctx): Promise<void> {
  for (const event_id of await ctx.resources.orders.findEventsWithDue(ctx.db)) {
    await alone(ctx, event_id, () => releaseAllOf(ctx, event_id))
  }
}

/**
 * Writes down and tells of released orders that no deadline told of. Apart from the sweep, which
 * must not wait for it.
 */
export async function tellExpired (ctx: Ctx): Promise<void> {
  const store = ctx.resources.orders
  let left = tell_batch
  for (const event_id of await store.findEventsWithUntold(ctx.db, told_after_seconds)) {
    if (left === 0) return
    await alone(ctx, event_id, () => ctx.transaction(async tx => {
      const ids = await store.lockUntold(tx, event_id, left)
      await tell(ctx, tx, ids)
      left -= ids.length
    }))
  }
}

/** What is wrong with one event never keeps the holds of the others. */
async function alone (ctx: Ctx, event_id: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (isDatabaseAway(error)) throw error
    ctx.log.warn({ err: error, event_id }, 'ended holds of an event will be tried again')
  }
}

async function releaseAllOf (ctx: Ctx, event_id: string): Promise<void> {
  for (let go = 0; go < releases_in_one_go; go++) {
    if (await releaseDueOf(ctx, event_id) < release_batch) return
    // Buyers who wait for the lock come first.
    await sleep(release_pause_ms)
  }
}

/**
 * Frees what one batch of holds of an event kept, for the sweep and for a buyer who would else be
 * sent away.
 * @returns how many holds that were; fewer than a batch when none is left that is over
 */
export const releaseDueOf = (ctx: Ctx, event_id: string) => ctx.transaction(async tx => {
  await ctx.resources.orders.lockEvents(tx, [event_id])
  return ctx.resources.orders.releaseHolds(tx, event_id, release_batch)
})

/** The orders' tickets are free; now the orders say so too, and so do we. */
async function tell (ctx: Ctx, tx: Tx, ids: string[]): Promise<void> {
  if (ids.length === 0) return
  const orders = await ctx.resources.orders.findOrders(tx, ids)
  await ctx.resources.orders.writeExpired(tx, ids)
  await ctx.publish(tx, orderExpired,
    orders.map(order => ({ ...factsOf(presentOrder(order)), expired_at: order.expires_at })),
    orders.map(({ request_id }) => request_id))
}
