import { Type, type Static } from 'typebox'
import { defineRoute, Empty } from './define.ts'
import { Minor, Uuid } from './fields.ts'
import { notFound } from './problems.ts'
import { SaleStatus } from './ticket-types.ts'

/** What pages ask again and again while people look at an event: numbers that move, and no more. */

export const TypeAvailability = Type.Object({
  id: Uuid,
  available: Type.Integer({ minimum: 0 }),
  on_sale: SaleStatus,
  current_price_minor: Type.Integer({ ...Minor, description: 'What the next ticket costs' }),
})
export type TypeAvailability = Static<typeof TypeAvailability>

export const Availability = Type.Object({
  event_id: Uuid,
  poll_after_ms: Type.Integer({
    minimum: 0, description: 'When to ask again; grows with the number of those who ask' }),
  items: Type.Array(TypeAvailability),
})
export type Availability = Static<typeof Availability>

export const getAvailability = defineRoute({
  method: 'GET', path: '/api/ticket-types/availability', access: 'public',
  same_for_all: true,
  summary: 'What is left of an event\'s tickets, for pages that keep looking',
  description:
    'The same small answer for everybody, less than a second old. Ask again after ' +
    '`poll_after_ms`, with `If-None-Match`: 304 says that nothing changed. Types behind an ' +
    'access code are not in it.',
  query: Type.Object({ event_id: Uuid }),
  reply: { 200: Availability, 304: Empty },
  problems: [notFound],
})
