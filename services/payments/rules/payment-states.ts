import type { PaymentStatus } from '@fermata/contracts/payments'

/** What may happen to a payment. */
export type PaymentAction = 'succeed' | 'fail' | 'refund_part' | 'refund_rest'

/**
 * The life of a payment, whole. What is not in this table does not happen. A failed payment stays
 * failed: it is called so on the provider's word alone, and the buyer's next try is a payment of
 * its own.
 */
export const paymentStates: Record<PaymentStatus, Partial<Record<PaymentAction, PaymentStatus>>> = {
  pending: { succeed: 'succeeded', fail: 'failed' },
  succeeded: { refund_part: 'succeeded', refund_rest: 'refunded' },
  failed: {},
  refunded: {},
}

/** The state an action leads to; undefined when the state does not allow it. */
export const nextStatus = (status: PaymentStatus, action: PaymentAction) =>
  paymentStates[status][action]

/**
 * The action that gives back `refund_minor` of what is left; undefined when that is too much or
 * nothing.
 */
export function refundAction (left_minor: number, refund_minor: number): PaymentAction | undefined {
  if (refund_minor <= 0 || refund_minor > left_minor) return undefined
  return refund_minor === left_minor ? 'refund_rest' : 'refund_part'
}
