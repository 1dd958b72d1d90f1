import { getOrderForPayment } from '@fermata/contracts/orders'
import * as api from '@fermata/contracts/payments'
import { notFound } from '@fermata/contracts/problems'
import { uuidv7 } from '@fermata/platform/ids'
import { Problem } from '@fermata/platform/problem'
import { ownsOrder } from '../access.ts'
import type { Operation } from '../context.ts'
import { presentPayment } from '../payment-facts.ts'
import { findCurrentPayment, insertPayment, type PaymentRow } from '../queries/payments.ts'

/**
 * Takes note that an order is to be paid. Amount and currency are the order's. The provider is
 * asked in the background under a key that is stored here, so whatever dies in between, it is asked
 * about the same charge again.
 */
export const startPayment: Operation<typeof api.startPayment> = async (ctx, request) => {
  const { caller, body, id: request_id } = request
  if (caller.kind === 'order' && caller.order_id !== body.order_id) throw new Problem(notFound)
  const order = await ctx.call(getOrderForPayment, { params: { id: body.order_id }, request_id })
  if (!ownsOrder(caller, order)) throw new Problem(notFound)
  if (order.status !== 'pending' || order.total_minor === 0) throw notPayable(order.status)

  const payment = await ctx.write(request, async tx => {
    const id = uuidv7()
    const row = await insertPayment(tx, {
      id, order_id: order.id, order_code: order.code, event_id: order.event_id,
      event_title: order.event_title, organizer_id: order.organizer_id, user_id: order.user_id,
      buyer: order.buyer, provider: body.provider, method: body.method,
      amount_minor: order.total_minor, currency: order.currency, provider_key: `payment_${id}`,
      hold_ends_at: order.expires_at, request_id,
    })
    if (!row) throw whyNot(await findCurrentPayment(tx, order.id))
    return presentPayment(row)
  })
  ctx.resources.wake()
  return payment
}

const notPayable = (order_status: string) =>
  new Problem(api.orderNotPayable, `The order is ${order_status}.`, { extensions: { order_status } })

/** Our own row may know more than orders did a moment ago. */
function whyNot (current: PaymentRow | undefined): Problem {
  if (!current) return notPayable('expired')
  if (current.status !== 'pending') {
    return notPayable(current.status === 'refunded' ? 'refunded' : 'completed')
  }
  return new Problem(api.paymentUnderWay, undefined, { extensions: { payment_id: current.id } })
}
