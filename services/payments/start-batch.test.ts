import { createHash } from 'node:crypto'
import type { OrderForPayment } from '@fermata/contracts/orders'
import type * as api from '@fermata/contracts/payments'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import { createJustStarted, own_ms, type JustStarted } from './just-started.ts'
import type { DuePayment } from './queries/payments.ts'
import { startBatch, type Start } from './start-batch.ts'
import { bodyFor, ctx, it, orders, pay, startPayments, statusOf } from './test/running-payments.ts'

/** Payments that start together: one question and one transaction, and each its own answer. */

beforeAll(startPayments)
afterAll(() => it.stop())

const paymentsOf = (order: { id: string }) => sql<{ id: string }>`
  select id from payments.payments where order_id = ${order.id}`.rows(ctx.db)

/** As a process of its own would serve it: the collector of this one does not see it. */
const startApart = (order: OrderForPayment, key: string | null, test_card: api.TestCard = 'slow') =>
  startBatch(ctx, [startOf(order, key, test_card)])

function startOf (order: OrderForPayment, key: string | null, test_card: api.TestCard): Start {
  const body = bodyFor(order, test_card) as api.NewPayment
  return {
    body, request_id: uuidv7(), caller: { kind: 'order', order_id: order.id },
    idempotency: key === null ? null : {
      key, scope: `shared POST /api/payments`, status: 201,
      fingerprint: createHash('sha256').update(JSON.stringify(body)).digest(),
    },
  }
}

test('startPayment: forty at once share questions to orders, and each becomes a payment that succeeds', async () => {
  const many = Array.from({ length: 40 }, () => orders.addOrder())
  const asked_before = orders.asked.length
  const replies = await Promise.all(many.map(order => pay(order, 'success', { key: order.id })))
  expect(replies.map(reply => reply.status)).toEqual(many.map(() => 201))
  expect(replies.map(reply => reply.body.order_id)).toEqual(many.map(order => order.id))
  expect(orders.asked.length - asked_before).toBeLessThanOrEqual(10)
  await it.eventually(async () => (await Promise.all(replies.map(({ body }, index) =>
    statusOf(many[index]!, body.id)))).every(status => status === 'succeeded'))
})

test('startPayment: a neighbour that is refused or cannot be written fails alone', async () => {
  const good = Array.from({ length: 8 }, () => orders.addOrder())
  const paid = orders.addOrder({ status: 'completed' })
  const over = orders.addOrder({ expires_at: new Date(Date.now() - 1000).toISOString() })
  // No payment may have such a currency: the whole insert fails at it.
  const broken = orders.addOrder({ currency: 'eur' })
  const unknown = { id: uuidv7() }
  const all = [...good.slice(0, 4), paid, broken, over, unknown, ...good.slice(4)]
  const replies = await Promise.all(all.map(order => pay(order, 'slow')))
  const statuses = new Map(all.map((order, index) => [order.id, replies[index]!.status]))
  expect(good.map(order => statuses.get(order.id))).toEqual(good.map(() => 201))
  expect([paid, broken, over, unknown].map(order => statuses.get(order.id)))
    .toEqual([409, 500, 409, 404])
  expect(await paymentsOf(broken)).toEqual([])
})

test('startPayment: twins of one key in one batch get one answer, another body with it is refused', async () => {
  const order = orders.addOrder()
  const [first, twin] = await Promise.all([1, 2].map(() => pay(order, 'slow', { key: 'twin' })))
  expect([first!.status, twin!.status]).toEqual([201, 201])
  expect(twin!.body).toEqual(first!.body)
  expect([first, twin].filter(reply => reply!.headers['idempotency-replayed'] === 'true'))
    .toHaveLength(1)
  const other = orders.addOrder()
  const replies = await Promise.all(['slow', 'declined'].map(card =>
    pay(other, card, { key: 'two-bodies' })))
  expect(replies.map(reply => reply.status).toSorted()).toEqual([201, 422])
  expect(await paymentsOf(other)).toHaveLength(1)
})

test('startBatch: the same key in two processes at once is one payment and one answer', async () => {
  for (let round = 0; round < 10; round++) {
    const order = orders.addOrder()
    const both = (await Promise.all([1, 2].map(() => startApart(order, `both-${round}`)))).flat()
    expect(both.map(one => one.kind)).toEqual(['started', 'started'])
    const ids = both.map(one => one.kind === 'started' && one.payment.id)
    expect(ids[0]).toBe(ids[1])
    expect(await paymentsOf(order)).toHaveLength(1)
  }
})

test('startBatch: without the key, the negative control, one of two processes is refused', async () => {
  const order = orders.addOrder()
  const both = (await Promise.all([1, 2].map(() => startApart(order, null)))).flat()
  expect(both.map(one => one.kind).toSorted()).toEqual(['refused', 'started'])
})

test('startBatch: one key for two orders in two processes at once starts one of them', async () => {
  for (let round = 0; round < 10; round++) {
    const pair = [orders.addOrder(), orders.addOrder()]
    const key = `pair-${round}`
    const settled = await Promise.allSettled(pair.map(order => startApart(order, key)))
    // Who is second at the key loses its whole batch, which the collector then serves again.
    const again = await Promise.all(settled.map(async (one, index) =>
      one.status === 'fulfilled' ? one.value : startApart(pair[index]!, key)))
    expect(again.flat().map(one => one.kind).toSorted()).toEqual(['refused', 'started'])
    const written = await Promise.all(pair.map(paymentsOf))
    expect(written.flat()).toHaveLength(1)
  }
})

/** The context of a process whose memory of what it has just stored is `justStarted`. */
const remembering = (justStarted: JustStarted): Ctx =>
  ({ ...ctx, resources: { ...ctx.resources, justStarted } })

const chargesOf = async (order: { id: string }) => (await sql`
  select from payments.simulated_charges where order_id = ${order.id}`.rows(ctx.db)).length

const askedAtOf = async (order: { id: string }) => (await sql<{ asked_at: string | null }>`
  select asked_at from payments.payments where order_id = ${order.id}`.one(ctx.db)).asked_at

test('startBatch: killed before it asks, the payment is found by another and charged once', async () => {
  const order = orders.addOrder()
  const forgotten = remembering({ hasRoom: () => true,
      hasMore: () => false, add () {}, take: () => [] })
  const [started] = await startBatch(forgotten, [startOf(order, null, 'success')])
  expect(await askedAtOf(order)).not.toBeNull()
  await new Promise(resolve => setTimeout(resolve, own_ms / 2))
  expect(await chargesOf(order)).toBe(0)
  const { id } = (started as { payment: api.Payment }).payment
  await it.eventually(async () => await statusOf(order, id) === 'succeeded')
  expect(await chargesOf(order)).toBe(1)
})

test('startBatch: with too many in memory, payments wait in the table as never asked', async () => {
  const order = orders.addOrder()
  const full = remembering({ ...createJustStarted(), hasRoom: () => false })
  const [started] = await startBatch(full, [startOf(order, null, 'success')])
  const { id } = (started as { payment: api.Payment }).payment
  await it.eventually(async () => await statusOf(order, id) === 'succeeded')
  expect(await chargesOf(order)).toBe(1)
})

test('justStarted: gives each once, in order, refuses more than it holds and forgets what has waited too long', async () => {
  const line = createJustStarted()
  const payments = Array.from({ length: 2000 }, (_, n) => ({ id: String(n) }) as DuePayment)
  line.add(payments.slice(0, 1999))
  expect(line.hasRoom()).toBe(true)
  line.add(payments.slice(1999))
  expect(line.hasRoom()).toBe(false)
  expect(line.take(2).map(({ id }) => id)).toEqual(['0', '1'])
  expect(line.take(1000)[0]!.id).toBe('2')
  await new Promise(resolve => setTimeout(resolve, own_ms / 2 + 20))
  expect(line.take(5000)).toEqual([])
})

test('startBatch: what was committed before the answer got lost is answered to who repeats', async () => {
  const order = orders.addOrder()
  const [lost] = await startApart(order, 'lost')
  const [again] = await startApart(order, 'lost')
  expect(again).toEqual({ ...lost, replayed: true })
})
