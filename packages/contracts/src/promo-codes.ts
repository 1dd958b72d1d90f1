import { Type, type Static } from 'typebox'
import { defineProblem, defineRoute, Empty } from './define.ts'
import { IdParams, Nullable, Page, Timestamp, Uuid } from './fields.ts'

/** Codes that make tickets cheaper, for as long as their budget lasts. */

const Count = Type.Integer({ minimum: 0 })

export const PromoCodeText = Type.String({
  minLength: 3, maxLength: 40, pattern: '^[A-Za-z0-9_-]+$', examples: ['EARLYBIRD'],
  description: 'Small and capital letters are the same',
})

const Percent = Type.Integer({ minimum: 1, maximum: 100 })
const AmountOff = Type.Integer({
  minimum: 1, maximum: 1_000_000_000_000,
  description: 'Off each ticket, in minor units of the event\'s currency; never below zero',
})
const Budget = Type.Integer({ minimum: 1, maximum: 10_000_000 })
const Counts = Type.Enum(['orders', 'tickets'], {
  description: 'What `max_uses` counts: orders, or tickets that became cheaper',
})
const TypeIds = Type.Array(Uuid, {
  maxItems: 100, uniqueItems: true, description: 'Ticket types it is for; empty: all of the event',
})

export const PromoCode = Type.Object({
  id: Uuid,
  event_id: Uuid,
  code: Type.String(),
  percent: Nullable(Percent),
  amount_minor: Nullable(AmountOff),
  ticket_type_ids: TypeIds,
  valid_from: Nullable(Timestamp),
  valid_until: Nullable(Timestamp),
  max_uses: Nullable(Budget),
  counts: Counts,
  used: Type.Integer({ minimum: 0, description: 'By orders that are pending or completed' }),
  created_at: Timestamp,
  updated_at: Timestamp,
})
export type PromoCode = Static<typeof PromoCode>

const optionalPromoFields = {
  percent: Type.Optional(Nullable(Percent)),
  amount_minor: Type.Optional(Nullable(AmountOff)),
  ticket_type_ids: Type.Optional(TypeIds),
  valid_from: Type.Optional(Nullable(Timestamp)),
  valid_until: Type.Optional(Nullable(Timestamp)),
  max_uses: Type.Optional(Nullable(Budget)),
}

export const NewPromoCode = Type.Object({
  event_id: Uuid, code: PromoCodeText, counts: Type.Optional(Counts), ...optionalPromoFields,
})
export type NewPromoCode = Static<typeof NewPromoCode>

/** The code itself and what its budget counts stay: they are printed, and were counted. */
export const PromoCodeChanges = Type.Object(optionalPromoFields)
export type PromoCodeChanges = Static<typeof PromoCodeChanges>

export const tooManyCodes = defineProblem(
  'orders/too-many-codes', 429, 'Too many wrong codes came from your network',
  Type.Object({ event_id: Uuid }))
export const promoCodeRefused = defineProblem(
  'orders/promo-code-refused', 409, 'This promo code does not apply',
  Type.Object({
    promo_code: Type.String(),
    reason: Type.Enum(['unknown', 'not_yet', 'ended', 'used_up', 'not_for_these']),
    left: Type.Optional(Type.Integer({ minimum: 0, description: 'With `used_up`: uses left' })),
  }),
)
export const promoCodeTaken = defineProblem(
  'orders/promo-code-taken', 409, 'This event has such a code already',
  Type.Object({ code: Type.String() }),
)
export const promoCodeInUse = defineProblem(
  'orders/promo-code-in-use', 409, 'Orders were placed with this code',
  Type.Object({ used: Count }),
)
export const budgetTooSmall = defineProblem(
  'orders/budget-too-small', 409, 'This code was used more often than that',
  Type.Object({ used: Count }),
)

export const listPromoCodes = defineRoute({
  method: 'GET', path: '/api/promo-codes', access: 'organizer',
  summary: 'Promo codes of an event of yours',
  description: 'All of them in one page: an event has at most 200.',
  query: Type.Object({ event_id: Uuid }),
  reply: { 200: Page(PromoCode) },
  problems: [],
})

export const createPromoCode = defineRoute({
  method: 'POST', path: '/api/promo-codes', access: 'organizer', idempotent: true,
  summary: 'Add a promo code to an event of yours',
  description: 'Either `percent` or `amount_minor`.',
  body: NewPromoCode,
  reply: { 201: PromoCode },
  problems: [promoCodeTaken],
})

export const updatePromoCode = defineRoute({
  method: 'PATCH', path: '/api/promo-codes/{id}', access: 'organizer',
  summary: 'Change a promo code',
  description: 'Orders keep the discount of their time.',
  params: IdParams,
  body: PromoCodeChanges,
  reply: { 200: PromoCode },
  problems: [budgetTooSmall],
})

export const deletePromoCode = defineRoute({
  method: 'DELETE', path: '/api/promo-codes/{id}', access: 'organizer',
  summary: 'Remove a promo code that no order has used',
  description: 'One that was used ends with `valid_until`; its orders keep it.',
  params: IdParams,
  reply: { 204: Empty },
  problems: [promoCodeInUse],
})
