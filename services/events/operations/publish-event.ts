import * as api from '@fermata/contracts/events'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { factsOf, managedEvent, present, refuse } from '../managing.ts'
import { lockEvent, markPublished } from '../queries/events.ts'
import { checkEvent } from '../rules/check-event.ts'

/** Shows a draft to everyone; orders may sell its tickets as soon as it hears of it. */
export const publishEvent: Operation<typeof api.publishEvent> = async (ctx, request) => {
  const { params, caller, id: request_id } = request
  await managedEvent(ctx, caller, params.id)
  return ctx.transaction(async tx => {
    const draft = await lockEvent(tx, params.id)
    if (!draft) throw new Problem(notFound)
    if (draft.status !== 'draft') {
      throw new Problem(api.wrongState, `The event is ${draft.status} already.`, {
        extensions: { event_status: draft.status },
      })
    }
    if (draft.is_past) throw new Problem(api.eventIsOver, undefined,
      { extensions: { ends_at: draft.ends_at } })
    // Rules may have become stricter since the draft was written.
    refuse(checkEvent(draft))
    const published = await markPublished(tx, draft.id)
    await ctx.publish(tx, api.eventPublished, await factsOf(tx, [draft.id]), request_id)
    return present(published)
  })
}
