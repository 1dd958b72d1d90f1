import { Type, type Static } from 'typebox'
import { defineRoute } from './define.ts'
import { Currency, Minor, Nullable, PersonName, Text, Timestamp, Uuid } from './fields.ts'
import { PaidState } from './payments.ts'

/** What the door may know of an order: enough to say what has become of it. */
export const DoorOrder = Type.Object({
  id: Uuid,
  code: Type.String(),
  buyer: Type.Object({ name: PersonName, email: Type.String() }),
  quantity: Type.Integer({ minimum: 0, description: 'Tickets that were ordered' }),
  status: Type.Enum(['pending', 'completed', 'canceled', 'expired', 'refunded']),
  total_minor: Minor,
  currency: Currency,
  completed_at: Nullable(Timestamp),
  canceled_at: Nullable(Timestamp),
  expired_at: Nullable(Timestamp),
  payments: Nullable(Type.Array(PaidState, {
    description: 'What was tried to pay it; null while nobody can say',
  })),
})
export type DoorOrder = Static<typeof DoorOrder>

export const lookUpOrders = defineRoute({
  method: 'POST', path: '/api/orders/look-up', access: 'user',
  summary: 'Orders of an event for whoever works at its door',
  description:
    'By number, name or email, or by their ids. Also those without tickets: not paid, paid too ' +
    'late, canceled. 404 for an event at whose door the caller does not work.',
  body: Type.Object({
    event_id: Uuid,
    q: Type.Optional(Text(500, 1)),
    order_ids: Type.Optional(Type.Array(Uuid, { maxItems: 20 })),
  }),
  reply: { 200: Type.Object({ items: Type.Array(DoorOrder, { maxItems: 40 }) }) },
  problems: [],
  rate_limit: { max: 300, per_seconds: 60, by: 'account' },
})
