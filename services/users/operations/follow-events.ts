import type { eventChanged } from '@fermata/contracts/events'
import type { Handler } from '../context.ts'
import { keepMovedEvents } from '../queries/purchases.ts'

/** What was bought is shown as it takes place now. */
export const followEvents: Handler<typeof eventChanged> = async (_ctx, tx, events) => {
  await keepMovedEvents(tx, events.map(({ data: { event } }) => ({
    id: event.id, version: event.version, title: event.title, starts_at: event.starts_at,
    timezone: event.timezone, city: event.venue.city,
  })))
}
