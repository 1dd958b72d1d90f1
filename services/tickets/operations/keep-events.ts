import type { eventCanceled, eventChanged, eventPublished } from '@fermata/contracts/events'
import type { Handler } from '../context.ts'
import { keepEvents as keep } from '../queries/events.ts'
import { newestOfEach } from '../rules/newest.ts'

/**
 * What tickets print follows what the organiser changes; a canceled event admits nobody. Tickets
 * of a canceled event become void when orders refunds them.
 */
export const keepEvents: Handler<
  typeof eventPublished | typeof eventChanged | typeof eventCanceled
> = async (_ctx, tx, events) => {
  await keep(tx, newestOfEach(events.map(({ data }) => 'event' in data ? data.event : data)))
}
