import { Type, type Static } from 'typebox'
import { defineEvent, defineProblem, defineRoute, Empty, raw } from './define.ts'
import {
  Currency, described, EventFacts, EventStatus, IdParams, ListQuery, Minor, Nullable, Page, Text,
  Timestamp, TimeZone, Uuid, Venue,
} from './fields.ts'

export * from './members.ts'

/** Organisers and their events. */

export const Category = Type.Enum([
  'music', 'theatre', 'comedy', 'sports', 'family', 'festival', 'school', 'talk', 'film', 'other',
])
export type Category = Static<typeof Category>

const Capacity = Type.Integer({ minimum: 1, maximum: 10_000_000 })
const Count = Type.Integer({ minimum: 0 })
const ImagePath = Type.String({
  // Neither `//`, which would name another site, nor a part that begins with a dot.
  minLength: 2, maxLength: 300, pattern: '^(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+$',
  description: 'URL path on this site',
})
const Images = Type.Array(ImagePath, { maxItems: 10 })
const Slug = Type.String({ minLength: 1, maxLength: 120, description: 'Its id or its slug' })

export const Event = Type.Object({
  id: Uuid,
  slug: Type.String({ description: 'Readable part of its address; never changes once published' }),
  organizer_id: Uuid,
  organizer_name: Type.String(),
  title: Type.String(),
  description: Type.String(),
  starts_at: Timestamp,
  ends_at: Timestamp,
  timezone: TimeZone,
  venue: Venue,
  category: Category,
  images: Type.Unsafe<string[]>({
    ...Images, description: 'The first is the poster; drawn by Fermata when there is no other',
  }),
  ticket_capacity: Nullable(Capacity),
  currency: Currency,
  status: EventStatus,
  is_past: Type.Boolean(),
  version: Type.Integer({ minimum: 1 }),
  created_at: Timestamp,
  updated_at: Timestamp,
  published_at: Nullable(Timestamp),
  canceled_at: Nullable(Timestamp),
})
export type Event = Static<typeof Event>

const TicketCapacity = Type.Unsafe<number | null>({
  ...Nullable(Capacity),
  description: 'Pool that all ticket types of the event draw from; null for none',
})

export const NewEvent = Type.Object({
  title: Text(200, 1),
  description: Text(20_000, 1),
  starts_at: Timestamp,
  ends_at: Timestamp,
  timezone: TimeZone,
  venue: Venue,
  category: Category,
  images: Type.Optional(Images),
  ticket_capacity: Type.Optional(TicketCapacity),
  currency: Type.Optional(Currency),
  organizer_id: Type.Optional(Uuid),
})
export type NewEvent = Static<typeof NewEvent>

export const EventChanges = Type.Object({
  title: Type.Optional(Text(200, 1)),
  description: Type.Optional(Text(20_000, 1)),
  starts_at: Type.Optional(Timestamp),
  ends_at: Type.Optional(Timestamp),
  timezone: Type.Optional(TimeZone),
  venue: Type.Optional(Venue),
  category: Type.Optional(Category),
  images: Type.Optional(Images),
  ticket_capacity: Type.Optional(TicketCapacity),
  currency: Type.Optional(Currency),
  version: Type.Optional(Type.Integer({
    minimum: 1, description: 'Refused when the event has changed since',
  })),
})
export type EventChanges = Static<typeof EventChanges>

export const Attendance = Type.Object({
  event_id: Uuid,
  capacity: Count,
  sold: Count,
  held: Count,
  admitted: Count,
  revenue: Type.Array(Type.Object({ currency: Currency, amount_minor: Minor })),
  ticket_types: Type.Array(Type.Object({
    ticket_type_id: Uuid,
    name: Type.String(),
    price_minor: Minor,
    currency: Currency,
    capacity: Count,
    held: Count,
    sold: Count,
    admitted: Count,
    revenue_minor: Minor,
  })),
})
export type Attendance = Static<typeof Attendance>

export const Organizer = Type.Object({ id: Uuid, name: Type.String(), created_at: Timestamp })
export type Organizer = Static<typeof Organizer>

export const wrongState = defineProblem(
  'events/wrong-state', 409, 'The state of the event does not allow this',
  Type.Object({ event_status: EventStatus }),
)
export const eventIsOver = defineProblem(
  'events/event-is-over', 409, 'The event is over',
  Type.Object({ ends_at: Timestamp }),
)
export const hasOrders = defineProblem(
  'events/has-orders', 409, 'Tickets were ordered; cancel the event instead',
  Type.Object({ sold: Count, held: Count }),
)
export const capacityTooSmall = defineProblem(
  'events/capacity-too-small', 409, 'More tickets than that are sold or held',
  Type.Object({ sold: Count, held: Count }),
)
export const versionConflict = defineProblem(
  'events/version-conflict', 409, 'Somebody else changed the event',
  Type.Object({ version: Type.Integer() }),
)
export const listEvents = defineRoute({
  method: 'GET', path: '/api/events', access: 'public',
  aliases: ['/events'],
  summary: 'Search events by words, dates, category and city',
  description:
    'Published events that are not over, soonest first, unless `from` reaches back. `status` ' +
    'other than published, and `mine`, show only what the caller manages; `serving` only what ' +
    'they may admit people to.',
  query: ListQuery({
    q: Type.Optional(described(Text(200), 'Words of what is told of it, the last one perhaps not whole')),
    from: Type.Optional(described(Timestamp, 'Not over by this moment')),
    to: Type.Optional(described(Timestamp, 'Begins no later than this moment')),
    category: Type.Optional(described(Category, 'Only of this kind')),
    city: Type.Optional(described(Text(120), 'Only there; capitals and accents are all one')),
    organizer_id: Type.Optional(Uuid),
    status: Type.Optional(described(EventStatus, 'Only those in this state')),
    mine: Type.Optional(described(Type.Boolean(), 'Only those the caller manages')),
    serving: Type.Optional(described(Type.Boolean(), 'Only those at whose door the caller works')),
  }),
  reply: { 200: Page(Event) },
  problems: [],
  rate_limit: { max: 300, per_seconds: 60, by: 'address' },
})

export const createEvent = defineRoute({
  method: 'POST', path: '/api/events', access: 'organizer', idempotent: true,
  aliases: ['/events'],
  summary: 'Create an event as a draft',
  description:
    'Without `organizer_id` it belongs to your own organiser, which is created on first use.',
  body: NewEvent,
  reply: { 201: Event },
  problems: [],
})

export const getEvent = defineRoute({
  method: 'GET', path: '/api/events/{id}', access: 'public',
  summary: 'One event, by id or slug',
  description: 'A draft exists only for those who manage it.',
  params: Type.Object({ id: Slug }),
  reply: { 200: Event },
  problems: [],
})

export const updateEvent = defineRoute({
  method: 'PATCH', path: '/api/events/{id}', access: 'organizer',
  summary: 'Change an event',
  description: 'With the `version` that was read, somebody else\'s change is not overwritten.',
  params: IdParams,
  body: EventChanges,
  reply: { 200: Event },
  problems: [wrongState, capacityTooSmall, versionConflict, hasOrders],
})

export const deleteEvent = defineRoute({
  method: 'DELETE', path: '/api/events/{id}', access: 'organizer',
  summary: 'Delete an event that nobody has ordered tickets for',
  params: IdParams,
  reply: { 204: Empty },
  problems: [hasOrders],
})

export const publishEvent = defineRoute({
  method: 'POST', path: '/api/events/{id}/publish', access: 'organizer',
  summary: 'Show a draft to everyone and let its tickets be sold',
  params: IdParams,
  reply: { 200: Event },
  problems: [wrongState, eventIsOver],
})

export const cancelEvent = defineRoute({
  method: 'POST', path: '/api/events/{id}/cancel', access: 'organizer', step_up: true,
  summary: 'Cancel an event; its orders are canceled and refunded',
  params: IdParams,
  body: Type.Object({ reason: Type.Optional(Text(1000)) }),
  reply: { 200: Event },
  problems: [wrongState, eventIsOver],
})

export const getAttendance = defineRoute({
  method: 'GET', path: '/api/events/{id}/attendance', access: 'organizer',
  summary: 'Sold, held, admitted and revenue of an event of yours',
  params: IdParams,
  reply: { 200: Attendance },
  problems: [],
})

export const getArtwork = defineRoute({
  method: 'GET', path: '/api/events/{id}/artwork.svg', access: 'public',
  same_for_all: true,
  summary: 'A poster drawn for the event, by id or slug',
  description:
    'What `images` names when the organiser gave none. The same event always gets the same ' +
    'poster; send `If-None-Match` to ask whether it changed.',
  params: Type.Object({ id: Slug }),
  query: Type.Object({
    format: Type.Optional(Type.Enum(['card', 'wide'], {
      default: 'card', description: '`card` is 4:5, `wide` is 1.91:1 as link previews want it',
    })),
  }),
  reply: { 200: raw('image/svg+xml'), 304: Empty },
  problems: [],
})

export const createOrganizer = defineRoute({
  method: 'POST', path: '/api/organizers', access: 'organizer', idempotent: true,
  summary: 'Create an organiser with yourself as its first owner',
  body: Type.Object({ name: Text(200, 1) }),
  reply: { 201: Organizer },
  problems: [],
})

export const listOrganizers = defineRoute({
  method: 'GET', path: '/api/organizers', access: 'organizer',
  summary: 'Organisers you are an owner of; administrators see all',
  query: ListQuery({}),
  reply: { 200: Page(Organizer) },
  problems: [],
})

export const getOrganizer = defineRoute({
  method: 'GET', path: '/api/organizers/{id}', access: 'public',
  summary: 'One organiser',
  params: IdParams,
  reply: { 200: Organizer },
  problems: [],
})

export const getEventFacts = defineRoute({
  method: 'GET', path: '/internal/events/{id}', access: 'internal',
  callers: ['orders'],
  summary: 'Facts of an event, drafts too',
  params: IdParams,
  reply: { 200: EventFacts },
  problems: [],
})

/** A draft is published, with all facts. */
export const eventPublished = defineEvent('events.event_published.v1', EventFacts)

/** A fact of a draft or a published event differs; `changed` names which. */
export const eventChanged = defineEvent('events.event_changed.v1', Type.Object({
  event: EventFacts,
  changed: Type.Array(Type.String(), { description: 'Names of the facts that differ' }),
}))

/** It is canceled, or deleted after it was published. */
export const eventCanceled = defineEvent('events.event_canceled.v1', Type.Object({
  event: EventFacts,
  canceled_at: Timestamp,
  reason: Nullable(Type.String()),
}))
