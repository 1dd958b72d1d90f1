import type { DataOf, EventDefinition } from '@fermata/contracts/define'
import { eventCanceled, eventChanged, eventPublished } from '@fermata/contracts/events'
import { deadlineReached } from '@fermata/contracts/expiration'
import * as api from '@fermata/contracts/orders'
import { paymentRefunded, paymentSucceeded } from '@fermata/contracts/payments'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import { sweepHolds } from './operations/expire-orders.ts'
import service from './service.ts'
import { buyer, orderOf, seedEvent, seedTicketType, someEvent, sumsOf } from './test/seed.ts'
import { expireOrders } from './operations/expire-orders.ts'

/**
 * What payments, deadlines and canceled events do to orders: completeOrders, refundOrders,
 * expireOrders, track-events.
 */

let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('orders')
})
afterAll(() => it.stop())

/** Delivers events as the relay does, and waits until they have been handled or given back. */
async function deliver<E extends EventDefinition> (
  definition: E, data: DataOf<E>[]
): Promise<void> {
  await ctx.transaction(tx => ctx.publish(tx, definition, data))
  await it.eventually(async () => (await sql<{ n: number }>`
    select count(*) as n from orders.outbox where sent_at is null`.one(ctx.db)).n === 0, 'an empty outbox')
}

const told = async <E extends EventDefinition>(definition: E,
  order_id: string): Promise<DataOf<E>[]> =>
  (await sql<{ data: DataOf<E> }>`select data from orders.outbox_events
    where type = ${definition.type} and data ->> 'order_id' = ${order_id} order by id`.rows(ctx.db)).map(row => row.data)

async function buy (
  type: { id: string, event_id: string }, quantity = 1
): Promise<api.PlacedOrder> {
  const { status, body } = await it.send(api.placeOrder, { body: orderOf(type, quantity) })
  expect(status).toBe(201)
  return body
}

const stateOf = async (order: api.PlacedOrder) =>
  (await it.send(api.getOrder, { params: { id: order.id }, token: order.access_token })).body.status

const paid = (order: api.PlacedOrder,
  given: Partial<DataOf<typeof paymentSucceeded>> = {}): DataOf<typeof paymentSucceeded> => ({
  payment_id: uuidv7(), order_id: order.id, order_code: order.code, event_id: order.event_id,
    event_title: order.event_title,
  user_id: null, buyer, provider: 'simulated', amount_minor: order.total_minor, currency: order.currency,
  succeeded_at: new Date().toISOString(), ...given })

const givenBack = (payment: DataOf<typeof paymentSucceeded>,
  refunded_minor = payment.amount_minor): DataOf<typeof paymentRefunded> => {
  const { succeeded_at, ...facts } = payment
  return { ...facts, refund_id: uuidv7(), refund_minor: refunded_minor, refunded_minor,
    refunded_at: succeeded_at, reason: null }
}

const due = (order: api.PlacedOrder): DataOf<typeof deadlineReached> =>
  ({ kind: 'order_hold', subject_id: order.id, due_at: order.expires_at, reached_at: order.expires_at })

const endHold = (order: api.PlacedOrder) =>
  sql`update orders.orders set expires_at = now() - interval '1 second' where id = ${order.id}`.run(ctx.db)

test('completeOrders: a payment turns the hold into sold tickets and tells what tickets print', async () => {
  const type = await seedTicketType(ctx)
  const order = await buy(type, 2)
  const payment = paid(order)

  await deliver(paymentSucceeded, [payment])

  expect(await stateOf(order)).toBe('completed')
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, sold: 2 })
  expect(await told(api.orderCompleted, order.id))
    .toMatchObject([{ payment_id: payment.payment_id, event: { id: order.event_id },
    items: order.items, total_minor: 2000 }])
})

test('completeOrders: the same payment told twice, also in one batch, completes once', async () => {
  const type = await seedTicketType(ctx)
  const order = await buy(type, 2)
  const payment = paid(order)

  await deliver(paymentSucceeded, [payment, payment])
  await deliver(paymentSucceeded, [payment])

  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, sold: 2 })
  expect(await told(api.orderCompleted, order.id)).toHaveLength(1)
  expect(await told(api.paymentReturned, order.id)).toHaveLength(0)
})

test('completeOrders: of two payments for one order one is returned and the tickets stay', async () => {
  const type = await seedTicketType(ctx)
  const order = await buy(type)
  const payments = [paid(order), paid(order)]

  await deliver(paymentSucceeded, payments)
  const third = paid(order)
  await deliver(paymentSucceeded, [third])

  expect(await stateOf(order)).toBe('completed')
  const [completed] = await told(api.orderCompleted, order.id)
  const returned = await told(api.paymentReturned, order.id)
  expect(returned).toMatchObject(
    [{ reason: 'paid_twice', refund_minor: 1000 }, { payment_id: third.payment_id, reason: 'paid_twice' }])
  expect(new Set([completed!.payment_id, ...returned.map(one => one.payment_id)]))
    .toEqual(new Set([...payments, third].map(one => one.payment_id)))
  // The money of the second payment goes back; the order is paid by the first.
  await deliver(paymentRefunded,
    returned.map(one => givenBack(paid(order, { payment_id: one.payment_id }))))
  expect(await stateOf(order)).toBe('completed')
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, sold: 1 })
})

test('completeOrders: another amount is returned and the order can still be paid', async () => {
  const type = await seedTicketType(ctx)
  const order = await buy(type)
  await deliver(paymentSucceeded, [paid(order, { amount_minor: 1 })])
  expect(await stateOf(order)).toBe('pending')
  expect(await told(api.paymentReturned, order.id)).toMatchObject([{ reason: 'amount_differs', refund_minor: 1 }])
  await deliver(paymentSucceeded, [paid(order)])
  expect(await stateOf(order)).toBe('completed')
})

test('completeOrders: paid too late, the same tickets if they are there, else the money back', async () => {
  const type = await seedTicketType(ctx, { capacity: 3 })
  const [first, second] = [await buy(type, 2), await buy(type, 1)]
  for (const order of [first, second]) await endHold(order)
  await deliver(deadlineReached, [due(first), due(second)])
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, orders: 0 })
  const thief = await buy(type, 2)

  const payments = [paid(first), paid(second)]
  await deliver(paymentSucceeded, payments)

  expect(await stateOf(first)).toBe('refunded')
  expect(await stateOf(second)).toBe('completed')
  expect(await stateOf(thief)).toBe('pending')
  expect(await told(api.orderRefunded, first.id)).toMatchObject([
    { reason: 'paid_too_late', payment_id: payments[0]!.payment_id, refund_minor: 2000 }])
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 2, sold: 1 })
  await deliver(paymentRefunded, [givenBack(payments[0]!)])
  expect(await told(api.orderRefunded, first.id)).toHaveLength(1)
})

test('completeOrders: a payment for an order that was canceled goes back', async () => {
  const type = await seedTicketType(ctx)
  const order = await buy(type)
  await it.send(api.cancelOrder, { params: { id: order.id }, token: order.access_token })
  await deliver(paymentSucceeded, [paid(order)])
  expect(await stateOf(order)).toBe('refunded')
  expect(await told(api.orderRefunded, order.id)).toMatchObject([{ reason: 'paid_too_late' }])
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, sold: 0 })
})

test('completeOrders: payment and deadline race, and every order ends paid or given back', async () => {
  const type = await seedTicketType(ctx, { capacity: 40 })
  const orders = await Promise.all(Array.from({ length: 40 }, () => buy(type)))
  for (const order of orders) await endHold(order)

  await Promise.all([deliver(paymentSucceeded, orders.map(order => paid(order))),
    deliver(deadlineReached, orders.map(due)),
    sweepHolds(ctx)])

  for (const order of orders) expect(await stateOf(order)).toBe('completed')
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, sold: 40 })
})

test('refundOrders: a whole refund frees the seats, a part of it changes nothing', async () => {
  const type = await seedTicketType(ctx)
  const order = await buy(type, 2)
  const payment = paid(order)
  await deliver(paymentSucceeded, [payment])
  await deliver(paymentRefunded, [givenBack(payment, 500)])
  expect(await stateOf(order)).toBe('completed')

  await deliver(paymentRefunded, [givenBack(payment), givenBack(payment)])

  expect(await stateOf(order)).toBe('refunded')
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, sold: 0 })
  expect(await told(api.orderRefunded, order.id))
    .toMatchObject([{ reason: 'requested', payment_id: payment.payment_id, refund_minor: 2000 }])
})

test('refundOrders: a refund that overtakes its payment leaves the order unpaid', async () => {
  const type = await seedTicketType(ctx)
  const order = await buy(type)
  const payment = paid(order)
  await deliver(paymentRefunded, [givenBack(payment)])
  await deliver(paymentSucceeded, [payment])
  expect(await stateOf(order)).toBe('pending')
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 1, sold: 0 })
})

test('expireOrders: ends holds that are over and leaves the others, whoever claims what', async () => {
  const type = await seedTicketType(ctx)
  const [over, running, done] = [await buy(type, 2), await buy(type, 3), await buy(type, 4)]
  await deliver(paymentSucceeded, [paid(done)])
  for (const order of [over, done]) await endHold(order)

  await deliver(deadlineReached, [due(over), due(running), due(done), due(over)])

  expect(await stateOf(over)).toBe('expired')
  expect(await stateOf(running)).toBe('pending')
  expect(await stateOf(done)).toBe('completed')
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 3, sold: 4 })
  expect(await told(api.orderExpired, over.id)).toHaveLength(1)
  expect(await told(api.orderExpired, running.id)).toHaveLength(0)
})

test('expireOrders: a reminder of an event is nobody\'s hold', async () => {
  const type = await seedTicketType(ctx)
  const order = await buy(type)
  const row = await ctx.transaction(async tx => {
    // Unseen by the sweep, which would expire it a moment later.
    await sql`update orders.orders set expires_at = now() - interval '1 second'
               where id = ${order.id}`.run(tx)
    await expireOrders(ctx, tx, [{ id: uuidv7(), request_id: null, created_at: '',
      data: { ...due(order), kind: 'event_reminder' } }])
    return sql<{ status: string }>`
      select status from orders.orders where id = ${order.id}`.first(tx)
  })
  expect(row!.status).toBe('pending')
})

test('sweepHolds: sweeps what no deadline told of', async () => {
  const type = await seedTicketType(ctx)
  const order = await buy(type)
  await endHold(order)
  await sweepHolds(ctx)
  expect(await stateOf(order)).toBe('expired')
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0 })
})

test('learnPublished: an event sells from the moment it is published, and older facts never replace newer ones', async () => {
  const event = await seedEvent(ctx, { status: 'draft', version: 1 })
  const type = await seedTicketType(ctx, { event_id: event.id })
  expect((await it.send(api.placeOrder, { body: orderOf(type) })).status).toBe(409)

  await deliver(eventPublished, [{ ...event, status: 'published', version: 2 }])
  expect((await buy(type)).event_title).toBe('Concert')
  await deliver(eventChanged, [
    { event: { ...event, status: 'published', title: 'Renamed', version: 4 }, changed: ['title'] },
    { event: { ...event, status: 'published', title: 'Older', version: 3 }, changed: ['title'] }])
  await deliver(eventPublished, [{ ...event, status: 'published', version: 2 }])
  expect((await buy(type)).event_title).toBe('Renamed')
})

test('cancelEventOrders: frees what was held, refunds what was paid, sells nothing more', async () => {
  const event = await seedEvent(ctx, { version: 3 })
  const types = [await seedTicketType(ctx, { event_id: event.id }),
    await seedTicketType(ctx, { event_id: event.id, price_minor: 0 })] as const
  const [held, done, free] = [await buy(types[0]), await buy(types[0], 2), await buy(types[1], 3)]
  const payment = paid(done)
  await deliver(paymentSucceeded, [payment])
  const canceled = { event: { ...event, status: 'canceled' as const, version: 4 },
    canceled_at: new Date().toISOString(), reason: null }

  await deliver(eventCanceled, [canceled, canceled])

  expect(await stateOf(held)).toBe('canceled')
  expect(await stateOf(done)).toBe('refunded')
  expect(await stateOf(free)).toBe('refunded')
  expect(await told(api.orderCanceled, held.id)).toMatchObject([{ reason: 'event_canceled' }])
  expect(await told(api.orderRefunded, done.id)).toMatchObject([
    { reason: 'event_canceled', payment_id: payment.payment_id, refund_minor: 2000 }])
  expect(await told(api.orderRefunded, free.id))
    .toMatchObject([{ payment_id: null, refund_minor: 0 }])
  for (const type of types) expect(await sumsOf(ctx, type.id))
    .toMatchObject({ held: 0, sold: 0, orders: 0 })
  expect((await it.send(api.placeOrder, { body: orderOf(types[0]) })).problem)
    .toMatchObject({ reason: 'canceled' })
  // Money that was on its way when the event was canceled goes back too.
  await deliver(paymentSucceeded, [paid(held)])
  expect(await told(api.orderRefunded, held.id)).toMatchObject([{ reason: 'event_canceled' }])
})

test('cancelEventOrders: more orders than one batch holds are all ended', async () => {
  const event = await seedEvent(ctx)
  const type = await seedTicketType(ctx, { event_id: event.id, capacity: 5000 })
  await sql`insert into orders.orders (id, code, event_id, status, buyer_name, buyer_email, buyer_locale, total_minor, currency,
      created_at, expires_at)
    select uuidv7(), 'C' || n, ${event.id}, 'pending', 'Ann', 'ann@example.com', 'en', 1000, 'EUR', now(), now() + interval '1 hour'
      from generate_series(1, 2500) as n`.run(ctx.db)
  await sql`insert into orders.order_items (order_id, ticket_type_id, name, quantity, unit_price_minor)
    select id, ${type.id}, 'Adult', 1, 1000 from orders.orders where event_id = ${event.id}`.run(ctx.db)
  await sql`update orders.pools set held = 2500 where id = ${type.id}`.run(ctx.db)

  await deliver(eventCanceled,
    [{ event: { ...event, status: 'canceled', version: 2 }, canceled_at: new Date().toISOString(),
      reason: null }])

  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, orders: 0 })
  const rows = await sql<{ n: number }>`select count(*) as n from orders.outbox_events
    where type = ${api.orderCanceled.type} and data ->> 'event_id' = ${event.id}`.rows(ctx.db)
  expect(rows[0]!.n).toBe(2500)
})

test('completeOrders: a payment for an unknown order is not swallowed', async () => {
  const stranger = { ...await buy(await seedTicketType(ctx)), id: uuidv7() }
  await ctx.transaction(tx => ctx.publish(tx, paymentSucceeded, [paid(stranger)]))
  await it.eventually(async () => (await sql<{ n: number }>`select count(*) as n from orders.outbox_events
    where attempts > 0 and data ->> 'order_id' = ${stranger.id}`.one(ctx.db)).n === 1, 'a failed delivery')
  const changed = await sql`
    update orders.outbox set sent_at = now()
     where sent_at is null and data ->> 'order_id' = ${stranger.id}`.run(ctx.db)
  expect(changed, 'it shall come again').toBe(1)
})

test('a draft that was never heard of is not made up by an event about another', async () => {
  const known = someEvent()
  await deliver(eventPublished, [known])
  expect(await sql`select from orders.events where id = ${known.id}`.rows(ctx.db)).toHaveLength(1)
})
