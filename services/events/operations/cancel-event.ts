import * as api from '@fermata/contracts/events'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { factsOf, managedEvent, present } from '../managing.ts'
import { lockEvent, markCanceled } from '../queries/events.ts'

/** Cancels a published event; orders cancels and refunds what was bought when it hears of it. */
export const cancelEvent: Operation<typeof api.cancelEvent> = async (ctx, request) => {
  const { params, body, caller, id: request_id } = request
  await managedEvent(ctx, caller, params.id)
  const reason = body.reason?.trim() || null
  return ctx.transaction(async tx => {
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
    return present(canceled)
  })
}
