import type { DataOf } from '@fermata/contracts/define'
import type { EventFacts } from '@fermata/contracts/fields'
import { orderCompleted, orderRefunded, paymentReturned } from '@fermata/contracts/orders'
import type { paymentSucceeded } from '@fermata/contracts/payments'
import type { Tx } from '@fermata/platform/database'
import type { Ctx, Handler } from '../context.ts'
import { findOverLimit } from '../late-limits.ts'
import { moveOrders, type Moved } from '../move-orders.ts'
import type { OrderStore } from '../order-store.ts'
import { factsOf, presentOrder } from '../present-order.ts'
import type { OrderRow } from '../queries/orders.ts'
import { settlePayment, takeAgain } from '../rules/settle-payment.ts'

type Payment = DataOf<typeof paymentSucceeded>
interface Settled { order: OrderRow, payment: Payment }
interface Returned extends Settled { reason: 'paid_twice' | 'amount_differs' }

/**
 * Turns paid holds into sold tickets. A payment that came too late gets the same tickets if they
 * are still there, else the money goes back; so does money an order does not need. No payment is
 * left without an answer.
 */
export const completeOrders: Handler<typeof paymentSucceeded> = async (ctx, tx, events) => {
  const order_ids = [...new Set(events.map(({ data }) => data.order_id))]
  const store = ctx.resources.orders
  await store.lockEventsOf(tx, order_ids)
  const orders = new Map((await store.findOrders(tx, order_ids)).map(order => [order.id, order]))
  const event_ids = new Set([...orders.values()].map(order => order.event_id))
  const facts = await store.findFacts(tx, [...event_ids])
  const given_back = await store.findRefundedPayments(
    tx, events.map(({ data }) => data.payment_id))
  const payments = events.map(({ data }) => data)
    .filter(({ payment_id }) => !given_back.has(payment_id))

  const { complete, late, refund, returned } = settleAll(payments, orders, facts)
  const { found, lost } = await takeAgainOf(store, tx, late)
  const completed = await move(ctx, tx, [...complete, ...found], 'completed')
  const refunded = await move(ctx, tx, [...refund, ...lost], 'refunded')
  await tellCompleted(ctx, tx, completed, facts)
  await tellRefunded(ctx, tx, refunded, facts)
  await ctx.publish(tx, paymentReturned, returned.map(({ order, payment, reason }) => ({
    ...factsOf(presentOrder(order)), payment_id: payment.payment_id, returned_at: order.now,
    refund_minor: payment.amount_minor, reason })), returned.map(({ order }) => order.request_id))
}

/** One payment after the other: the second of two for one order finds it paid. */
function settleAll (
  payments: Payment[], orders: Map<string, OrderRow>, facts: Map<string, EventFacts>
) {
  const settled = {
    complete: [] as Settled[], late: [] as Settled[], refund: [] as Settled[],
    returned: [] as Returned[],
  }
  const paid = new Map<string, string>()
  for (const payment of payments) {
    const order = orders.get(payment.order_id)
    // An administrator must see it: somebody paid for what is not there.
    if (!order) throw new Error(`Payment ${payment.payment_id} is for an unknown order`)
    const paid_by = paid.get(order.id)
    const event_canceled = facts.get(order.event_id)?.status === 'canceled'
    const settlement = settlePayment(paid_by
      ? { ...order, status: 'completed', payment_id: paid_by, event_canceled }
      : { ...order, event_canceled }, payment)
    if (settlement === 'nothing') continue
    if (settlement === 'paid_twice' || settlement === 'amount_differs') {
      settled.returned.push({ order, payment, reason: settlement })
      continue
    }
    paid.set(order.id, payment.payment_id)
    settled[settlement === 'take_again' ? 'late' : settlement].push({ order, payment })
  }
  return settled
}

/**
 * Parts late payments into those whose tickets are still there and those whose tickets are gone.
 */
async function takeAgainOf (
  store: OrderStore, tx: Tx, late: Settled[]
): Promise<{ found: Settled[], lost: Settled[] }> {
  if (late.length === 0) return { found: [], lost: [] }
  const over = await findOverLimit(store, tx, late.map(({ order }) => order.id))
  const within = late.filter(({ order }) => !over.has(order.id))
  const order_ids = within.map(({ order }) => order.id)
  const rows = await store.findDraws(tx, order_ids)
  const remaining = new Map(rows.map(row => [row.pool_id, row.remaining]))
  const draws = Map.groupBy(rows, row => row.order_id)
  const limited = Map.groupBy(await store.findLatePurchases(tx, order_ids), row => row.order_id)
  const purchases = limited.size > 0 ? await store.findPurchasesBeside(tx, order_ids) : []
  const fits = takeAgain(remaining, order_ids.map(id => ({
    draw: new Map((draws.get(id) ?? []).map(row => [row.pool_id, row.quantity])),
    limited: limited.get(id) ?? [],
  })), purchases)
  return {
    found: within.filter((_, index) => fits[index]),
    lost: [...late.filter(({ order }) => over.has(order.id)),
      ...within.filter((_, index) => !fits[index])],
  }
}

const move = (ctx: Ctx, tx: Tx, settled: Settled[], to: 'completed' | 'refunded') =>
  moveOrders(ctx, tx, settled.map(({ order }) => order), to,
    new Map(settled.map(({ order, payment }) => [order.id, payment.payment_id])))

const tellCompleted = (ctx: Ctx, tx: Tx, completed: Moved[], facts: Map<string, EventFacts>) =>
  ctx.publish(tx, orderCompleted, completed.map(({ order, at, payment_id }) => ({
    ...factsOf(order), completed_at: at, payment_id, event: facts.get(order.event_id)!,
  })), completed.map(({ request_id }) => request_id))

const tellRefunded = (ctx: Ctx, tx: Tx, refunded: Moved[], facts: Map<string, EventFacts>) =>
  ctx.publish(tx, orderRefunded, refunded.map(({ order, at, payment_id }) => ({
    ...factsOf(order), refunded_at: at, payment_id, refund_minor: order.total_minor,
    reason: facts.get(order.event_id)?.status === 'canceled' ? 'event_canceled' as const : 'paid_too_late' as const })),
  refunded.map(({ request_id }) => request_id))
