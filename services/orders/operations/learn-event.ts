import { getEventFacts } from '@fermata/contracts/events'
import type * as api from '@fermata/contracts/orders'
import type { Operation } from '../context.ts'
import { storeFacts } from '../queries/events.ts'

/**
 * Reads an event anew, ahead of the news of it. A sale reads what is stored here behind the event's
 * lock, so none that begins after the answer goes by older facts, in whichever process.
 */
export const learnEvent: Operation<typeof api.learnEvent> = async (ctx, { params, id }) => {
  const facts = await ctx.call(getEventFacts, { params: { id: params.event_id }, request_id: id })
  await storeFacts(ctx.db, [facts])
  return null
}
