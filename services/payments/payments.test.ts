import * as api from '@fermata/contracts/payments'
import { uuidv7 } from '@fermata/platform/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  admin, balances, bodyFor, bookOf, it, orders, pay, payUntil, startPayments, statusOf,
} from './test/running-payments.ts'

/** startPayment, getPayment, listPayments and confirmPayment, over HTTP and by events. */

beforeAll(startPayments)
afterAll(() => it.stop())

test('startPayment: is pending at first and succeeds in the background, told to orders with the amount of the order', async () => {
  const order = orders.addOrder({ total_minor: 4250, currency: 'JPY' })
  const started = await pay(order)
  expect(started.status).toBe(201)
  expect(started.body).toMatchObject({
    order_id: order.id,
    order_code: order.code,
    status: 'pending',
    amount_minor: 4250,
    currency: 'JPY',
    refunded_minor: 0,
    failure: null,
    needs_confirmation: false,
    succeeded_at: null,
  })

  const event = await it.eventually(async () =>
    orders.heard.succeeded.find(one => one.order_id === order.id)
  )

  expect(event).toMatchObject({ payment_id: started.body.id, amount_minor: 4250, currency: 'JPY',
    event_title: order.event_title, buyer: order.buyer })
  expect(await statusOf(order, started.body.id)).toBe('succeeded')
  expect(await balances(started.body.id)).toEqual({
    provider_clearing: 4250,
    organizer_payable: -4250,
  })
})

test('startPayment: a declined card fails, says why, moves no money, and another try may follow', async () => {
  const order = orders.addOrder()
  const first = await payUntil(order, 'declined', 'failed')
  const failed = await it.send(api.getPayment, {
    params: { id: first },
    token: it.orderToken(order.id),
  })
  expect(failed.body).toMatchObject({ failure: 'declined', succeeded_at: null })
  expect(failed.body.failed_at).not.toBeNull()
  await it.eventually(async () => orders.heard.failed.find(one => one.payment_id === first))
  expect(await balances(first)).toEqual({})

  await payUntil(order, 'success', 'succeeded')

  const list = await it.send(api.listPayments, {
    query: { order_id: order.id },
    token: it.orderToken(order.id),
  })
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
  expect(second.problem).toMatchObject({
    type: api.paymentUnderWay.type,
    payment_id: first.body.id,
  })
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
  for (
    const wrong of [
      { ...body, amount_minor: 1 },
      { ...body, provider: 'free' },
      { ...body, method: { test_card: 'gold' } },
      { ...body, method: {} },
      { ...body, order_id: 'x' },
      {},
    ]
  ) expect((await pay(order, '', { body: wrong })).status).toBe(400)
})

test('startPayment: only the owner of an order can pay it, for others it does not exist', async () => {
  const user_id = uuidv7()
  const order = orders.addOrder({ user_id })
  expect((await pay(order, 'success', { token: undefined })).status).toBe(401)
  expect((await pay(order, 'success', { token: it.orderToken(uuidv7()) })).status).toBe(404)
  expect((await pay(order, 'success', { token: await it.personToken() })).status).toBe(404)
  expect((await pay(order, 'success', { token: await admin() })).status).toBe(404)
  expect(
    (await pay({ id: uuidv7() }, 'success', { token: await it.personToken({ user_id }) })).status,
  ).toBe(404)
  expect((await pay(order, 'success', { token: await it.personToken({ user_id }) })).status).toBe(
    201,
  )
})

test('getPayment: owner, organiser and admin see it, for others it does not exist', async () => {
  const [user_id, member_id] = [uuidv7(), uuidv7()]
  const order = orders.addOrder({ user_id, organizer_owner_ids: [member_id] })
  const { body } = await pay(order)
  const get = (token?: string) => it.send(api.getPayment, { params: { id: body.id }, token })
  expect((await get(it.orderToken(order.id))).status).toBe(200)
  expect((await get(await it.personToken({ user_id }))).status).toBe(200)
  expect((await get(await admin())).status).toBe(200)
  expect((await get(await it.personToken({ user_id: member_id, roles: ['event_creator'] }))).status)
    .toBe(200)
  expect((await get(await it.personToken({ roles: ['event_creator'] }))).status).toBe(404)
  expect((await get(await it.personToken())).status).toBe(404)
  expect((await get(it.orderToken(uuidv7()))).status).toBe(404)
  expect((await get()).status).toBe(401)
  expect((await it.send(api.getPayment, { params: { id: uuidv7() }, token: await admin() })).status)
    .toBe(404)
})

test('getPayment: a guest who signs up later sees what their account was given', async () => {
  const user_id = uuidv7()
  const order = orders.addOrder()
  const { body } = await pay(order)
  order.user_id = user_id
  const reply = await it.send(api.getPayment, {
    params: { id: body.id },
    token: await it.personToken({ user_id }),
  })
  expect(reply.status).toBe(200)
})

test('listPayments: pages newest first, and a stranger cannot tell an order from none', async () => {
  const order = orders.addOrder()
  const ids: string[] = []
  for (let i = 0; i < 3; i++) ids.unshift(await payUntil(order, 'declined', 'failed'))
  const token = it.orderToken(order.id)
  const first = await it.send(api.listPayments, { query: { order_id: order.id, limit: 2 }, token })
  const cursor = first.body.next_cursor!
  const second = await it.send(api.listPayments, {
    query: { order_id: order.id, limit: 2, cursor },
    token,
  })
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
  const confirm = (token?: string) =>
    it.send(api.confirmPayment, { params: { id: body.id }, token })
  const token = it.orderToken(order.id)
  expect((await confirm(token)).problem).toMatchObject({
    type: api.nothingToConfirm.type,
    status: 409,
  })
  expect((await confirm(it.orderToken(uuidv7()))).status).toBe(404)
  expect((await confirm()).status).toBe(401)
  await it.eventually(async () => await statusOf(order, body.id) === 'succeeded')
  expect((await confirm(token)).problem).toMatchObject({
    type: api.wrongState.type,
    payment_status: 'succeeded',
  })
})

test('getPaidStates: tells orders alone how far payments got', async () => {
  const [paid, refused, untried] = [orders.addOrder(), orders.addOrder(), orders.addOrder()]
  await payUntil(paid, 'success', 'succeeded')
  await payUntil(refused, 'declined', 'failed')
  const body = { order_ids: [paid.id, refused.id, untried.id] }
  const token = await it.serviceToken('payments', 'orders')
  const { items } = (await it.send(api.getPaidStates, { token, body })).body
  expect(items.map(one => [one.order_id, one.status, one.amount_minor]).toSorted()).toEqual(
    [[paid.id, 'succeeded', paid.total_minor], [refused.id, 'failed', refused.total_minor]].toSorted())
  expect((await it.send(api.getPaidStates, { token: await admin(), body })).status).toBe(401)
  const gateway = await it.serviceToken('payments', 'gateway')
  expect((await it.send(api.getPaidStates, { token: gateway, body })).status).toBe(401)
})
