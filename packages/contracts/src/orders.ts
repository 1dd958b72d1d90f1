import { Type, type Static } from 'typebox'
import { defineEvent, defineProblem, defineRoute, Empty } from './define.ts'
import {
  Buyer, Currency, described, EventFacts, IdParams, ListQuery, Minor, Nullable, Page, Sender,
  Text, Timestamp, Uuid,
} from './fields.ts'
import { capacityTooSmall } from './event-sales.ts'
import { PromoCodeText, promoCodeRefused, tooManyCodes } from './promo-codes.ts'
import { passFields, passProblems, Visitor } from './queue.ts'
import {
  AccessCode, Capacity, NewTicketType, Quantity, TicketType, TicketTypeChanges,
} from './ticket-types.ts'

export * from './availability.ts'
export * from './event-sales.ts'
export * from './fair-shares.ts'
export * from './look-up.ts'
export * from './promo-codes.ts'
export * from './queue.ts'
export * from './ticket-types.ts'

/** The box office: ticket types on shared pools, holds and orders. */

const Count = Type.Integer({ minimum: 0 })
const Code = Type.String({ description: 'Short order number for people', examples: ['FR7K2M9Q'] })

/** Stock that several ticket types of one event share, e.g. a room for adults and children. */
export const Pool = Type.Object({
  id: Uuid, event_id: Uuid, name: Type.String(), capacity: Capacity, held: Count, sold: Count,
})
export type Pool = Static<typeof Pool>

export const OrderStatus = Type.Enum(['pending', 'completed', 'canceled', 'expired', 'refunded'])
export type OrderStatus = Static<typeof OrderStatus>

export const OrderItem = Type.Object({
  ticket_type_id: Uuid, name: Type.String(), quantity: Quantity,
  unit_price_minor: Type.Integer({
    ...Minor, description: 'What each ticket costs, after any discount',
  }),
  discount_minor: Type.Optional(Type.Integer({
    ...Minor, description: 'What the promo code took off each ticket; absent when nothing',
  })),
})
export type OrderItem = Static<typeof OrderItem>

const orderFields = {
  id: Uuid,
  code: Code,
  event_id: Uuid,
  event_title: Type.String(),
  status: OrderStatus,
  items: Type.Array(OrderItem, {
    description: 'One line for each type and price; tickets on both sides of a price step are two',
  }),
  total_minor: Minor,
  currency: Currency,
  promo_code: Type.Optional(Type.String({ description: 'Absent when none was used' })),
  buyer: Buyer,
  user_id: Nullable(Uuid),
  expires_at: Type.Unsafe<string>({
    ...Timestamp, description: 'End of the hold while the order is pending',
  }),
  created_at: Timestamp,
  completed_at: Nullable(Timestamp),
  canceled_at: Nullable(Timestamp),
  expired_at: Nullable(Timestamp),
  refunded_at: Nullable(Timestamp),
}

export const Order = Type.Object(orderFields)
export type Order = Static<typeof Order>

export const PlacedOrder = Type.Object({
  ...orderFields,
  access_token: Type.String({
    description: 'Bearer token good for this order, its payment and its tickets',
  }),
})
export type PlacedOrder = Static<typeof PlacedOrder>

const WantedItems = Type.Array(
  Type.Object({
    ticket_type_id: Uuid,
    quantity: Quantity,
    price_minor: Type.Optional(Type.Integer({
      ...Minor, description: 'For each ticket, where the buyer names the price; nowhere else',
    })),
  }),
  { minItems: 1, maxItems: 20, description: 'Each ticket type once' },
)

const codeFields = {
  promo_code: Type.Optional(PromoCodeText),
  access_code: Type.Optional(AccessCode),
}

/** What an order would cost now. Nothing is held, so it may cost more a moment later. */
export const Quote = Type.Object({
  items: Type.Array(OrderItem), total_minor: Minor, currency: Currency,
  promo_code: Type.Optional(Type.String()),
})
export type Quote = Static<typeof Quote>

export const NewOrder = Type.Object({
  event_id: Uuid,
  items: WantedItems,
  buyer: Buyer,
  ...codeFields,
  ...passFields,
  visitor: Type.Optional(Type.Unsafe<string>({ ...Visitor,
    description: 'A secret of the buyer\'s browser. Orders of one browser count together' })),
})
export type NewOrder = Static<typeof NewOrder>

export const soldOut = defineProblem(
  'orders/sold-out', 409, 'Not enough tickets left',
  Type.Object({ ticket_type_id: Uuid, name: Type.String(), available: Count }),
)
export const notOnSale = defineProblem(
  'orders/not-on-sale', 409, 'These tickets are not on sale now',
  Type.Object({
    ticket_type_id: Uuid, name: Type.String(),
    sales_start: Nullable(Timestamp), sales_end: Nullable(Timestamp),
  }),
)
export const eventClosed = defineProblem(
  'orders/event-closed', 409, 'This event is not selling tickets',
  Type.Object({ event_id: Uuid, reason: Type.Enum(['not_published', 'canceled', 'over']) }),
)
export const limitReached = defineProblem(
  'orders/limit-reached', 409, 'More tickets than one may buy',
  Type.Object({
    ticket_type_id: Uuid, name: Type.String(), limit: Count,
    scope: Type.Enum(['order', 'buyer', 'event']),
  }),
)
export const tooManyHeld = defineProblem(
  'orders/too-many-held', 429, 'Too many unpaid tickets are held by one network or buyer',
  Type.Object({
    scope: Type.Enum(['network', 'buyer']),
    share: Type.Integer({ minimum: 0, description: 'Tickets that one may hold unpaid now' }),
  }),
)
export const belowMinimum = defineProblem(
  'orders/below-minimum', 409, 'Fewer tickets than must be bought together',
  Type.Object({ ticket_type_id: Uuid, name: Type.String(), minimum: Count }),
)
export const priceRefused = defineProblem(
  'orders/price-refused', 409, 'The price named is not within the limits of this ticket',
  Type.Object({
    ticket_type_id: Uuid, name: Type.String(), minimum_minor: Minor, maximum_minor: Minor,
  }),
)
export const unknownTicketType = defineProblem(
  'orders/unknown-ticket-type', 404, 'This event has no such ticket type',
  Type.Object({ ticket_type_id: Uuid }),
)
export const wrongState = defineProblem(
  'orders/wrong-state', 409, 'The state of the order does not allow this',
  Type.Object({ order_status: OrderStatus }),
)
export const ticketTypeInUse = defineProblem(
  'orders/ticket-type-in-use', 409, 'Tickets of this type were ordered',
  Type.Object({ held: Count, sold: Count }),
)
export const currencyMismatch = defineProblem(
  'orders/currency-mismatch', 409, 'All tickets of an event have its currency',
  Type.Object({ currency: Currency }),
)
export const unknownPool = defineProblem(
  'orders/unknown-pool', 404, 'This event has no such pool',
  Type.Object({ pool_id: Uuid }),
)

export const listTicketTypes = defineRoute({
  method: 'GET', path: '/api/ticket-types', access: 'public',
  summary: 'Ticket types of an event with live availability',
  description:
    'All of them in one page: an event has at most 100. Those of a draft are shown to its ' +
    'organiser only, hidden ones also to who sends their access code as `code`. Wrong codes are counted for each network.',
  query: Type.Object({ event_id: Uuid, code: Type.Optional(AccessCode) }),
  reply: { 200: Page(TicketType) },
  problems: [tooManyCodes],
})

export const createTicketType = defineRoute({
  method: 'POST', path: '/api/ticket-types', access: 'organizer', idempotent: true,
  summary: 'Add a ticket type to an event of yours',
  body: NewTicketType,
  reply: { 201: TicketType },
  problems: [currencyMismatch, unknownPool, eventClosed],
})

export const updateTicketType = defineRoute({
  method: 'PATCH', path: '/api/ticket-types/{id}', access: 'organizer',
  summary: 'Change a ticket type, its capacity included',
  params: IdParams,
  body: TicketTypeChanges,
  reply: { 200: TicketType },
  problems: [capacityTooSmall, unknownPool],
})

export const deleteTicketType = defineRoute({
  method: 'DELETE', path: '/api/ticket-types/{id}', access: 'organizer',
  summary: 'Remove a ticket type that nobody has ordered',
  params: IdParams,
  reply: { 204: Empty },
  problems: [ticketTypeInUse],
})

export const listPools = defineRoute({
  method: 'GET', path: '/api/ticket-types/pools', access: 'organizer',
  summary: 'Shared pools of an event of yours',
  query: Type.Object({ event_id: Uuid }),
  reply: { 200: Page(Pool) },
  problems: [],
})

export const createPool = defineRoute({
  method: 'POST', path: '/api/ticket-types/pools', access: 'organizer', idempotent: true,
  summary: 'Add stock that several ticket types share',
  body: Type.Object({ event_id: Uuid, name: Text(120, 1), capacity: Capacity }),
  reply: { 201: Pool },
  problems: [eventClosed],
})

const orderRefusals = [
  soldOut, notOnSale, eventClosed, limitReached, belowMinimum, unknownTicketType, promoCodeRefused,
  priceRefused,
]

export const placeOrder = defineRoute({
  method: 'POST', path: '/api/orders', access: 'public', idempotent: true,
  aliases: ['/bookings', '/api/bookings'],
  summary: 'Hold tickets and place an order',
  description:
    'Prices are the server\'s. An order that costs nothing is completed at once. Answers 503 ' +
    'with Retry-After when the queue is full.',
  body: NewOrder,
  reply: { 201: PlacedOrder },
  problems: [...orderRefusals, tooManyCodes, tooManyHeld, ...passProblems],
})

export const quoteOrder = defineRoute({
  method: 'POST', path: '/api/orders/quote', access: 'public',
  summary: 'What an order would cost now',
  description:
    'Prices by tier, and the discount of a promo code. Holds nothing. What would be refused now ' +
    'is refused here as well; the limit of a buyer is judged when the order is placed.',
  body: Type.Object({ event_id: Uuid, items: WantedItems, ...codeFields }),
  reply: { 200: Quote },
  problems: [...orderRefusals, tooManyCodes],
})

export const listOrders = defineRoute({
  method: 'GET', path: '/api/orders', access: 'user',
  aliases: ['/bookings', '/api/bookings'],
  summary: 'Your orders, newest first',
  description:
    'With `event_id`, an organiser sees all orders of that event of theirs, an admin those of ' +
    'any.',
  query: ListQuery({
    status: Type.Optional(described(OrderStatus, 'Only those in this state')),
    event_id: Type.Optional(Uuid) }),
  reply: { 200: Page(Order) },
  problems: [],
})

export const getOrder = defineRoute({
  method: 'GET', path: '/api/orders/{id}', access: 'owner',
  aliases: ['/bookings/{id}', '/api/bookings/{id}'],
  summary: 'One order',
  params: IdParams,
  reply: { 200: Order },
  problems: [],
})

export const cancelOrder = defineRoute({
  method: 'POST', path: '/api/orders/{id}/cancel', access: 'owner',
  aliases: ['/bookings/{id}/cancel', '/api/bookings/{id}/cancel'],
  summary: 'Give up a pending order',
  description: 'A completed order is not canceled but refunded.',
  params: IdParams,
  reply: { 200: Order },
  problems: [wrongState],
})

export const OrderForPayment = Type.Object({
  id: Uuid,
  code: Code,
  status: OrderStatus,
  event_id: Uuid,
  event_title: Type.String(),
  organizer_id: Uuid,
  organizer_owner_ids: Type.Array(Uuid, { description: 'People who may refund it' }),
  total_minor: Minor, currency: Currency,
  buyer: Buyer,
  user_id: Nullable(Uuid),
  expires_at: Timestamp,
  traced_as: Type.Optional(Type.String({ description: 'Its request and span, where it is traced' })),
})
export type OrderForPayment = Static<typeof OrderForPayment>

/** As many as payments starts in one batch. */
export const max_orders_for_payment = 256

export const getOrdersForPayment = defineRoute({
  method: 'POST', path: '/internal/orders/orders/for-payment', access: 'internal',
  callers: ['payments'],
  only_asks: true,
  summary: 'What payments must know of orders to charge them',
  description: 'Orders that are not there are left out.',
  body: Type.Object({ order_ids: Type.Array(Uuid, { maxItems: max_orders_for_payment }) }),
  reply: { 200: Type.Object({ items: Type.Array(OrderForPayment) }) },
  problems: [],
})

/** What every order event carries. */
const OrderFacts = {
  order_id: Uuid,
  code: Code,
  event_id: Uuid,
  event_title: Type.String(),
  buyer: Buyer,
  user_id: Nullable(Uuid),
  items: Type.Array(OrderItem),
  total_minor: Minor,
  currency: Currency,
  promo_code: Type.Optional(Type.String()),
  created_at: Timestamp,
}

/** Tickets are held until `expires_at`. */
export const orderPlaced = defineEvent('orders.order_placed.v1', Type.Object({
  ...OrderFacts, expires_at: Timestamp,
}))

/** Paid, or free; carries all that a ticket prints, so that issuing asks nobody. */
export const orderCompleted = defineEvent('orders.order_completed.v1', Type.Object({
  ...OrderFacts,
  completed_at: Timestamp,
  payment_id: Nullable(Uuid),
  event: EventFacts,
  sender: Type.Optional(Sender),
}))

/** Given up; the tickets are free again. */
export const orderCanceled = defineEvent('orders.order_canceled.v1', Type.Object({
  ...OrderFacts,
  canceled_at: Timestamp,
  reason: Type.Enum(['buyer', 'organizer', 'event_canceled', 'payment_failed']),
}))

/** Not paid in time; the tickets are free again. */
export const orderExpired = defineEvent('orders.order_expired.v1', Type.Object({
  ...OrderFacts, expired_at: Timestamp,
}))

/**
 * The money of the order goes back and its tickets are void. Payments refunds what it has not
 * refunded yet. Follows payment_refunded as well, when the refund began there.
 */
export const orderRefunded = defineEvent('orders.order_refunded.v1', Type.Object({
  ...OrderFacts,
  refunded_at: Timestamp,
  payment_id: Nullable(Uuid),
  refund_minor: Minor,
  reason: Type.Enum(['requested', 'event_canceled', 'paid_too_late']),
}))

/**
 * Money that the order does not need goes back (paid twice, another amount); the order and its
 * tickets stay as they are.
 */
export const paymentReturned = defineEvent('orders.payment_returned.v1', Type.Object({
  ...OrderFacts,
  payment_id: Uuid,
  returned_at: Timestamp,
  refund_minor: Minor,
  reason: Type.Enum(['paid_twice', 'amount_differs']),
}))
