import { Type, type Static } from 'typebox'
import { defineEvent, defineProblem, defineRoute } from './define.ts'
import {
  Buyer, Currency, IdParams, ListQuery, Minor, Nullable, Page, Text, Timestamp, Uuid,
} from './fields.ts'

/** Payments and refunds. No card number ever comes here. */

export const PaymentStatus = Type.Enum(['pending', 'succeeded', 'failed', 'refunded'])
export type PaymentStatus = Static<typeof PaymentStatus>

export const Provider = Type.Enum(['simulated'])
export type Provider = Static<typeof Provider>

/** Chooses the outcome: `slow` succeeds after some seconds, `late` only once the hold has ended. */
export const TestCard = Type.Enum(['success', 'declined', 'slow', 'late'])
export type TestCard = Static<typeof TestCard>

export const Payment = Type.Object({
  id: Uuid,
  order_id: Uuid,
  order_code: Type.String(),
  provider: Provider,
  status: PaymentStatus,
  amount_minor: Minor,
  refunded_minor: Minor,
  currency: Currency,
  failure: Nullable(Type.String({ description: 'Stable word for why it failed, e.g. `declined`' })),
  needs_confirmation: Type.Boolean({
    description: 'The provider waits for the buyer\'s second step',
  }),
  created_at: Timestamp,
  succeeded_at: Nullable(Timestamp),
  failed_at: Nullable(Timestamp),
  refunded_at: Nullable(Timestamp),
})
export type Payment = Static<typeof Payment>

export const NewPayment = Type.Object({
  order_id: Uuid,
  provider: Provider,
  method: Type.Object({ test_card: TestCard }),
})
export type NewPayment = Static<typeof NewPayment>

export const orderNotPayable = defineProblem(
  'payments/order-not-payable', 409, 'This order cannot be paid now',
  Type.Object({ order_status: Type.String() }),
)
export const paymentUnderWay = defineProblem(
  'payments/payment-under-way', 409, 'A payment of this order is under way',
  Type.Object({ payment_id: Uuid }),
)
export const wrongState = defineProblem(
  'payments/wrong-state', 409, 'The state of the payment does not allow this',
  Type.Object({ payment_status: PaymentStatus }),
)
export const refundTooLarge = defineProblem(
  'payments/refund-too-large', 409, 'More than what is left of the payment',
  Type.Object({ refundable_minor: Minor, currency: Currency }),
)
export const nothingToConfirm = defineProblem(
  'payments/nothing-to-confirm', 409, 'The provider does not wait for a second step',
)

export const startPayment = defineRoute({
  method: 'POST', path: '/api/payments', access: 'owner', idempotent: true,
  aliases: ['/api/payment', '/api/payment/initiate', '/api/payments/initiate'],
  summary: 'Pay a pending order; the outcome follows in the background',
  body: NewPayment,
  reply: { 201: Payment },
  problems: [orderNotPayable, paymentUnderWay],
})

export const listPayments = defineRoute({
  method: 'GET', path: '/api/payments', access: 'owner',
  aliases: ['/api/payment'],
  summary: 'Payments of an order, newest first; its organiser and administrators see them too',
  query: ListQuery({ order_id: Uuid }),
  reply: { 200: Page(Payment) },
  problems: [],
})

export const getPayment = defineRoute({
  method: 'GET', path: '/api/payments/{id}', access: 'owner',
  aliases: ['/api/payment/{id}'],
  summary: 'One payment; its order\'s organiser and administrators see it too',
  params: IdParams,
  reply: { 200: Payment },
  problems: [],
})

export const confirmPayment = defineRoute({
  method: 'POST', path: '/api/payments/{id}/confirm', access: 'owner',
  aliases: ['/api/payment/{id}/confirm'],
  summary: 'Finish a payment whose provider waits for the buyer\'s second step',
  params: IdParams,
  reply: { 200: Payment },
  problems: [wrongState, nothingToConfirm],
})

export const refundPayment = defineRoute({
  method: 'POST', path: '/api/payments/{id}/refund', access: 'organizer', idempotent: true,
  aliases: ['/api/payment/{id}/refund'],
  step_up: 'sometimes',
  summary: 'Give money back, all that is left or a part',
  description: 'Above the installation\'s limit it asks for a step-up.',
  params: IdParams,
  body: Type.Object({
    amount_minor: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000_000 })),
    reason: Type.Optional(Text(500)),
  }),
  reply: { 200: Payment },
  problems: [wrongState, refundTooLarge],
})

/** How far one payment of an order got. */
export const PaidState = Type.Object({
  order_id: Uuid, status: PaymentStatus, amount_minor: Minor, refunded_minor: Minor,
})
export type PaidState = Static<typeof PaidState>

export const getPaidStates = defineRoute({
  method: 'POST', path: '/internal/payments/states', access: 'internal',
  callers: ['orders'],
  only_asks: true,
  summary: 'How far the payments of these orders got',
  body: Type.Object({ order_ids: Type.Array(Uuid, { minItems: 1, maxItems: 40 }) }),
  reply: { 200: Type.Object({ items: Type.Array(PaidState) }) },
  problems: [],
})

const PaymentFacts = {
  payment_id: Uuid,
  order_id: Uuid,
  order_code: Type.String(),
  event_id: Uuid,
  event_title: Type.String(),
  user_id: Nullable(Uuid),
  buyer: Buyer,
  provider: Provider,
  amount_minor: Minor,
  currency: Currency,
}

/** The provider took the money. */
export const paymentSucceeded = defineEvent('payments.payment_succeeded.v1', Type.Object({
  ...PaymentFacts, succeeded_at: Timestamp,
}))

/** The provider refused; the order may be paid again while its hold lasts. */
export const paymentFailed = defineEvent('payments.payment_failed.v1', Type.Object({
  ...PaymentFacts, failed_at: Timestamp, failure: Type.String(),
}))

/** One refund; the order is refunded once `refunded_minor` has reached `amount_minor`. */
export const paymentRefunded = defineEvent('payments.payment_refunded.v1', Type.Object({
  ...PaymentFacts,
  refund_id: Uuid,
  refund_minor: Minor,
  refunded_minor: Type.Unsafe<number>({
    ...Minor, description: 'Sum of all refunds of this payment',
  }),
  refunded_at: Timestamp,
  reason: Nullable(Type.String()),
}))
