import type { orderGivenUp } from '@fermata/contracts/backups'
import type { orderCanceled, orderRefunded } from '@fermata/contracts/orders'
import type { Handler } from '../context.ts'
import {
  changePayments, insertEndedOrders, lockPaymentsOfOrders, type PaymentRow,
} from '../queries/payments.ts'
import { nextStatus } from '../rules/payment-states.ts'
import { refundRest } from './give-back.ts'
import { afterFailure } from './settle-payments.ts'

/**
 * The money of these orders goes back, whatever came and has not gone yet. A payment the provider
 * was never asked about ends here; one whose outcome is open is refunded when it succeeds.
 */
export const endOrders: Handler<
  typeof orderCanceled | typeof orderRefunded | typeof orderGivenUp
> = async (ctx, tx, events) => {
  const reasons = new Map(events.map(({ data }) => [data.order_id, data.reason]))
  await insertEndedOrders(tx, [...reasons].map(([order_id, reason]) => ({ order_id, reason })))
  const payments = await lockPaymentsOfOrders(tx, [...reasons.keys()])
  await refundRest(ctx, tx, payments, row => reasons.get(row.order_id)!)
  const untouched = payments.filter(neverAsked)
  if (untouched.length === 0) return
  await afterFailure(ctx, tx, await changePayments(tx, untouched.map(({ id, status }) =>
    ({ id, status: nextStatus(status, 'fail')!, failure: 'order_ended' }))))
}

const neverAsked = (row: PaymentRow) => row.asked_at === null && nextStatus(row.status, 'fail')
