import type { Order } from '@fermata/contracts/orders'
import type { OrderRow } from './queries/orders.ts'

/** An order as its owner sees it. */
export function presentOrder (row: OrderRow): Order {
  return {
    id: row.id, code: row.code, event_id: row.event_id, event_title: row.event_title,
    status: row.status, items: row.items,
    total_minor: row.total_minor, currency: row.currency, user_id: row.user_id,
    ...(row.promo_code !== null && { promo_code: row.promo_code }),
    buyer: { name: row.buyer_name, email: row.buyer_email, locale: row.buyer_locale },
    expires_at: row.expires_at, created_at: row.created_at,
    completed_at: row.completed_at, canceled_at: row.canceled_at,
    expired_at: row.expired_at, refunded_at: row.refunded_at,
  }
}

/** An order as it was answered when it was placed, whatever has become of it since. */
export function presentPlaced (row: OrderRow): Order {
  // An order that costs nothing was complete from the start.
  const free = row.total_minor === 0
  return {
    ...presentOrder(row), status: free ? 'completed' : 'pending',
    completed_at: free ? row.created_at : null,
    canceled_at: null, expired_at: null, refunded_at: null,
  }
}

/** What every event about an order carries. */
export function factsOf (order: Order) {
  const { id, code, event_id, event_title, buyer, user_id, items, created_at } = order
  const { total_minor, currency, promo_code } = order
  return {
    order_id: id, code, event_id, event_title, buyer, user_id, items, total_minor, currency,
    ...(promo_code !== undefined && { promo_code }), created_at,
  }
}
