import { lookUpOrders, placeOrder } from '@fermata/contracts/orders'
import { getPaidStates } from '@fermata/contracts/payments'
import { uuidv7 } from '@fermata/platform/ids'
import { defineService, route, type Context, type Operation } from '@fermata/platform/service'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { eventsPeer } from '../test/peers.ts'
import { buyer, orderOf, seedEvent, seedTicketType } from '../test/seed.ts'

let it: TestSystem
let is_away = false

/** Payments as the box office sees it: each order was paid, or it does not answer. */
const paidStates: Operation<typeof getPaidStates, Context> = (_ctx, { body }) => {
  if (is_away) throw new Error('away')
  return Promise.resolve({ items: body.order_ids.map(order_id =>
    ({ order_id, status: 'succeeded' as const, amount_minor: 1500, refunded_minor: 0 })) })
}

beforeAll(async () => {
  const payments = defineService<Context>({ name: 'payments', routes: [route(getPaidStates, paidStates)] })
  it = await startTestSystem([service, eventsPeer().service, payments], { LOG_LEVEL: 'fatal' })
})
afterAll(() => it.stop())

async function sold () {
  const ctx = it.context<Ctx>('orders')
  const owner_id = uuidv7()
  const event = await seedEvent(ctx, { owner_ids: [owner_id] })
  const type = await seedTicketType(ctx, { event_id: event.id, price_minor: 1500 })
  const place = async (name: string) => (await it.send(placeOrder, { body: {
    ...orderOf(type), buyer: { ...buyer, name, email: `${uuidv7()}@example.com` } } })).body
  const token = await it.personToken({ user_id: owner_id, roles: ['event_creator'] })
  const ask = async (question: object, as = token) =>
    it.send(lookUpOrders, { token: as, body: { event_id: event.id, ...question } })
  return { place, ask }
}

test('lookUpOrders: finds by number, name and email, newest first, and what was named', async () => {
  const { place, ask } = await sold()
  const [ann, bob] = [await place('Ann Look_up'), await place('Bob Other')]
  const codes = async (question: object) => (await ask(question)).body.items.map(item => item.code)
  expect(await codes({ q: ann.code.toLowerCase() })).toEqual([ann.code])
  expect(await codes({ q: 'look_' })).toEqual([ann.code])
  expect(await codes({ q: bob.buyer.email.slice(0, 30).toUpperCase() })).toEqual([bob.code])
  expect(await codes({ q: 'o' })).toEqual([bob.code, ann.code])
  expect(await codes({ q: '%' })).toEqual([])
  expect(await codes({ order_ids: [ann.id] })).toEqual([ann.code])
  expect(await codes({})).toEqual([])
})

test('lookUpOrders: tells what was paid, and goes on where nobody can say', async () => {
  const { place, ask } = await sold()
  const { id } = await place('Ann')
  expect((await ask({ order_ids: [id] })).body.items).toMatchObject(
    [{ status: 'pending', quantity: 1, payments: [{ status: 'succeeded', amount_minor: 1500 }] }])
  is_away = true
  expect((await ask({ order_ids: [id] })).body.items).toMatchObject([{ id, payments: null }])
  is_away = false
})

test('lookUpOrders: whoever does not work there finds no event, and orders of others are not found', async () => {
  const [one, other] = [await sold(), await sold()]
  const { id, access_token } = await one.place('Ann')
  expect((await other.ask({ order_ids: [id] })).body.items).toEqual([])
  const stranger = await it.personToken({ roles: ['event_creator', 'user'] })
  expect((await one.ask({ order_ids: [id] }, stranger)).status).toBe(404)
  expect((await one.ask({ order_ids: [id] }, access_token)).status).toBe(401)
})
