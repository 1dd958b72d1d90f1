import type { OrderForPayment } from '@fermata/contracts/orders'
import * as api from '@fermata/contracts/payments'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { createOrdersPeer } from './orders-peer.ts'

/** A running payments service with a peer for orders, and what its tests do again and again. */

export const orders = createOrdersPeer()
export let it: TestSystem
export let ctx: Ctx

export async function startPayments (): Promise<void> {
  it = await startTestSystem([service, orders.service], {
    LOG_LEVEL: 'fatal',
    SIMULATED_SLOW_MS: '700',
    SIMULATED_LATE_MS: '200',
  })
  ctx = it.context<Ctx>('payments')
}

export const bodyFor = (order: { id: string }, test_card: string) =>
  ({ order_id: order.id, provider: 'simulated', method: { test_card } })

export const pay = (order: { id: string }, test_card = 'success', as: object = {}) =>
  it.send(api.startPayment, {
    body: bodyFor(order, test_card),
    token: it.orderToken(order.id),
    ...as,
  })

export const statusOf = async (order: OrderForPayment, id: string) =>
  (await it.send(api.getPayment, { params: { id }, token: it.orderToken(order.id) })).body.status

export async function payUntil (order: OrderForPayment, card: string, status: api.PaymentStatus) {
  const { body } = await pay(order, card)
  await it.eventually(async () => await statusOf(order, body.id) === status, status)
  return body.id
}

export const balances = async (payment_id: string) => {
  const rows = await sql<{ account: string, debit: number }>`
    select account, sum(debit_minor - credit_minor) as debit from payments.ledger_entries
     where payment_id = ${payment_id} group by account`.rows(ctx.db)
  return Object.fromEntries(rows.map(row => [row.account, row.debit]))
}

export const bookOf = (order: OrderForPayment) => sql<{ charged: number, refunded: number }>`
  select count(*) filter (where succeeds) as charged,
         (select coalesce(sum(r.amount_minor), 0) from payments.simulated_refunds r
           join payments.simulated_charges c on c.key = r.charge_key where c.order_id = ${order.id}) as refunded
    from payments.simulated_charges where order_id = ${order.id}`.first(ctx.db)

export const admin = () => it.personToken({ roles: ['admin'] })
