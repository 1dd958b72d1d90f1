import * as api from '@fermata/contracts/events'
import { getEventSales } from '@fermata/contracts/orders'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { factsOf, managedEvent } from '../managing.ts'
import { deleteEventRow, lockEvent, markCanceled } from '../queries/events.ts'

/**
 * Deletes an event nobody has ordered tickets for. Orders may take one between the question and our
 * commit, so it is
 * told of a cancellation: what slipped through is canceled and refunded, and nothing more is sold.
 */
export const deleteEvent: Operation<typeof api.deleteEvent> = async (ctx, request) => {
  const { params, caller, id: request_id } = request
  const { id } = await managedEvent(ctx, caller, params.id)
  const { sold, held } = await ctx.call(getEventSales, { params: { event_id: id }, request_id })
  if (sold + held > 0) throw new Problem(api.hasOrders, undefined, { extensions: { sold, held } })
  await ctx.transaction(async tx => {
    const event = await lockEvent(tx, id)
    if (!event) return
    if (event.status === 'published') {
      const { canceled_at } = await markCanceled(tx, id, null)
      const [facts] = await factsOf(tx, [id])
      await ctx.publish(tx, api.eventCanceled,
        [{ event: facts!, canceled_at: canceled_at!, reason: null }], request_id)
    }
    await deleteEventRow(tx, id)
  })
  return null
}
