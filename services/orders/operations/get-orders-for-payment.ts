import type { EventFacts } from '@fermata/contracts/fields'
import type * as api from '@fermata/contracts/orders'
import type { Operation } from '../context.ts'
import { presentOrder } from '../present-order.ts'
import { findFacts } from '../queries/events.ts'
import { findOrders, type OrderRow } from '../queries/orders.ts'

/** What the payments service must know to charge orders: two questions, however many they are. */
export const getOrdersForPayment: Operation<typeof api.getOrdersForPayment> = async (
  ctx, { body }
) => {
  const rows = await findOrders(ctx.db, body.order_ids)
  const facts = await findFacts(ctx.db, [...new Set(rows.map(row => row.event_id))])
  return { items: rows.flatMap(row => {
    const event = facts.get(row.event_id)
    return event ? [toPayable(row, event)] : []
  }) }
}

function toPayable (row: OrderRow, event: EventFacts): api.OrderForPayment {
  const { id, code, status, event_id, event_title, total_minor, currency, buyer, user_id,
    expires_at } = presentOrder(row)
  return { id, code, status, event_id, event_title, organizer_id: event.organizer_id,
    organizer_member_ids: event.member_ids, total_minor, currency, buyer, user_id, expires_at }
}
