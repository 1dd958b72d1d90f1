import type { Ctx } from '../context.ts'
import { lockEvents } from '../queries/events.ts'
import { findEventsWithCounted, uncountFree } from '../queries/fair-shares.ts'

/** A turn of the event's lock, which buyers wait for. */
const orders_at_once = 1000

/**
 * Tickets that cost nothing are never waited for, so without this a network could take all of them
 * at once: they count as held as long as a hold lasts, and then no more.
 */
export async function uncountFreeOrders (ctx: Ctx): Promise<void> {
  for (const event_id of await findEventsWithCounted(ctx.db)) {
    await ctx.transaction(async tx => {
      await lockEvents(tx, [event_id])
      await uncountFree(tx, event_id, orders_at_once)
    })
  }
}
