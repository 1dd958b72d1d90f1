import * as api from '@fermata/contracts/events'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { factsOf, managedEvent, present } from '../managing.ts'
import { lockEvent, markCanceled } from '../queries/events.ts'
import { stopSale } from './stop-sale.ts'

/**
 * Cancels a published event. Orders sells nothing from our answer on, and cancels and refunds what
 * was bought when it hears of it.
 */
export const cancelEvent: Operation<typeof api.cancelEvent> = async (ctx, request) => {
  const { params, body, caller, id: request_id } = request
  await managedEvent(ctx, caller, params.id)
  const reason = body.reason?.trim() || null
  const canceled = await ctx.transaction(async tx => {
    const event = await lockEvent(tx, params.id)
    if (!event) throw new Problem(notFound)
    if (event.status !== 'published') {
      const detail = event.status === 'draft' ? 'A draft is deleted, not canceled.' : 'The event is canceled already.'
      throw new Problem(api.wrongState, detail, { extensions: { event_status: event.status } })
    }
    if (event.is_past) throw new Problem(api.eventIsOver, undefined,
      { extensions: { ends_at: event.ends_at } })
    const canceled = await markCanceled(tx, event.id, reason)
    const [facts] = await factsOf(tx, [event.id])
    await ctx.publish(tx, api.eventCanceled,
      [{ event: facts!, canceled_at: canceled.canceled_at!, reason }], request_id)
    // Should we be killed, or orders not answer now.
    await ctx.addJob(tx, 'stop-sale', { event_id: event.id, request_id })
    return present(canceled)
  })
  await stopSale(ctx, { event_id: canceled.id, request_id }).catch((error: unknown) => {
    ctx.log.warn({ err: error, event_id: canceled.id }, 'orders will be told again to stop the sale')
  })
  return canceled
}
