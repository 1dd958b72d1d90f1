import { credentialsDeleted } from '@fermata/contracts/auth'
import { erasedBuyer } from '@fermata/contracts/fields'
import * as api from '@fermata/contracts/payments'
import { stepUpNeeded } from '@fermata/contracts/problems'
import { addressErased } from '@fermata/contracts/users'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  admin, balances, bookOf, ctx, it, orders, pay, payUntil, startPayments, statusOf,
} from './test/running-payments.ts'

/** refundPayment, endOrders, returnPayments and giveBack: money on its way back. */

beforeAll(startPayments)
afterAll(() => it.stop())

test('refundPayment: gives back in parts until nothing is left, each told and posted', async () => {
  const member_id = uuidv7()
  const order = orders.addOrder({ organizer_owner_ids: [member_id] })
  const id = await payUntil(order, 'success', 'succeeded')
  const token = await it.personToken({ user_id: member_id, roles: ['event_creator'] })
  const refund = (body: object) => it.send(api.refundPayment, { params: { id }, body, token })

  const part = await refund({ amount_minor: 1000, reason: 'One of two could not come' })
  expect(part.status).toBe(200)
  expect(part.body).toMatchObject({ status: 'succeeded', refunded_minor: 1000, refunded_at: null })
  const tooMuch = await refund({ amount_minor: 1501 })
  expect(tooMuch.problem).toMatchObject({
    type: api.refundTooLarge.type,
    status: 409,
    refundable_minor: 1500,
    currency: 'EUR',
  })
  const rest = await refund({})
  expect(rest.body).toMatchObject({ status: 'refunded', refunded_minor: 2500 })
  expect(rest.body.refunded_at).not.toBeNull()
  expect((await refund({})).problem).toMatchObject({
    type: api.wrongState.type,
    payment_status: 'refunded',
  })

  await it.eventually(
    async () => (await bookOf(order))?.refunded === 2500,
    'the provider to send it back',
  )
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
  const refund = (body: object, key?: string) =>
    it.send(api.refundPayment, { params: { id }, body, token, key })
  await refund({ amount_minor: 100 }, 'r-1')
  expect((await refund({ amount_minor: 100 }, 'r-1')).body.refunded_minor).toBe(100)

  const replies = await Promise.all(Array.from({ length: 10 }, () => refund({ amount_minor: 700 })))

  expect(replies.filter(reply => reply.status === 200)).toHaveLength(3)
  await it.eventually(async () => (await bookOf(order))?.refunded === 2200)
})

test('refundPayment: only the organiser and admins may; a pending or failed payment has nothing to give', async () => {
  const order = orders.addOrder({ user_id: uuidv7() })
  const { body } = await pay(order, 'declined', { token: it.orderToken(order.id) })
  const refund = (token?: string, id = body.id) =>
    it.send(api.refundPayment, { params: { id }, body: {}, token })
  expect((await refund()).status).toBe(401)
  expect((await refund(it.orderToken(order.id))).status).toBe(401)
  expect((await refund(await it.personToken({ user_id: order.user_id! }))).status).toBe(403)
  expect((await refund(await it.personToken({ roles: ['event_creator'] }))).status).toBe(404)
  expect((await refund(await admin(), uuidv7())).status).toBe(404)
  await it.eventually(async () => await statusOf(order, body.id) === 'failed')
  expect((await refund(await admin())).problem).toMatchObject({
    type: api.wrongState.type,
    payment_status: 'failed',
  })
  const zero = await it.send(api.refundPayment, {
    params: { id: body.id },
    body: { amount_minor: 0 },
    token: await admin(),
  })
  expect(zero.status).toBe(400)
})

test('endOrders: a refunded order gets back what it has not got yet, once, however often it is told', async () => {
  const order = orders.addOrder()
  const id = await payUntil(order, 'success', 'succeeded')
  await it.send(api.refundPayment, {
    params: { id },
    body: { amount_minor: 400 },
    token: await admin(),
  })
  const peer = it.context('orders')

  await Promise.all([orders.refund(peer, order), orders.refund(peer, order)])
  await orders.refund(peer, order)

  await it.eventually(async () => await statusOf(order, id) === 'refunded')
  await it.eventually(async () => (await bookOf(order))?.refunded === 2500)
  await it.eventually(async () =>
    orders.heard.refunded.filter(one => one.payment_id === id).length === 2
  )
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
    values (${id}, ${order.id}, ${order.code}, ${order.event_id}, 'x', ${order.organizer_id}, ${
    JSON.stringify(order.buyer)
  },
      'simulated', '{"test_card":"success"}', 2500, 'EUR', ${id}, now(), now() + interval '1 hour')`.run(ctx.db)

  await orders.cancel(it.context('orders'), order)

  const event = await it.eventually(async () =>
    orders.heard.failed.find(one => one.payment_id === id)
  )
  expect(event.failure).toBe('order_ended')
  expect(await statusOf(order, id)).toBe('failed')
  expect(await bookOf(order)).toEqual({ charged: 0, refunded: 0 })
})

test('giveBack: the ledger refuses a transaction that does not balance, and every change', async () => {
  const order = orders.addOrder()
  const id = await payUntil(order, 'success', 'succeeded')
  const lopsided = ctx.transaction(tx =>
    sql`insert into payments.ledger_entries
    (transaction_id, payment_id, account, debit_minor, currency) values (${uuidv7()}, ${id}, 'refunds', 1, 'EUR')`.run(tx)
  )
  await expect(lopsided).rejects.toThrow('does not balance')
  await expect(
    sql`update payments.ledger_entries set debit_minor = 1 where payment_id = ${id}`.run(ctx.db),
  ).rejects.toThrow('never changed')
  await expect(sql`delete from payments.ledger_entries where payment_id = ${id}`.run(ctx.db))
    .rejects.toThrow('never changed')
})

test('refundPayment: above the limit of an hour it asks for a step-up, in one piece or in ten', async () => {
  const order = orders.addOrder({ total_minor: 40_000 })
  const id = await payUntil(order, 'success', 'succeeded')
  const user_id = uuidv7()
  const old_s = Math.floor(Date.now() / 1000) - 3600
  const token = await it.personToken({ user_id, roles: ['admin'], confirmed_at_s: old_s })
  const refund = (amount_minor: number, as = token) =>
    it.send(api.refundPayment, { params: { id }, body: { amount_minor }, token: as })

  const whole = await refund(10_001)
  expect([whole.status, whole.problem.type]).toEqual([403, stepUpNeeded.type])
  const parts = await Promise.all(Array.from({ length: 10 }, () => refund(2000)))
  expect(parts.map(part => part.status).toSorted())
    .toEqual([200, 200, 200, 200, 200, 403, 403, 403, 403, 403])
  expect((await refund(1)).status).toBe(403)
  expect((await refund(10_001, await it.personToken({ user_id, roles: ['admin'] }))).status).toBe(200)
})

test('forgetPayers: forgetAddresses: the books stay and do not say who paid', async () => {
  const user_id = uuidv7()
  const buyer = (email: string) => ({ name: 'Pat Payer', email, locale: 'en' as const })
  const [own, guest] = [orders.addOrder({ user_id, buyer: buyer('own@example.com') }),
    orders.addOrder({ buyer: buyer('Guest.Payer@example.com') })]
  const ids = [await payUntil(own, 'success', 'succeeded'),
    await payUntil(guest, 'success', 'succeeded')]
  await ctx.transaction(async tx => {
    await ctx.publish(tx, credentialsDeleted,
      [{ user_id, email: 'own@example.com', deleted_at: new Date().toISOString() }])
    await ctx.publish(tx, addressErased,
      [{ address: 'guest.payer@example.com', erased_at: new Date().toISOString() }])
  })
  await it.eventually(async () => (await sql<{ n: number }>`
    select count(*) as n from payments.payments where id = any(${ids}::uuid[]) and user_id is null
      and buyer ->> 'email' = ${erasedBuyer.email} and buyer ->> 'locale' = 'en'`.one(ctx.db)).n === 2)
  for (const id of ids) expect((await balances(id)).organizer_payable).not.toBe(0)
})
