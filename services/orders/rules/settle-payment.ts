import type { OrderStatus } from '@fermata/contracts/orders'
import { openPurchaseBook } from './buyer-limits.ts'
import type { Purchased } from './stock.ts'

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

/** Tickets of a type that has a limit for each buyer. */
export interface LatePurchase extends Purchased { max_per_buyer: number }

export interface LateOrder { draw: Draw, limited: readonly LatePurchase[] }

/**
 * Which of the orders still find all their tickets, in the order in which they were paid, and keep
 * to their buyer's limit: who bought again meanwhile does not get both.
 */
export function takeAgain (
  remaining: ReadonlyMap<string, number>, orders: readonly LateOrder[],
  purchases: readonly Purchased[]
): boolean[] {
  const left = new Map(remaining)
  const book = openPurchaseBook(purchases)
  return orders.map(({ draw, limited }) => {
    const fits = draw.size > 0 &&
      [...draw].every(([pool, quantity]) => quantity <= (left.get(pool) ?? 0)) &&
      limited.every(one =>
        book.ownedBy(one, one.ticket_type_id) + one.quantity <= one.max_per_buyer)
    if (!fits) return false
    for (const [pool, quantity] of draw) left.set(pool, left.get(pool)! - quantity)
    for (const { user_id, email_key, ticket_type_id, quantity } of limited) {
      book.add({ user_id, email_key, ticket_type_id, quantity })
    }
    return true
  })
}
