import { capacityTooSmall, setEventPool } from '@fermata/contracts/orders'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from '../context.ts'
import { findEvent, setCapacity } from '../queries/events.ts'

/**
 * Runs a minute after each change of an event's capacity and makes orders agree with what we have
 * written, for the
 * case that the change was made there and not here. Where more is sold by now than we have written,
 * the sales stand
 * and our number follows them.
 */
export async function alignPool (ctx: Ctx, { event_id }: { event_id: string }): Promise<void> {
  const event = await findEvent(ctx.db, event_id)
  if (!event) return
  try {
    await ctx.call(setEventPool,
      { params: { event_id }, body: { capacity: event.ticket_capacity } })
  } catch (error) {
    if (!(error instanceof Problem) || error.definition.type !== capacityTooSmall.type) throw error
    const { sold = 0, held = 0 } = error.extensions as { sold?: number, held?: number }
    await ctx.call(setEventPool, { params: { event_id }, body: { capacity: sold + held } })
    await ctx.transaction(tx => setCapacity(tx, event_id, sold + held))
  }
}
