import type { Order } from '@fermata/contracts/orders'
import type { Payment } from '@fermata/contracts/payments'

/**
 * What has become of an order and its money, as one sentence each can say. An order's state alone
 * does not tell: one that is canceled may have been paid a moment before, and one that is refunded
 * may never have had tickets.
 */
export type OrderSituation =
  | 'held' | 'checking' | 'declined' | 'arrived'
  | 'paid' | 'paid_late' | 'free' | 'partly_refunded' | 'refund_coming'
  | 'expired' | 'expired_unpaid' | 'expired_checking' | 'expired_paid'
  | 'canceled' | 'canceled_unpaid' | 'canceled_checking' | 'canceled_paid'
  | 'refunded' | 'withdrawn' | 'late_given_back' | 'canceled_given_back'

export type OrderFacts = Pick<Order, 'status' | 'total_minor' | 'completed_at' | 'canceled_at' | 'expired_at'>
export type PaymentFacts = Pick<Payment, 'status' | 'amount_minor' | 'refunded_minor'>

/** @param payment null where there is none; undefined while nobody can say */
export function situationOf (
  order: OrderFacts, payment: PaymentFacts | null | undefined
): OrderSituation {
  const { status } = order
  if (status === 'pending') return pendingOf(payment)
  if (status === 'completed') return completedOf(order, payment)
  if (status === 'refunded') return refundedOf(order)
  if (order.total_minor === 0) return `${status}_unpaid`
  if (payment === undefined) return status
  if (payment === null || payment.status === 'failed') return `${status}_unpaid`
  if (payment.status === 'pending') return `${status}_checking`
  if (payment.status === 'succeeded') return `${status}_paid`
  // Given back already; the order hears of it a moment later.
  return status === 'expired' ? 'late_given_back' : 'canceled_given_back'
}

function pendingOf (payment: PaymentFacts | null | undefined): OrderSituation {
  if (!payment) return 'held'
  if (payment.status === 'pending') return 'checking'
  if (payment.status === 'failed') return 'declined'
  return payment.status === 'succeeded' ? 'arrived' : 'refund_coming'
}

function completedOf (
  { total_minor, expired_at }: OrderFacts, payment: PaymentFacts | null | undefined
): OrderSituation {
  if (total_minor === 0) return 'free'
  if (payment?.status === 'refunded') return 'refund_coming'
  if (payment && payment.refunded_minor > 0) return 'partly_refunded'
  return expired_at === null ? 'paid' : 'paid_late'
}

function refundedOf ({ total_minor, completed_at, canceled_at }: OrderFacts): OrderSituation {
  if (total_minor === 0) return 'withdrawn'
  if (completed_at !== null) return 'refunded'
  return canceled_at === null ? 'late_given_back' : 'canceled_given_back'
}

/** Of all payments that were tried, the one that says where the money is. */
export function decisiveOf<P extends Pick<Payment, 'status'>> (payments: readonly P[]): P | null {
  const weights = { refunded: 3, succeeded: 2, pending: 1, failed: 0 }
  return payments.reduce<P | null>((best, next) =>
    best === null || weights[next.status] > weights[best.status] ? next : best, null)
}

/**
 * The short word for lists, which know no payments: true whatever became of the money.
 * `given_back`: it came when there was nothing left to have.
 */
export type OrderLabel = Order['status'] | 'free' | 'paid_late' | 'given_back' | 'withdrawn'

export function labelOf (order: OrderFacts): OrderLabel {
  const situation = situationOf(order, undefined)
  if (situation === 'free' || situation === 'paid_late' || situation === 'withdrawn') return situation
  if (situation === 'late_given_back' || situation === 'canceled_given_back') return 'given_back'
  return order.status
}
