import { Type, type Static } from 'typebox'
import { Currency, Minor, Nullable, Text, Timestamp, Uuid } from './fields.ts'

/** What is sold: a kind of ticket with its stock, its prices and its rules of sale. */

const Count = Type.Integer({ minimum: 0 })
export const Capacity = Type.Integer({ minimum: 0, maximum: 10_000_000 })
export const Quantity = Type.Integer({ minimum: 1, maximum: 100 })

export const SaleStatus = Type.Enum(['upcoming', 'open', 'ended', 'sold_out', 'closed'], {
  description: '`closed`: the event is not published, was canceled, or is over',
})
export type SaleStatus = Static<typeof SaleStatus>

export const Pricing = Type.Enum(['fixed', 'donation'], {
  description: '`donation`: the buyer names the price, and `price_minor` is what is suggested',
})
export type Pricing = Static<typeof Pricing>

/**
 * A price before the type's own. The first step whose limits have not been passed counts, and
 * `price_minor` of the type after the last, so there is always exactly one price.
 */
export const PriceTier = Type.Object({
  price_minor: Minor,
  until: Type.Optional(Nullable(Timestamp)),
  up_to_sold: Type.Optional(Nullable(Type.Integer({
    minimum: 1, maximum: 10_000_000,
    description: 'Counts tickets held and sold of the type, those of earlier steps included',
  }))),
})
export type PriceTier = Static<typeof PriceTier>

const BuyerLimit = Type.Integer({
  minimum: 1, maximum: 1000,
  description: 'Tickets of one person over all orders, held and sold, by account and by address',
})

/** Long enough that guessing through the network finds nothing. */
export const AccessCode = Type.String({
  minLength: 6, maxLength: 64, pattern: '^[\\x21-\\x7e]+$',
  description: 'Shows hidden ticket types and lets them be bought',
})

export const TicketType = Type.Object({
  id: Uuid,
  event_id: Uuid,
  name: Type.String(),
  description: Type.String(),
  price_minor: Minor,
  current_price_minor: Type.Integer({
    ...Minor, description: 'What the next ticket costs, by its price steps',
  }),
  currency: Currency,
  pricing: Pricing,
  min_price_minor: Type.Integer({ ...Minor, description: 'Least that a donation may be' }),
  tiers: Type.Array(PriceTier),
  capacity: Capacity,
  available: Type.Integer({
    minimum: 0, description: 'Least that is left in any pool it draws from, now',
  }),
  sold: Type.Optional(Type.Integer({ minimum: 0, description: 'Only for the organiser' })),
  held: Type.Optional(Type.Integer({ minimum: 0, description: 'Only for the organiser' })),
  access_code: Type.Optional(Nullable(Type.String({ description: 'Only for the organiser' }))),
  is_hidden: Type.Boolean({ description: 'Shown only to who sends its access code' }),
  pool_ids: Type.Array(Uuid, {
    description: 'Shared pools it draws from besides its own capacity',
  }),
  sales_start: Nullable(Timestamp),
  sales_end: Nullable(Timestamp),
  min_per_order: Quantity,
  max_per_order: Quantity,
  max_per_buyer: Nullable(BuyerLimit),
  position: Count,
  on_sale: SaleStatus,
  created_at: Timestamp,
  updated_at: Timestamp,
})
export type TicketType = Static<typeof TicketType>

const optionalTicketTypeFields = {
  description: Type.Optional(Text(2000)),
  pricing: Type.Optional(Pricing),
  min_price_minor: Type.Optional(Minor),
  tiers: Type.Optional(Type.Array(PriceTier, { maxItems: 10 })),
  access_code: Type.Optional(Nullable(AccessCode)),
  sales_start: Type.Optional(Nullable(Timestamp)),
  sales_end: Type.Optional(Nullable(Timestamp)),
  min_per_order: Type.Optional(Quantity),
  max_per_order: Type.Optional(Quantity),
  max_per_buyer: Type.Optional(Nullable(BuyerLimit)),
  position: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000 })),
  pool_ids: Type.Optional(Type.Array(Uuid, { maxItems: 5, uniqueItems: true })),
}

export const NewTicketType = Type.Object({
  event_id: Uuid,
  name: Text(120, 1),
  price_minor: Minor,
  currency: Currency,
  capacity: Capacity,
  ...optionalTicketTypeFields,
})
export type NewTicketType = Static<typeof NewTicketType>

/** The currency stays: tickets already sold carry it. */
export const TicketTypeChanges = Type.Object({
  name: Type.Optional(Text(120, 1)),
  price_minor: Type.Optional(Minor),
  capacity: Type.Optional(Capacity),
  ...optionalTicketTypeFields,
})
export type TicketTypeChanges = Static<typeof TicketTypeChanges>
