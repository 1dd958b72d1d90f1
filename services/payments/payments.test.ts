import type { OrderForPayment } from '@fermata/contracts/orders'
import * as api from '@fermata/contracts/payments'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import service from './service.ts'
import { createOrdersPeer } from './test/orders-peer.ts'

/**
 * Routes, events and states: startPayment, listPayments, getPayment, confirmPayment, refundPayment,
 * endOrders.
 */

const orders = createOrdersPeer()
let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service, orders.service], { SIMULATED_SLOW_MS: '700', SIMULATED_LATE_MS: '200' })
  ctx = it.context<Ctx>('payments')
})
afterAll(() => it.stop())

const bodyFor = (order: { id: string }, test_card: string) =>
  ({ order_id: order.id, provider: 'simulated', method: { test_card } })

const pay = (order: { id: string }, test_card = 'success', as: object = {}) => it.send(api.startPayment, {
  body: bodyFor(order, test_card), token: it.orderToken(order.id), ...as })

const statusOf = async (order: OrderForPayment, id: string) =>
  (await it.send(api.getPayment, { params: { id }, token: it.orderToken(order.id) })).body.status

async function payUntil (order: OrderForPayment, card: string, status: api.PaymentStatus) {
  const { body } = await pay(order, card)
  await it.eventually(async () => await statusOf(order, body.id) === status, status)
  return body.id
}

const balances = async (payment_id: string) => {
  const { rows } = await sql<{ account: string, debit: number }>`
    select account, sum(debit_minor - credit_minor) as debit from payments.ledger_entries
     where payment_id = ${payment_id} group by account`.execute(ctx.db)
  return Object.fromEntries(rows.map(row => [row.account, row.debit]))
}

const bookOf = async (order: OrderForPayment) => (await sql<{ charged: number, refunded: number }>`
  select count(*) filter (where succeeds) as charged,
         (select coalesce(sum(r.amount_minor), 0) from payments.simulated_refunds r
           join payments.simulated_charges c on c.key = r.charge_key where c.order_id = ${order.id}) as refunded
    from payments.simulated_charges where order_id = ${order.id}`.execute(ctx.db)).rows[0]

const admin = () => it.personToken({ roles: ['admin'] })

test('startPayment: is pending at first and succeeds in the background, told to orders with the amount of the order', async () => {
  const order = orders.addOrder({ total_minor: 4250, currency: 'JPY' })
  const started = await pay(order)
  expect(started.status).toBe(201)
  expect(started.body).toMatchObject({
    order_id: order.id, order_code: order.code, status: 'pending', amount_minor: 4250, currency: 'JPY',
    refunded_minor: 0, failure: null, needs_confirmation: false, succeeded_at: null })

  const event = await it.eventually(async () => orders.heard.succeeded.find(one => one.order_id === order.id))

  expect(event).toMatchObject({ payment_id: started.body.id, amount_minor: 4250, currency: 'JPY',
    event_title: order.event_title, buyer: order.buyer })
  expect(await statusOf(order, started.body.id)).toBe('succeeded')
  expect(await balances(started.body.id)).toEqual({ provider_clearing: 4250, organizer_payable: -4250 })
})

test('startPayment: a declined card fails, says why, moves no money, and another try may follow', async () => {
  const order = orders.addOrder()
  const first = await payUntil(order, 'declined', 'failed')
  const failed = await it.send(api.getPayment, { params: { id: first }, token: it.orderToken(order.id) })
  expect(failed.body).toMatchObject({ failure: 'declined', succeeded_at: null })
  expect(failed.body.failed_at).not.toBeNull()
  await it.eventually(async () => orders.heard.failed.find(one => one.payment_id === first))
  expect(await balances(first)).toEqual({})

  await payUntil(order, 'success', 'succeeded')

  const list = await it.send(api.listPayments, { query: { order_id: order.id }, token: it.orderToken(order.id) })
  expect(list.body.items.map(item => item.status)).toEqual(['succeeded', 'failed'])
  expect(await bookOf(order)).toEqual({ charged: 1, refunded: 0 })
})

test('startPayment: the slow card stays pending for its time, then succeeds', async () => {
  const order = orders.addOrder()
  const { body } = await pay(order, 'slow')
  await new Promise(resolve => setTimeout(resolve, 300))
  expect(await statusOf(order, body.id)).toBe('pending')
  await it.eventually(async () => await statusOf(order, body.id) === 'succeeded')
})

test('startPayment: the late card succeeds only after the hold has ended', async () => {
  const order = orders.addOrder({ expires_at: new Date(Date.now() + 600).toISOString() })
  const id = await payUntil(order, 'late', 'succeeded')
  const { body } = await it.send(api.getPayment, { params: { id }, token: it.orderToken(order.id) })
  expect(Date.parse(body.succeeded_at!)).toBeGreaterThan(Date.parse(order.expires_at))
})

test('startPayment: a second one while the first is open is refused and names it', async () => {
  const order = orders.addOrder()
  const first = await pay(order, 'slow')
  const second = await pay(order, 'success')
  expect(second.status).toBe(409)
  expect(second.problem).toMatchObject({ type: api.paymentUnderWay.type, payment_id: first.body.id })
})

test('startPayment: of twenty at once for one order one is accepted and one charged', async () => {
  const order = orders.addOrder()
  const replies = await Promise.all(Array.from({ length: 20 }, () => pay(order)))
  expect(replies.filter(reply => reply.status === 201)).toHaveLength(1)
  expect(replies.filter(reply => reply.status === 409)).toHaveLength(19)
  const { body } = replies.find(reply => reply.status === 201)!
  await it.eventually(async () => await statusOf(order, body.id) === 'succeeded')
  expect(await bookOf(order)).toEqual({ charged: 1, refunded: 0 })
})

test('startPayment: the same key answers the same payment, another body with it is refused', async () => {
  const order = orders.addOrder()
  const first = await pay(order, 'success', { key: 'k-1' })
  const again = await pay(order, 'success', { key: 'k-1' })
  expect(again.status).toBe(201)
  expect(again.body).toEqual(first.body)
  expect((await pay(order, 'declined', { key: 'k-1' })).status).toBe(422)
})

test('startPayment: an order that is paid, ended or over cannot be paid', async () => {
  for (const status of ['completed', 'canceled', 'expired', 'refunded'] as const) {
    const reply = await pay(orders.addOrder({ status }))
    expect(reply.status).toBe(409)
    expect(reply.problem).toMatchObject({ type: api.orderNotPayable.type, order_status: status })
  }
  const over = await pay(orders.addOrder({ expires_at: new Date(Date.now() - 1000).toISOString() }))
  expect(over.problem).toMatchObject({ type: api.orderNotPayable.type, order_status: 'expired' })
  // Orders has not heard yet that it is paid; payments knows.
  const paid = orders.addOrder()
  await payUntil(paid, 'success', 'succeeded')
  const again = await pay(paid)
  expect(again.problem).toMatchObject({ type: api.orderNotPayable.type, order_status: 'completed' })
})

test('startPayment: neither an amount nor an unknown card or provider can be sent', async () => {
  const order = orders.addOrder()
  const body = bodyFor(order, 'success')
  for (const wrong of [
    { ...body, amount_minor: 1 }, { ...body, provider: 'free' }, { ...body, method: { test_card: 'gold' } },
    { ...body, method: {} }, { ...body, order_id: 'x' }, {},
  ]) expect((await pay(order, '', { body: wrong })).status).toBe(400)
})

test('startPayment: only the owner of an order can pay it, for others it does not exist', async () => {
  const user_id = uuidv7()
  const order = orders.addOrder({ user_id })
  expect((await pay(order, 'success', { token: undefined })).status).toBe(401)
  expect((await pay(order, 'success', { token: it.orderToken(uuidv7()) })).status).toBe(404)
  expect((await pay(order, 'success', { token: await it.personToken() })).status).toBe(404)
  expect((await pay(order, 'success', { token: await admin() })).status).toBe(404)
  expect((await pay({ id: uuidv7() }, 'success', { token: await it.personToken({ user_id }) })).status).toBe(404)
  expect((await pay(order, 'success', { token: await it.personToken({ user_id }) })).status).toBe(201)
})

test('getPayment: owner, organiser and admin see it, for others it does not exist', async () => {
  const [user_id, member_id] = [uuidv7(), uuidv7()]
  const order = orders.addOrder({ user_id, organizer_member_ids: [member_id] })
  const { body } = await pay(order)
  const get = (token?: string) => it.send(api.getPayment, { params: { id: body.id }, token })
  expect((await get(it.orderToken(order.id))).status).toBe(200)
  expect((await get(await it.personToken({ user_id }))).status).toBe(200)
  expect((await get(await admin())).status).toBe(200)
  expect((await get(await it.personToken({ user_id: member_id, roles: ['event_creator'] }))).status).toBe(200)
  expect((await get(await it.personToken({ roles: ['event_creator'] }))).status).toBe(404)
  expect((await get(await it.personToken())).status).toBe(404)
  expect((await get(it.orderToken(uuidv7()))).status).toBe(404)
  expect((await get()).status).toBe(401)
  expect((await it.send(api.getPayment, { params: { id: uuidv7() }, token: await admin() })).status).toBe(404)
})

test('getPayment: a guest who signs up later sees what their account was given', async () => {
  const user_id = uuidv7()
  const order = orders.addOrder()
  const { body } = await pay(order)
  order.user_id = user_id
  const reply = await it.send(api.getPayment, { params: { id: body.id }, token: await it.personToken({ user_id }) })
  expect(reply.status).toBe(200)
})

test('listPayments: pages newest first, and a stranger cannot tell an order from none', async () => {
  const order = orders.addOrder()
  const ids: string[] = []
  for (let i = 0; i < 3; i++) ids.unshift(await payUntil(order, 'declined', 'failed'))
  const token = it.orderToken(order.id)
  const first = await it.send(api.listPayments, { query: { order_id: order.id, limit: 2 }, token })
  const cursor = first.body.next_cursor!
  const second = await it.send(api.listPayments, { query: { order_id: order.id, limit: 2, cursor }, token })
  expect([...first.body.items, ...second.body.items].map(item => item.id)).toEqual(ids)
  expect(second.body.next_cursor).toBeNull()
  const stranger = await it.personToken()
  const theirs = await it.send(api.listPayments, { query: { order_id: order.id }, token: stranger })
  const none = await it.send(api.listPayments, { query: { order_id: uuidv7() }, token: stranger })
  expect(theirs.body).toEqual(none.body)
  expect((await it.send(api.listPayments, { query: { order_id: order.id } })).status).toBe(401)
})

test('confirmPayment: the simulated provider waits for nobody, and a decided payment is past it', async () => {
  const order = orders.addOrder()
  const { body } = await pay(order, 'slow')
  const confirm = (token?: string) => it.send(api.confirmPayment, { params: { id: body.id }, token })
  const token = it.orderToken(order.id)
  expect((await confirm(token)).problem).toMatchObject({ type: api.nothingToConfirm.type, status: 409 })
  expect((await confirm(it.orderToken(uuidv7()))).status).toBe(404)
  expect((await confirm()).status).toBe(401)
  await it.eventually(async () => await statusOf(order, body.id) === 'succeeded')
  expect((await confirm(token)).problem).toMatchObject({ type: api.wrongState.type, payment_status: 'succeeded' })
})

test('refundPayment: gives back in parts until nothing is left, each told and posted', async () => {
  const member_id = uuidv7()
  const order = orders.addOrder({ organizer_member_ids: [member_id] })
  const id = await payUntil(order, 'success', 'succeeded')
  const token = await it.personToken({ user_id: member_id, roles: ['event_creator'] })
  const refund = (body: object) => it.send(api.refundPayment, { params: { id }, body, token })

  const part = await refund({ amount_minor: 1000, reason: 'One of two could not come' })
  expect(part.status).toBe(200)
  expect(part.body).toMatchObject({ status: 'succeeded', refunded_minor: 1000, refunded_at: null })
  const tooMuch = await refund({ amount_minor: 1501 })
  expect(tooMuch.problem).toMatchObject({ type: api.refundTooLarge.type, status: 409, refundable_minor: 1500, currency: 'EUR' })
  const rest = await refund({})
  expect(rest.body).toMatchObject({ status: 'refunded', refunded_minor: 2500 })
  expect(rest.body.refunded_at).not.toBeNull()
  expect((await refund({})).problem).toMatchObject({ type: api.wrongState.type, payment_status: 'refunded' })

  await it.eventually(async () => (await bookOf(order))?.refunded === 2500, 'the provider to send it back')
  await it.eventually(async () => (await balances(id)).provider_clearing === 0)
  expect(await balances(id)).toEqual({ provider_clearing: 0, organizer_payable: 0, refunds: 0 })
  const told = await it.eventually(async () => {
    const events = orders.heard.refunded.filter(event => event.payment_id === id)
    return events.length === 2 && events
  })
  expect(told.map(event => [event.refund_minor, event.refunded_minor, event.reason]))
    .toEqual([[1000, 1000, 'One of two could not come'], [1500, 2500, null]])
})

test('refundPayment: the same key gives back once, and ten at once never more than was paid', async () => {
  const order = orders.addOrder()
  const id = await payUntil(order, 'success', 'succeeded')
  const token = await admin()
  const refund = (body: object, key?: string) => it.send(api.refundPayment, { params: { id }, body, token, key })
  await refund({ amount_minor: 100 }, 'r-1')
  expect((await refund({ amount_minor: 100 }, 'r-1')).body.refunded_minor).toBe(100)

  const replies = await Promise.all(Array.from({ length: 10 }, () => refund({ amount_minor: 700 })))

  expect(replies.filter(reply => reply.status === 200)).toHaveLength(3)
  await it.eventually(async () => (await bookOf(order))?.refunded === 2200)
})

test('refundPayment: only the organiser and admins may; a pending or failed payment has nothing to give', async () => {
  const order = orders.addOrder({ user_id: uuidv7() })
  const { body } = await pay(order, 'declined', { token: it.orderToken(order.id) })
  const refund = (token?: string, id = body.id) => it.send(api.refundPayment, { params: { id }, body: {}, token })
  expect((await refund()).status).toBe(401)
  expect((await refund(it.orderToken(order.id))).status).toBe(401)
  expect((await refund(await it.personToken({ user_id: order.user_id! }))).status).toBe(403)
  expect((await refund(await it.personToken({ roles: ['event_creator'] }))).status).toBe(404)
  expect((await refund(await admin(), uuidv7())).status).toBe(404)
  await it.eventually(async () => await statusOf(order, body.id) === 'failed')
  expect((await refund(await admin())).problem).toMatchObject({ type: api.wrongState.type, payment_status: 'failed' })
  const zero = await it.send(api.refundPayment, { params: { id: body.id }, body: { amount_minor: 0 }, token: await admin() })
  expect(zero.status).toBe(400)
})

test('endOrders: a refunded order gets back what it has not got yet, once, however often it is told', async () => {
  const order = orders.addOrder()
  const id = await payUntil(order, 'success', 'succeeded')
  await it.send(api.refundPayment, { params: { id }, body: { amount_minor: 400 }, token: await admin() })
  const peer = it.context('orders')

  await Promise.all([orders.refund(peer, order), orders.refund(peer, order)])
  await orders.refund(peer, order)

  await it.eventually(async () => await statusOf(order, id) === 'refunded')
  await it.eventually(async () => (await bookOf(order))?.refunded === 2500)
  await it.eventually(async () => orders.heard.refunded.filter(one => one.payment_id === id).length === 2)
  expect(await bookOf(order)).toEqual({ charged: 1, refunded: 2500 })
})

test('returnPayments: a payment its order does not need goes back whole, once', async () => {
  const [order, other] = [orders.addOrder(), orders.addOrder()]
  const id = await payUntil(order, 'success', 'succeeded')
  const other_id = await payUntil(other, 'success', 'succeeded')
  const peer = it.context('orders')

  await Promise.all([1, 2].map(() => orders.giveBackPayment(peer, order, id)))
  // What is not a payment of that order is left alone.
  await orders.giveBackPayment(peer, order, other_id)

  await it.eventually(async () => (await bookOf(order))?.refunded === 2500)
  await it.eventually(async () => await statusOf(order, id) === 'refunded')
  const told = orders.heard.refunded.filter(one => one.payment_id === id)
  expect(told).toMatchObject([{ refund_minor: 2500, reason: 'paid_twice' }])
  expect(await statusOf(other, other_id)).toBe('succeeded')
})

test('endOrders: a payment that arrives after its order was canceled goes back by itself', async () => {
  const order = orders.addOrder()
  const { body } = await pay(order, 'slow')
  await it.eventually(async () => (await bookOf(order))?.charged === 1)
  await orders.cancel(it.context('orders'), order)

  await it.eventually(async () => await statusOf(order, body.id) === 'refunded')

  await it.eventually(async () => (await bookOf(order))?.refunded === 2500)
  expect(orders.heard.succeeded.filter(event => event.order_id === order.id)).toHaveLength(1)
})

test('endOrders: a payment the provider was never asked about ends with its order', async () => {
  const order = orders.addOrder()
  const id = uuidv7()
  // As a start leaves it when the process dies at once; its time to be asked is still ahead.
  await sql`insert into payments.payments (id, order_id, order_code, event_id, event_title, organizer_id, buyer, provider,
      method, amount_minor, currency, provider_key, hold_ends_at, next_ask_at)
    values (${id}, ${order.id}, ${order.code}, ${order.event_id}, 'x', ${order.organizer_id}, ${JSON.stringify(order.buyer)},
      'simulated', '{"test_card":"success"}', 2500, 'EUR', ${id}, now(), now() + interval '1 hour')`.execute(ctx.db)

  await orders.cancel(it.context('orders'), order)

  const event = await it.eventually(async () => orders.heard.failed.find(one => one.payment_id === id))
  expect(event.failure).toBe('order_ended')
  expect(await statusOf(order, id)).toBe('failed')
  expect(await bookOf(order)).toEqual({ charged: 0, refunded: 0 })
})

test('giveBack: the ledger refuses a transaction that does not balance, and every change', async () => {
  const order = orders.addOrder()
  const id = await payUntil(order, 'success', 'succeeded')
  const lopsided = ctx.transaction(tx => sql`insert into payments.ledger_entries
    (transaction_id, payment_id, account, debit_minor, currency) values (${uuidv7()}, ${id}, 'refunds', 1, 'EUR')`.execute(tx))
  await expect(lopsided).rejects.toThrow('does not balance')
  await expect(sql`update payments.ledger_entries set debit_minor = 1 where payment_id = ${id}`.execute(ctx.db)).rejects.toThrow('never changed')
  await expect(sql`delete from payments.ledger_entries where payment_id = ${id}`.execute(ctx.db)).rejects.toThrow('never changed')
})
