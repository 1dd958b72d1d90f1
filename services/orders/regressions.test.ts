import * as api from '@fermata/contracts/orders'
import { paymentSucceeded } from '@fermata/contracts/payments'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import service from './service.ts'
import { buyer, in_days, orderOf, seedEvent, seedPool, seedPromo, seedTicketType, sumsOf,
  usesOf } from './test/seed.ts'

/**
 * Bugs that other ticket systems had, each kept out by a test of its own. Hi.Events: pull request
 * 1311, issues 1223, 1195, 790. open-event-server: issue 3806.
 */

let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('orders')
})
afterAll(() => it.stop())

const place = (body: unknown) => it.send(api.placeOrder, { body })
const cancel = (id: string) =>
  it.send(api.cancelOrder, { params: { id }, token: it.orderToken(id) })

test('placeOrder: the limit of a promo code is not passed by orders at once, nor by splitting one (Hi.Events: promo limit bypass)', async () => {
  const type = await seedTicketType(ctx, { capacity: 500 })
  const promo = await seedPromo(ctx, { event_id: type.event_id, max_uses: 10, counts: 'tickets' })
  const replies = await Promise.all(Array.from({ length: 60 }, (_, i) =>
    place({ ...orderOf(type, 1 + i % 4), promo_code: i % 2 ? 'spring' : 'SPRING' })))
  expect(replies.every(reply => [201, 409].includes(reply.status))).toBe(true)
  expect(await usesOf(ctx, promo)).toEqual({ used: 10, by_orders: 10 })
})

test('completeOrders: a payment heard of many times at once sells its tickets and uses its code once (Hi.Events: concurrent completion)', async () => {
  const type = await seedTicketType(ctx)
  const promo = await seedPromo(ctx, { event_id: type.event_id, max_uses: 5 })
  const { body: order } = await place({ ...orderOf(type, 2), promo_code: 'SPRING' })
  const payment = {
    payment_id: uuidv7(), order_id: order.id, order_code: order.code, event_id: order.event_id,
    event_title: order.event_title, user_id: null, buyer, provider: 'simulated' as const,
    amount_minor: order.total_minor, currency: 'EUR', succeeded_at: new Date().toISOString() }
  await Promise.all(
    [1, 2, 3, 4].map(() =>
      ctx.transaction(tx => ctx.publish(tx, paymentSucceeded, [payment, payment]))))
  await it.eventually(async () => (await sql`select from orders.outbox where sent_at is null`.rows(ctx.db)).length === 0)
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, sold: 2, tickets: 2 })
  expect(await usesOf(ctx, promo)).toEqual({ used: 1, by_orders: 1 })
  const rows = await sql`select from orders.outbox_events
    where type = ${api.orderCompleted.type} and data ->> 'order_id' = ${order.id}`.rows(ctx.db)
  expect(rows).toHaveLength(1)
})

test('placeOrder: the window of a sale and the most per order are the server\'s to enforce (Hi.Events: neither was)', async () => {
  const early = await seedTicketType(ctx, { sales_start: in_days(1) })
  const late = await seedTicketType(ctx, { sales_end: in_days(-1) })
  for (const type of [early, late]) expect((await place(orderOf(type))).problem.type)
    .toBe(api.notOnSale.type)
  const type = await seedTicketType(ctx, { max_per_order: 3 })
  expect((await place(orderOf(type, 4))).problem)
    .toMatchObject({ type: api.limitReached.type, scope: 'order', limit: 3 })
  expect((await place(
    { ...orderOf(type, 3), items: [...orderOf(type, 3).items, ...orderOf(type, 3).items] }))
      .status).toBe(400)
})

test('placeOrder: a pool that is full stops only the types that draw from it (Hi.Events: an unrelated capacity blocked a sale)', async () => {
  const event = await seedEvent(ctx)
  const [full, roomy] = [await seedPool(ctx, event.id, 1), await seedPool(ctx, event.id, 50)]
  const balcony = await seedTicketType(ctx, { event_id: event.id, pool_ids: [full] })
  const stalls = await seedTicketType(ctx, { event_id: event.id, pool_ids: [roomy] })
  expect((await place(orderOf(balcony))).status).toBe(201)
  expect((await place(orderOf(balcony))).problem.type).toBe(api.soldOut.type)
  expect((await place(orderOf(stalls, 5))).status).toBe(201)
})

test('cancelOrder: seats, uses of a code and a buyer\'s limit come back together (Hi.Events: canceled seats did not)', async () => {
  const type = await seedTicketType(ctx, { capacity: 2, max_per_buyer: 2 })
  const promo = await seedPromo(ctx, { event_id: type.event_id, max_uses: 1 })
  for (let i = 0; i < 3; i++) {
    const { status, body } = await place({ ...orderOf(type, 2), promo_code: 'SPRING' })
    expect(status).toBe(201)
    expect((await cancel(body.id)).status).toBe(200)
  }
  expect(await usesOf(ctx, promo)).toEqual({ used: 0, by_orders: 0 })
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, sold: 0 })
})

test('placeOrder: sixty orders of one person at once stay within ten tickets (open-event: 600 past a limit of 10)', async () => {
  const type = await seedTicketType(ctx, { capacity: 1000, max_per_buyer: 10 })
  await Promise.all(Array.from({ length: 60 }, () => place(orderOf(type, 10))))
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 10, tickets: 10 })
})
