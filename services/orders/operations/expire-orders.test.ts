import type { DataOf } from '@fermata/contracts/define'
import { eventCanceled } from '@fermata/contracts/events'
import * as api from '@fermata/contracts/orders'
import type { paymentSucceeded } from '@fermata/contracts/payments'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, testSecrets, type TestSystem } from '@fermata/testkit/start'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { Ctx } from '../context.ts'
import { moveOrders } from '../move-orders.ts'
import { lockEvents } from '../queries/events.ts'
import { releaseHolds } from '../queries/expiry.ts'
import { findOrders } from '../queries/orders.ts'
import service from '../service.ts'
import { buyer, orderOf, seedEvent, seedHolds, seedPool, seedPromo, seedTicketType, sumsOf, usesOf,
} from '../test/seed.ts'
import { completeOrders } from './complete-orders.ts'
import { releaseDueOf, sweepHolds, tellExpired } from './expire-orders.ts'

/** Very many holds that end together, and everybody who may come across one that is over. */

let it: TestSystem
let ctx: Ctx
const secrets = testSecrets()

beforeAll(async () => {
  // Nothing sweeps but what a test calls.
  it = await startTestSystem([{ ...service, timers: [] }], secrets)
  ctx = it.context<Ctx>('orders')
})
afterEach(() => { vi.useRealTimers() })
afterAll(() => it.stop())

const place = (body: unknown) => it.send(api.placeOrder, { body })

async function buy (type: { id: string, event_id: string }, quantity = 1) {
  const { status, body } = await place(orderOf(type, quantity))
  expect(status).toBe(201)
  return body
}

const stateOf = async (order_id: string) =>
  (await it.send(api.getOrder, { params: { id: order_id }, token: it.orderToken(order_id) })).body

const endHold = (order: api.PlacedOrder) =>
  sql`update orders.orders set expires_at = clock_timestamp() where id = ${order.id}`.run(ctx.db)

const paid = (order: api.PlacedOrder): DataOf<typeof paymentSucceeded> => ({
  payment_id: uuidv7(), order_id: order.id, order_code: order.code, event_id: order.event_id,
  event_title: order.event_title, user_id: null, buyer, provider: 'simulated',
  amount_minor: order.total_minor, currency: order.currency,
  succeeded_at: new Date().toISOString() })

/** Hands payments to their handler in a transaction, as the inbox does. */
const pay = (orders: api.PlacedOrder[]) => ctx.transaction(tx => completeOrders(ctx, tx,
  orders.map(order => ({ id: uuidv7(), data: paid(order), request_id: null, created_at: '' }))))

const toldOf = (event_id: string) => sql<{ order_id: string, expired_at: string }>`
  select data ->> 'order_id' as order_id, data ->> 'expired_at' as expired_at from orders.outbox_events
   where type = ${api.orderExpired.type} and data ->> 'event_id' = ${event_id}`.rows(ctx.db)

test('sweepHolds: 6,000 holds that end in one second are free after one sweep, and told of once each', async () => {
  const type = await seedTicketType(ctx, { capacity: 6000 })
  const first = await seedHolds(ctx, type, { count: 6000, ended_seconds_ago: 10 })
  const running = await seedHolds(ctx, await seedTicketType(ctx, { event_id: type.event_id }),
    { count: 7, ended_seconds_ago: -600 })

  await sweepHolds(ctx)

  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, tickets: 0 })
  const { event_id } = type
  const { body: { items } } = await it.send(api.listTicketTypes, { query: { event_id } })
  expect(items.map(one => one.available)).toEqual([6000, 93])
  const [over, still] = [await stateOf(first[5999]!), await stateOf(running[0]!)]
  expect(over).toMatchObject({ status: 'expired', expired_at: over.expires_at })
  expect(still).toMatchObject({ status: 'pending', expired_at: null })
  // They are told of little by little, by as many processes as there are.
  for (let turn = 0; turn < 25; turn++) await Promise.all([tellExpired(ctx), tellExpired(ctx)])
  const told = await toldOf(type.event_id)
  expect(new Set(told.map(one => one.order_id))).toEqual(new Set(first))
  expect(told).toHaveLength(6000)
  const { expires_at, expired_at } = await stateOf(first[0]!)
  expect(expired_at).toBe(expires_at)
})

test('placeOrder: with nothing that sweeps, buyers take the tickets of 6,000 holds that are over', async () => {
  const type = await seedTicketType(ctx, { capacity: 6000 })
  const other = await seedTicketType(ctx, { event_id: type.event_id, capacity: 3 })
  await seedHolds(ctx, type, { count: 6000, ended_seconds_ago: 10 })
  // What this buyer wants was the last to end: the others before it must not be in the way.
  await seedHolds(ctx, other, { count: 3, ended_seconds_ago: 5 })
  await buy(other, 3)

  const replies = await Promise.all(Array.from({ length: 620 }, () => place(orderOf(type, 10))))

  expect(replies.filter(reply => reply.status === 201)).toHaveLength(600)
  expect(replies.filter(reply => reply.status === 409)).toHaveLength(20)
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 6000, tickets: 6000, orders: 600 })
  expect(await sumsOf(ctx, other.id)).toMatchObject({ held: 3, tickets: 3, orders: 1 })
})

test('releaseHolds: pools that are shared, the event\'s and budgets of codes get back what was theirs', async () => {
  const event = await seedEvent(ctx)
  const room = await seedPool(ctx, event.id, 100)
  const [adult, child] = [await seedTicketType(ctx, { event_id: event.id, pool_ids: [room] }),
    await seedTicketType(ctx, { event_id: event.id, pool_ids: [room], max_per_buyer: 4 })]
  const promo = await seedPromo(ctx, { event_id: event.id, max_uses: 2 })
  const items = [adult, child].map(type => ({ ticket_type_id: type.id, quantity: 4 }))
  const { body: mixed } = await place({ ...orderOf(adult), items, promo_code: 'SPRING' })
  const kept = await buy(adult, 2)
  expect((await place(orderOf(child))).problem).toMatchObject({ scope: 'buyer' })
  await endHold(mixed)

  expect(await releaseDueOf(ctx, event.id)).toBe(1)
  expect(await releaseDueOf(ctx, event.id)).toBe(0)

  const rows = await sql`select held from orders.pools where id = ${room}`.rows(ctx.db)
  expect(rows).toEqual([{ held: 2 }])
  expect(await usesOf(ctx, promo)).toEqual({ used: 0, by_orders: 0 })
  expect(await sumsOf(ctx, adult.id)).toMatchObject({ held: 2, tickets: 2 })
  await buy(child, 4)
  expect((await stateOf(kept.id)).status).toBe('pending')
})

test('sweepHolds: an event whose counters are wrong keeps nobody else\'s holds', async () => {
  const types = [await seedTicketType(ctx), await seedTicketType(ctx), await seedTicketType(ctx)]
  for (const type of types) await seedHolds(ctx, type, { count: 3, ended_seconds_ago: 1 })
  const spoil = (held: number) => sql`update orders.pools set held = ${held} where id = ${types[0]!.id}`.run(ctx.db)
  await spoil(1)

  await sweepHolds(ctx)

  const held = () => Promise.all(types.map(async ({ id }) => (await sumsOf(ctx, id)).held))
  expect(await held()).toEqual([1, 0, 0])
  await spoil(3)
  await sweepHolds(ctx)
  expect(await held()).toEqual([0, 0, 0])
})

test('expireOrders: until it is told of, a released order is expired for whoever asks', async () => {
  const event = await seedEvent(ctx, { version: 1 })
  const type = await seedTicketType(ctx, { event_id: event.id })
  const over = await buy(type, 2)
  await endHold(over)
  await releaseDueOf(ctx, event.id)

  const cancel = await it.send(api.cancelOrder,
    { params: { id: over.id }, token: over.access_token })
  expect(cancel).toMatchObject({ status: 409, problem: { order_status: 'expired' } })
  const token = await it.personToken({ roles: ['admin'] })
  for (const [status, count] of [['expired', 1], ['pending', 0]] as const) {
    const query = { event_id: event.id, status, limit: 9 }
    const list = await it.send(api.listOrders, { query, token })
    expect(list.body.items.map(one => one.status)).toEqual(Array(count).fill(status))
  }
  await ctx.transaction(tx => ctx.publish(tx, eventCanceled, [{
    event: { ...event, status: 'canceled', version: 2 }, canceled_at: over.expires_at,
    reason: null }]))
  await it.eventually(async () => (await place(orderOf(type))).problem?.reason === 'canceled', 'the event to be canceled')
  expect(await stateOf(over.id)).toMatchObject({ status: 'expired', canceled_at: null })
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, sold: 0 })
})

test('expireOrders: the clock of the process may be an hour wrong, no hold ends early and none late', async () => {
  const type = await seedTicketType(ctx, { capacity: 2 })
  const held = await buy(type, 2)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
  await sweepHolds(ctx)
  expect((await place(orderOf(type))).status).toBe(409)
  expect((await stateOf(held.id)).status).toBe('pending')

  vi.setSystemTime(Date.now() - 2 * 3_600_000)
  await endHold(held)
  const next = await buy(type, 1)
  await endHold(next)
  await sweepHolds(ctx)

  expect((await stateOf(held.id)).status).toBe('expired')
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, tickets: 0 })
})

test('placeOrder: a hold that begins after the database\'s clock was set back is held all the same', async () => {
  const type = await seedTicketType(ctx, { capacity: 4 })
  // As if the clock had been an hour ahead when the last hold was released.
  await sql`update orders.events set released_up_to = now() + interval '1 hour' where id = ${type.event_id}`.run(ctx.db)
  const order = await buy(type, 4)
  expect((await stateOf(order.id)).status).toBe('pending')
  expect((await place(orderOf(type))).status).toBe(409)
  await pay([order])
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, sold: 4 })
})

test('expireOrders: a payment wins before the release and after it, unless the tickets are gone', async () => {
  const type = await seedTicketType(ctx, { capacity: 6 })
  const [early, late, slow] = [await buy(type, 2), await buy(type, 2), await buy(type, 2)]
  await endHold(early)
  await pay([early])
  for (const order of [late, slow]) await endHold(order)
  await releaseDueOf(ctx, type.event_id)
  await buy(type, 2)
  await pay([late])
  await pay([slow])

  expect((await stateOf(early.id)).status).toBe('completed')
  expect((await stateOf(late.id)).status).toBe('completed')
  expect((await stateOf(slow.id)).status).toBe('refunded')
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 2, sold: 4 })
  await tellExpired(ctx)
  // Who was never told that it expired need not be told: it is paid, or its money goes back.
  expect(await toldOf(type.event_id)).toEqual([])
})

test('expireOrders: payments, sweeps of two processes and new buyers at once lose no ticket', async () => {
  const second = await startTestSystem([service], secrets, it.database_url)
  try {
    const type = await seedTicketType(ctx, { capacity: 120 })
    const orders = await Promise.all(Array.from({ length: 60 }, () => buy(type, 2)))
    await sql`update orders.orders set expires_at = clock_timestamp() where event_id = ${type.event_id}`.run(ctx.db)
    const thieves = Promise.all(Array.from({ length: 20 }, () => place(orderOf(type, 3))))

    await Promise.all([sweepHolds(ctx), sweepHolds(second.context<Ctx>('orders')),
      ...[0, 20, 40].map(from => pay(orders.slice(from, from + 20)))])
    const stolen = (await thieves).filter(reply => reply.status === 201).length

    const states = await Promise.all(orders.map(async ({ id }) => (await stateOf(id)).status))
    const completed = states.filter(status => status === 'completed').length
    expect(completed + states.filter(status => status === 'refunded').length).toBe(60)
    expect(await sumsOf(ctx, type.id)).toMatchObject(
      { held: 3 * stolen, sold: 2 * completed, tickets: 3 * stolen + 2 * completed })
  } finally {
    await second.stop()
  }
})

/** A release that begins between a payment's look at its order and its writing. */
async function raceWithPayment (release: (event_id: string) => Promise<unknown>) {
  const type = await seedTicketType(ctx, { capacity: 9 })
  const [order] = [await buy(type, 1), await buy(type, 5)]
  await endHold(order)
  const released = await ctx.transaction(async tx => {
    await lockEvents(tx, [type.event_id])
    const rows = await findOrders(tx, [order.id])
    const releasing = release(type.event_id)
    await it.eventually(async () => (await sql<{ n: number }>`
      select count(*) as n from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`.one(ctx.db)).n > 0, 'the release to wait')
    await moveOrders(ctx, tx, rows, 'completed')
    return { releasing }
  })
  await released.releasing
  return sumsOf(ctx, type.id)
}

test('releaseHolds: behind the lock a payment that was first keeps its tickets', async () => {
  expect(await raceWithPayment(event_id => releaseDueOf(ctx, event_id)))
    .toMatchObject({ held: 5, sold: 1, tickets: 6 })
})

test('releaseHolds: without the lock the same race loses count, so the test above can fail', async () => {
  const sums = await raceWithPayment(event_id =>
    ctx.transaction(tx => releaseHolds(tx, event_id, 100)))
  expect(sums.held + sums.sold).not.toBe(sums.tickets)
})
