import type { paymentReturned } from '@fermata/contracts/orders'
import type { Handler } from '../context.ts'
import { lockPaymentsOfOrders } from '../queries/payments.ts'
import { refundRest } from './give-back.ts'

/** Money that its order does not need goes back; the order and what else was paid for it stay. */
export const returnPayments: Handler<typeof paymentReturned> = async (ctx, tx, events) => {
  const reasons = new Map(events.map(({ data }) => [data.payment_id, data.reason]))
  const order_ids = [...new Set(events.map(({ data }) => data.order_id))]
  const payments = await lockPaymentsOfOrders(tx, order_ids)
  await refundRest(ctx, tx, payments.filter(({ id }) => reasons.has(id)),
    row => reasons.get(row.id)!)
}
