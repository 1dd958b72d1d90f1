import type { OrderStatus } from '@fermata/contracts/orders'

export interface PaidOrder {
  status: OrderStatus, total_minor: number, currency: string, payment_id: string | null
  event_canceled: boolean
}
export interface Payment { payment_id: string, amount_minor: number, currency: string }

/**
 * What a payment that succeeded does to its order:
 * `complete` it; `take_again` the tickets of a hold that has ended, if they are still there;
 * `refund` an order that nobody can have any more; return money that the order does not need
 * (`paid_twice`, `amount_differs`); `nothing`, when it was heard of before.
 */
export type Settlement = 'complete' | 'take_again' | 'refund' | 'paid_twice' | 'amount_differs' | 'nothing'

export function settlePayment (order: PaidOrder, payment: Payment): Settlement {
  if (order.payment_id === payment.payment_id) return 'nothing'
  if (order.status === 'completed' || order.status === 'refunded') return 'paid_twice'
  if (order.total_minor !== payment.amount_minor || order.currency !== payment.currency) return 'amount_differs'
  // Payment and deadline may race: until the order has expired, payment wins.
  if (order.status === 'pending') return 'complete'
  return order.status === 'expired' && !order.event_canceled ? 'take_again' : 'refund'
}

/** Pool id to quantity: what one order would take. */
export type Draw = ReadonlyMap<string, number>

/** Which of the orders still find all their tickets, in the order in which they were paid. */
export function takeAgain (
  remaining: ReadonlyMap<string, number>, draws: readonly Draw[]
): boolean[] {
  const left = new Map(remaining)
  return draws.map(draw => {
    const fits = draw.size > 0 &&
      [...draw].every(([pool, quantity]) => quantity <= (left.get(pool) ?? 0))
    if (fits) for (const [pool, quantity] of draw) left.set(pool, left.get(pool)! - quantity)
    return fits
  })
}
