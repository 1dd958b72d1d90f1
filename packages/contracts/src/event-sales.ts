import { Type, type Static } from 'typebox'
import { defineProblem, defineRoute, Empty } from './define.ts'
import { Currency, Minor, Nullable, Uuid } from './fields.ts'
import { Capacity } from './ticket-types.ts'

/** What the events service asks of the box office. */

const Count = Type.Integer({ minimum: 0 })

export const EventSales = Type.Object({
  event_id: Uuid,
  capacity: Type.Integer({
    minimum: 0, description: 'The event-wide pool, or the sum of the ticket types',
  }),
  held: Count,
  sold: Count,
  revenue: Type.Array(Type.Object({ currency: Currency, amount_minor: Minor })),
  ticket_types: Type.Array(Type.Object({
    ticket_type_id: Uuid,
    name: Type.String(),
    price_minor: Minor,
    currency: Currency,
    capacity: Capacity,
    held: Count,
    sold: Count,
    revenue_minor: Minor,
  })),
})
export type EventSales = Static<typeof EventSales>

export const capacityTooSmall = defineProblem(
  'orders/capacity-too-small', 409, 'More tickets than that are sold or held',
  Type.Object({ held: Count, sold: Count }),
)

export const setEventPool = defineRoute({
  method: 'PUT', path: '/internal/orders/events/{event_id}/pool', access: 'internal',
  callers: ['events'],
  summary: 'Set the event-wide pool that all its ticket types draw from',
  description: 'Null lifts it. Refused below what is already sold and held.',
  params: Type.Object({ event_id: Uuid }),
  body: Type.Object({ capacity: Nullable(Capacity) }),
  reply: { 200: Type.Object({ capacity: Nullable(Capacity), held: Count, sold: Count }) },
  problems: [capacityTooSmall],
})

export const getEventSales = defineRoute({
  method: 'GET', path: '/internal/orders/events/{event_id}/sales', access: 'internal',
  callers: ['events'],
  summary: 'What an event has sold, holds and earned',
  description: 'Zeros for an event without orders.',
  params: Type.Object({ event_id: Uuid }),
  reply: { 200: EventSales },
  problems: [],
})

export const learnEvent = defineRoute({
  method: 'PUT', path: '/internal/orders/events/{event_id}', access: 'internal',
  callers: ['events'],
  summary: 'Look at an event anew, ahead of the news of it',
  description: 'Asks the events service; no sale that begins after the answer goes by older facts.',
  params: Type.Object({ event_id: Uuid }),
  reply: { 204: Empty },
  problems: [],
})
