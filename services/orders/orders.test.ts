import * as api from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import service from './service.ts'
import { buyer, orderOf, seedEvent, seedTicketType, sumsOf } from './test/seed.ts'

/** Reading and canceling orders. */

let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('orders')
})
afterAll(() => it.stop())

type SeededType = { id: string, event_id: string }

async function buy (
  type: SeededType, options: { token?: string, quantity?: number, email?: string } = {}
) {
  const { token, quantity = 1, email = buyer.email } = options
  const { status, body } = await it.send(
    api.placeOrder,
      { token, body: { ...orderOf(type, quantity), buyer: { ...buyer, email } } })
  expect(status).toBe(201)
  return body
}

/** An event of an organiser with one member, and a type of it. */
async function seedManaged () {
  const member_id = uuidv7()
  const event = await seedEvent(ctx, { owner_ids: [member_id] })
  return { member_id, event, type: await seedTicketType(ctx, { event_id: event.id }) }
}

const organizer = (user_id = uuidv7()) => it.personToken({ user_id, roles: ['event_creator'] })

describe('getOrder: who may see an order', () => {
  test('its buyer, its token, its organiser, an administrator and nobody else', async () => {
    const { type, member_id } = await seedManaged()
    const user_id = uuidv7()
    const order = await buy(type, { token: await it.personToken({ user_id }) })
    const ask = (token?: string) => it.send(api.getOrder, { params: { id: order.id }, token })

    for (const token of [order.access_token, await it.personToken({ user_id }),
      await organizer(member_id),
      await it.personToken({ roles: ['admin'] })]) {
      expect(await ask(token))
        .toMatchObject({ status: 200, body: { id: order.id, code: order.code } })
    }
    const other = await buy(type)
    for (const token of [other.access_token, await it.personToken(), await organizer(),
      // A former event creator who is still listed as a member, and whose role was taken away.
      await it.personToken({ user_id: member_id })]) {
      expect(await ask(token)).toMatchObject({ status: 404, problem: { type: '/problems/request/not-found' } })
    }
    expect((await ask()).status).toBe(401)
  })

  test('a guest\'s order belongs to the person who has verified its address', async () => {
    const { type } = await seedManaged()
    const order = await buy(type, { email: 'Late.Joiner@example.com' })
    const ask = async (person: object) =>
      (await it.send(api.getOrder,
        { params: { id: order.id }, token: await it.personToken(person) })).status
    expect(await ask({ email: 'late.joiner@example.com', email_verified: true })).toBe(200)
    expect(await ask({ email: 'late.joiner@example.com', email_verified: false })).toBe(404)
    expect(await ask({ email: 'someone@example.com', email_verified: true })).toBe(404)
    const theirs = await buy(type, { email: 'late.joiner@example.com', token: await it.personToken() })
    expect((await it.send(api.getOrder, { params: { id: theirs.id },
      token: await it.personToken({ email: 'late.joiner@example.com' }) })).status).toBe(404)
  })

  test('an id that is none is refused', async () => {
    expect((await it.send(api.getOrder,
      { params: { id: 'x' }, token: await it.personToken() })).status).toBe(400)
    expect((await it.send(api.getOrder,
      { params: { id: uuidv7() }, token: await it.personToken() })).status).toBe(404)
  })
})

describe('listOrders: pages', () => {
  test('one\'s own, newest first, page by page and by state', async () => {
    const { type } = await seedManaged()
    const token = await it.personToken({ email: 'pages@example.com' })
    const mine = [await buy(type, { token }), await buy(type, { email: 'pages@example.com' }),
      await buy(type, { token })]
    await buy(type)
    await it.send(api.cancelOrder, { params: { id: mine[1]!.id }, token })

    const first = await it.send(api.listOrders, { token, query: { limit: 2 } })
    expect(first.body.items.map(order => order.id)).toEqual([mine[2]!.id, mine[1]!.id])
    const second = await it.send(
      api.listOrders, { token, query: { limit: 2, cursor: first.body.next_cursor! } })
    expect(second.body).toMatchObject({ items: [{ id: mine[0]!.id }], next_cursor: null })
    const canceled = await it.send(api.listOrders, { token, query: { status: 'canceled' } })
    expect(canceled.body.items.map(order => order.id)).toEqual([mine[1]!.id])
    expect((await it.send(api.listOrders,
      { token: await it.personToken({ email: 'pages@example.com', email_verified: false }) }))
      .body.items).toEqual([])
  })

  test('all of an event for who manages it, one\'s own for others', async () => {
    const { type, event, member_id } = await seedManaged()
    const token = await it.personToken()
    const orders = [await buy(type), await buy(type, { token }), await buy(type)]
    const ask = async (as: string) =>
      (await it.send(api.listOrders, { token: as, query: { event_id: event.id } })).body.items
        .map(order => order.id)
    const all = orders.map(order => order.id).toReversed()
    expect(await ask(await organizer(member_id))).toEqual(all)
    expect(await ask(await it.personToken({ roles: ['admin'] }))).toEqual(all)
    expect(await ask(await organizer())).toEqual([])
    expect(await ask(token)).toEqual([orders[1]!.id])
  })

  test('nobody without a person\'s token, and no cursor of another making', async () => {
    expect((await it.send(api.listOrders, {})).status).toBe(401)
    expect((await it.send(api.listOrders, { token: it.orderToken(uuidv7()) })).status).toBe(401)
    const token = await it.personToken()
    for (const cursor of ['nonsense', Buffer.from('{"id":"1 or 1=1"}').toString('base64url'), Buffer.from('{}').toString('base64url')]) {
      expect((await it.send(api.listOrders, { token, query: { cursor } })).status).toBe(400)
    }
    expect((await it.send(api.listOrders, { token, query: { limit: 101 } })).status).toBe(400)
  })
})

describe('cancelOrder: gives up a pending order', () => {
  test('its tickets are free at once and others are told who did it', async () => {
    const { type, member_id } = await seedManaged()
    const orders = [await buy(type, { quantity: 2 }), await buy(type, { quantity: 3 })]
    expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 5 })

    const by_buyer = await it.send(
      api.cancelOrder, { params: { id: orders[0]!.id }, token: orders[0]!.access_token })
    const by_organizer = await it.send(
      api.cancelOrder, { params: { id: orders[1]!.id }, token: await organizer(member_id) })

    expect(by_buyer).toMatchObject(
      { status: 200, body: { status: 'canceled', canceled_at: expect.any(String) } })
    expect(by_organizer.status).toBe(200)
    expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, orders: 0 })
    const told = await ctx.db.selectFrom('orders.outbox_events').select('data').where('type', '=', api.orderCanceled.type)
      .execute()
    const reasons = told.map(row => row.data as { order_id: string, reason: string })
      .filter(data => orders.some(order => order.id === data.order_id)).map(data => data.reason)
    expect(reasons.toSorted()).toEqual(['buyer', 'organizer'])
  })

  test('twice is refused with the state, ten at once give back once', async () => {
    const { type } = await seedManaged()
    const order = await buy(type, { quantity: 2 })
    await buy(type, { quantity: 4 })
    const replies = await Promise.all(Array.from({ length: 10 }, () =>
      it.send(api.cancelOrder, { params: { id: order.id }, token: order.access_token })))
    expect(replies.filter(reply => reply.status === 200)).toHaveLength(1)
    expect(replies.find(reply => reply.status !== 200)).toMatchObject({ status: 409,
      problem: { type: api.wrongState.type, order_status: 'canceled' } })
    expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 4 })
  })

  test('not by strangers', async () => {
    const { type } = await seedManaged()
    const order = await buy(type)
    for (const token of [await it.personToken(), await organizer(), it.orderToken(uuidv7())]) {
      expect((await it.send(api.cancelOrder, { params: { id: order.id }, token })).status).toBe(404)
    }
    expect((await it.send(api.cancelOrder, { params: { id: order.id } })).status).toBe(401)
    expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 1 })
  })
})

describe('getOrdersForPayment: for other services only', () => {
  test('tells what must be paid and who may refund it', async () => {
    const { type, event, member_id } = await seedManaged()
    const order = await buy(type, { quantity: 3 })
    const { status, body } = await it.send(api.getOrdersForPayment,
      { body: { order_ids: [order.id] }, token: await it.serviceToken('orders', 'payments') })
    expect(status).toBe(200)
    expect(body.items).toEqual([
      { id: order.id, code: order.code, status: 'pending', event_id: event.id, event_title: event.title,
      organizer_id: event.organizer_id, organizer_owner_ids: [member_id], total_minor: 3000,
        currency: 'EUR', buyer,
      user_id: null, expires_at: order.expires_at }])
  })

  test('answers for many orders of several events at once, and leaves out what is not there', async () => {
    const types = [(await seedManaged()).type, (await seedManaged()).type]
    const placed = [await buy(types[0]!), await buy(types[1]!), await buy(types[0]!)]
    const { body } = await it.send(api.getOrdersForPayment, {
      body: { order_ids: [uuidv7(), ...placed.map(order => order.id)] },
      token: await it.serviceToken('orders', 'payments') })
    expect(body.items.map(one => [one.id, one.event_id]).toSorted())
      .toEqual(placed.map(order => [order.id, order.event_id]).toSorted())
  })

  test('is closed to people and to services with a token for somebody else', async () => {
    const { type } = await seedManaged()
    const { id, access_token } = await buy(type)
    for (const token of [undefined, access_token, await it.personToken({ roles: ['admin'] }),
      await it.serviceToken('payments')]) {
      const request = { body: { order_ids: [id] }, token }
      expect((await it.send(api.getOrdersForPayment, request)).status).toBe(401)
    }
  })
})
