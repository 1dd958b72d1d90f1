import { orderRefunded } from '@fermata/contracts/orders'
import type { paymentRefunded } from '@fermata/contracts/payments'
import type { Handler } from '../context.ts'
import { moveOrders } from '../move-orders.ts'
import { factsOf } from '../present-order.ts'

/**
 * An order whose payment was given back as a whole is refunded and its tickets can be sold again. A
 * part given back changes nothing here. Money that was returned without the order's payment (paid
 * twice) does not concern the order.
 */
export const refundOrders: Handler<typeof paymentRefunded> = async (ctx, tx, events) => {
  const whole = new Map(events.map(({ data }) => data)
    .filter(data => data.refunded_minor >= data.amount_minor).map(data => [data.payment_id, data]))
  if (whole.size === 0) return
  const order_ids = [...new Set([...whole.values()].map(data => data.order_id))]
  const store = ctx.resources.orders
  await store.lockEventsOf(tx, order_ids)
  await store.recordRefunds(tx, [...whole.values()])
  const paid = (await store.findOrders(tx, order_ids)).filter(order =>
    order.status === 'completed' && order.payment_id !== null && whole.has(order.payment_id))
  const moved = await moveOrders(ctx, tx, paid, 'refunded')
  await ctx.publish(tx, orderRefunded, moved.map(({ order, at, payment_id }) => ({
    ...factsOf(order), refunded_at: at, payment_id, refund_minor: order.total_minor,
    reason: 'requested' as const })), moved.map(({ request_id }) => request_id))
}
