import type { Event } from '@fermata/contracts/events'

type Pictured = Pick<Event, 'images' | 'category' | 'slug'>

/** The event's own picture, or one drawn from its name. */
export const artworkOf = ({ images, category, slug }: Pictured): string =>
  images[0] ?? `/artwork/${category}/${encodeURIComponent(slug)}.svg`

/** What a card shows of an event. */
export function cardOf (event: Event) {
  const { id, slug, title, starts_at, timezone, category, status, is_past } = event
  return {
    id, slug, title, starts_at, timezone, category, status, is_past,
    venue_name: event.venue.name, city: event.venue.city, image: artworkOf(event),
  }
}
export type EventCardView = ReturnType<typeof cardOf>
