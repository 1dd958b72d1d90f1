import * as api from '@fermata/contracts/orders'
import { placeOrder } from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { buyer, in_days, orderOf, seedEvent, seedPool, seedTicketType, someEvent, sumsOf } from '../test/seed.ts'

let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('orders')
})
afterAll(() => it.stop())

const place = (body: unknown, as: { token?: string, key?: string } = {}) => it.send(
  placeOrder, { body, ...as })
const count = async (table: 'orders.orders' | 'orders.idempotency_keys' | 'orders.outbox_events') =>
  (await sql<{ n: number }>`select count(*) as n from ${sql.ref(table)}`.one(ctx.db)).n

test('placeOrder: two buyers race for the last ticket and one of them gets it', async () => {
  const type = await seedTicketType(ctx, { capacity: 1 })

  const replies = await Promise.all([1, 2].map(() => place(orderOf(type))))

  expect(replies.map(reply => reply.status).sort()).toEqual([201, 409])
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 1, tickets: 1, orders: 1 })
})

test('placeOrder: a guest gets an order at the server\'s price, a token for it, and a hold of 15 minutes', async () => {
  const type = await seedTicketType(ctx, { price_minor: 1250 })

  const { status, body, headers } = await place(orderOf(type, 2))

  expect(status).toBe(201)
  expect(headers['idempotency-replayed']).toBeUndefined()
  expect(body).toMatchObject({ status: 'pending', total_minor: 2500, currency: 'EUR', buyer, user_id: null,
    event_id: type.event_id, event_title: 'Concert', completed_at: null,
    items: [{ ticket_type_id: type.id, name: 'Adult', quantity: 2, unit_price_minor: 1250 }] })
  expect(body).toHaveProperty('code', expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{8}$/))
  const placed = body
  expect(Date.parse(placed.expires_at) - Date.parse(placed.created_at)).toBe(15 * 60_000)
  const again = await it.send(
    api.getOrder, { params: { id: placed.id }, token: placed.access_token })
  const { access_token: _, ...order } = placed
  expect(again.body).toEqual(order)
})

test('placeOrder: a signed-in buyer\'s order is theirs', async () => {
  const type = await seedTicketType(ctx)
  const user_id = uuidv7()
  const { body } = await place(orderOf(type), { token: await it.personToken({ user_id }) })
  expect(body.user_id).toBe(user_id)
})

test('placeOrder: what costs nothing is completed at once and counts as sold', async () => {
  const type = await seedTicketType(ctx, { price_minor: 0, capacity: 3 })

  const { status, body } = await place(orderOf(type, 2))

  expect(status).toBe(201)
  expect(body).toMatchObject({ status: 'completed', total_minor: 0, completed_at: expect.any(String) })
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, sold: 2, tickets: 2 })
  const rows = await sql<{ type: string, data: { event?: object } }>`
    select type, data from orders.outbox_events where data ->> 'order_id' = ${body.id}`.rows(ctx.db)
  expect(rows.map(row => row.type)).toEqual([api.orderCompleted.type])
  expect(rows[0]!.data).toMatchObject({ event: { id: type.event_id } })
  expect(JSON.stringify(rows)).not.toContain(body.access_token)
})

describe('placeOrder: refuses with a stable problem', () => {
  test('a type that has sold out, naming it and what is left', async () => {
    const type = await seedTicketType(ctx, { name: 'Balcony', capacity: 1 })
    const { status, problem } = await place(orderOf(type, 2))
    expect(status).toBe(409)
    expect(problem).toMatchObject(
      { type: api.soldOut.type, ticket_type_id: type.id, name: 'Balcony', available: 1 })
  })

  test('a shared room that is full although the type is not', async () => {
    const { id: event_id } = await seedEvent(ctx)
    const room = await seedPool(ctx, event_id, 3)
    const adult = await seedTicketType(ctx, { event_id, pool_ids: [room] })
    const child = await seedTicketType(ctx, { event_id, name: 'Child', pool_ids: [room] })
    expect((await place(orderOf(adult, 2))).status).toBe(201)
    expect((await place(orderOf(child, 2))).problem)
      .toMatchObject({ type: api.soldOut.type, name: 'Child', available: 1 })
    expect((await place(orderOf(child, 1))).status).toBe(201)
  })

  test('a sale that is not open yet, with the time', async () => {
    const sales_start = in_days(1)
    const type = await seedTicketType(ctx, { sales_start, sales_end: in_days(2) })
    const { status, problem } = await place(orderOf(type))
    expect(status).toBe(409)
    expect(problem).toMatchObject(
      { type: api.notOnSale.type, ticket_type_id: type.id, sales_start })
  })

  test('a sale that has ended', async () => {
    const type = await seedTicketType(ctx, { sales_start: in_days(-2), sales_end: in_days(-1) })
    expect((await place(orderOf(type))).problem)
      .toMatchObject({ type: api.notOnSale.type, status: 409 })
  })

  test.each([
    ['not_published', { status: 'draft' as const }], ['canceled', { status: 'canceled' as const }],
    ['over', { ends_at: in_days(-1) }],
  ])('an event that sells nothing: %s', async (reason, facts) => {
    const { id: event_id } = await seedEvent(ctx, facts)
    const type = await seedTicketType(ctx, { event_id })
    expect((await place(orderOf(type))).problem)
      .toMatchObject({ type: api.eventClosed.type, status: 409, event_id, reason })
  })

  test('more than an order may have, and fewer than must be bought together', async () => {
    const type = await seedTicketType(ctx, { min_per_order: 2, max_per_order: 4 })
    expect((await place(orderOf(type, 5))).problem)
      .toMatchObject({ type: api.limitReached.type, status: 409, limit: 4, scope: 'order' })
    expect((await place(orderOf(type, 1))).problem)
      .toMatchObject({ type: api.belowMinimum.type, status: 409, minimum: 2 })
  })

  test('11 of a type that allows 10', async () => {
    const type = await seedTicketType(ctx)
    expect((await place(orderOf(type, 11))).problem)
      .toMatchObject({ type: api.limitReached.type, limit: 10 })
  })

  test('a ticket type that does not exist or belongs to another event, and an unknown event', async () => {
    const type = await seedTicketType(ctx)
    const other = await seedTicketType(ctx)
    expect((await place(orderOf({ ...type, id: other.id }))).problem)
      .toMatchObject({ type: api.unknownTicketType.type, status: 404, ticket_type_id: other.id })
    expect((await place(orderOf({ ...type, event_id: uuidv7() }))).problem)
      .toMatchObject({ type: '/problems/request/not-found', status: 404 })
  })

  test('a sum that nobody could charge', async () => {
    const type = await seedTicketType(ctx, { price_minor: 1_000_000_000_000 })
    expect((await place(orderOf(type, 2))).problem)
      .toMatchObject({ type: '/problems/request/invalid', errors: [{ field: 'items' }] })
  })

  test('the same type on two lines, which would each keep to the limit', async () => {
    const type = await seedTicketType(ctx)
    const line = { ticket_type_id: type.id, quantity: 6 }
    const { status, problem } = await place({ ...orderOf(type), items: [line, line] })
    expect(status).toBe(400)
    expect(problem.errors).toMatchObject([{ field: 'items.1.ticket_type_id' }])
  })
})

describe('placeOrder: bad input is answered with 400 naming the field and takes nothing', () => {
  const quantities = ['0', '-1', '1.5', '101', '"2"', '"２"', 'null', 'true', '[2]', '{}', '9007199254740993']
  test.each(quantities)('quantity %s', async quantity => {
    const type = await seedTicketType(ctx)
    const { status, problem } = await it.send(placeOrder, { headers: { 'content-type': 'application/json' },
      body: JSON.stringify(orderOf(type)).replace('"quantity":1', `"quantity":${quantity}`) })
    expect(status).toBe(400)
    expect(problem).toMatchObject({ type: '/problems/request/invalid', errors: [{ field: 'items.0.quantity' }] })
    expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, orders: 0 })
  })

  test('quantity 1e309, which is beyond every number', async () => {
    const type = await seedTicketType(ctx)
    const { status } = await it.send(placeOrder, { headers: { 'content-type': 'application/json' },
      body: JSON.stringify(orderOf(type)).replace('"quantity":1', '"quantity":1e309') })
    expect(status).toBe(400)
  })

  test('malformed JSON, another media type, a body over the limit', async () => {
    const headers = { 'content-type': 'application/json' }
    expect((await it.send(placeOrder, { headers, body: '{"event_id":' })).problem)
      .toMatchObject({ type: '/problems/request/malformed', status: 400 })
    expect((await it.send(placeOrder, { headers: { 'content-type': 'text/plain' }, body: 'hello' })).problem)
      .toMatchObject({ type: '/problems/request/unsupported-media-type', status: 415 })
    expect((await it.send(placeOrder,
      { headers, body: JSON.stringify({ fill: 'x'.repeat(70_000) }) })).problem)
      .toMatchObject({ type: '/problems/request/too-large', status: 413 })
  })

  test('fields nobody asked for, such as a price of one\'s own', async () => {
    const type = await seedTicketType(ctx)
    const body = { ...orderOf(type), total_minor: 1, status: 'completed',
      items: [{ ticket_type_id: type.id, quantity: 1, unit_price_minor: 1 }] }
    const { status, problem } = await place(body)
    expect(status).toBe(400)
    expect(problem.errors!.map(error => error.field).toSorted()).toEqual(['items.0.unit_price_minor', 'status', 'total_minor'])
  })

  test.each([
    ['no items', { items: [] }], ['no buyer', { buyer: undefined }], ['a bad address', { buyer: { ...buyer, email: 'ann' } }],
    ['an empty name', { buyer: { ...buyer, name: '  ' } }], ['another language', { buyer: { ...buyer, locale: 'xx' } }],
    ['a name with a NUL in it', { buyer: { ...buyer, name: 'A\u0000nn' } }],
    ['half a character', { buyer: { ...buyer, name: 'Ann \ud83d' } }], ['no uuid', { event_id: '1; drop table orders' }],
  ])('%s', async (_, changes) => {
    const type = await seedTicketType(ctx)
    expect((await place({ ...orderOf(type), ...changes })).status).toBe(400)
  })
})

describe('placeOrder: a token that is sent must be good', () => {
  test('forged, expired and other-purpose tokens are 401', async () => {
    const type = await seedTicketType(ctx)
    const good = await it.personToken()
    const forged = good.slice(0, -4) + (good.endsWith('AAAA') ? 'BBBB' : 'AAAA')
    const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${good.split('.')[1]}.`
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 })
    const expired = await it.personToken()
    vi.useRealTimers()
    const order_token = it.orderToken(uuidv7())
    const forged_order = order_token.slice(0, -2) + (order_token.endsWith('AA') ? 'BB' : 'AA')
    for (const token of [forged, expired, unsigned, forged_order, 'fo_', 'x',
      await it.serviceToken('orders')]) {
      expect((await place(orderOf(type), { token })).status, token.slice(0, 10)).toBe(401)
    }
    expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0 })
  })
})

test('placeOrder: a buyer takes the stock of holds that are over, without waiting for a sweeper', async () => {
  const type = await seedTicketType(ctx, { capacity: 4 })
  const held = await Promise.all([1, 2].map(() => place(orderOf(type, 2))))
  expect((await place(orderOf(type))).status).toBe(409)
  await sql`update orders.orders set expires_at = now() - interval '10 seconds' where event_id = ${type.event_id}`.run(ctx.db)

  const replies = await Promise.all([3, 1].map(quantity => place(orderOf(type, quantity))))

  expect(replies.map(reply => reply.status)).toEqual([201, 201])
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 4, tickets: 4, orders: 2 })
  const expired = await it.send(
    api.getOrder, { params: { id: held[0]!.body.id },
      token: it.orderToken(held[0]!.body.id) })
  expect(expired.body).toMatchObject({ status: 'expired', expired_at: expect.any(String) })
  await it.eventually(async () => (await sql`select from orders.outbox_events where type = ${api.orderExpired.type}
    and data ->> 'event_id' = ${type.event_id}`.rows(ctx.db)).length === 2, 'both to be told')
})

test('placeOrder: several events sell beside each other', async () => {
  const types = await Promise.all(
    Array.from({ length: 12 }, () => seedTicketType(ctx, { capacity: 3 })))
  const replies = await Promise.all(
    types.flatMap(type => Array.from({ length: 5 }, () => place(orderOf(type)))))
  expect(replies.filter(reply => reply.status === 201)).toHaveLength(36)
  for (const type of types) expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 3, orders: 3 })
})

test('placeOrder: a batch whose connection dies sells nothing and is told to come back', async () => {
  const type = await seedTicketType(ctx)
  const before = [await count('orders.orders'), await count('orders.outbox_events'), await count('orders.idempotency_keys')]
  // Somebody holds the event's lock, so the batch is inside its transaction when its connection is
  // killed.
  const [others] = await ctx.transaction(async tx => {
    await sql`select from orders.events where id = ${type.event_id} for update`.run(tx)
    const [killed, ...others] = [1, 2, 3].map(n => place(orderOf(type), { key: `killed-${n}` }))
    await it.eventually(async () => (await sql<{ n: number }>`
      select count(pg_terminate_backend(pid)) as n from pg_stat_activity
       where datname = current_database() and application_name = 'fermata-orders-sale' and wait_event_type = 'Lock'`.one(tx)).n > 0, 'a batch that waits')
    expect(await killed).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    // In a list, so that the transaction ends without waiting for the batch that waits for it.
    return [Promise.all(others)]
  })
  expect((await others).map(reply => reply.status)).toEqual([201, 201])

  const again = await Promise.all([1, 2, 3].map(n => place(orderOf(type), { key: `killed-${n}` })))

  expect(again.map(reply => reply.status)).toEqual([201, 201, 201])
  expect([await count('orders.orders'), await count('orders.outbox_events'), await count('orders.idempotency_keys')])
    .toEqual(before.map(n => n + 3))
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 3, orders: 3 })
})

test('placeOrder: an event whose lock is stuck is answered with 503 in time', async () => {
  const type = await seedTicketType(ctx)
  await ctx.transaction(async tx => {
    await sql`select from orders.events where id = ${type.event_id} for update`.run(tx)
    const started = performance.now()
    const { status, headers } = await place(orderOf(type))
    expect(status).toBe(503)
    expect(headers['retry-after']).toBe('1')
    expect(performance.now() - started).toBeLessThan(5000)
  })
  expect((await place(orderOf(type))).status).toBe(201)
})

test('placeOrder: beyond its queue an event is refused at once, and the queue is served all the same', async () => {
  const type = await seedTicketType(ctx, { capacity: 10_000 })
  const { items } = orderOf(type)
  const sender = () => ({ network: 'n' })
  const purchase = { buyer, sender, request_id: 'test', idempotency: null, pass: null,
    request: { items, buyer: { user_id: null, email_key: buyer.email },
      asker: { network: '0'.repeat(16), mailbox: '1'.repeat(16), visitor: null, user_id: null } } }
  const waiting: Promise<unknown>[] = []
  let refused: unknown
  for (let i = 0; i < 10_000 && !refused; i++) {
    try {
      waiting.push(ctx.resources.collector.add(type.event_id, purchase))
    } catch (error) {
      refused = error
    }
  }
  const started = performance.now()
  const reply = await place(orderOf(type))
  expect(reply.status).toBe(503)
  expect(reply.headers['retry-after']).toBe('1')
  expect(performance.now() - started).toBeLessThan(500)
  await Promise.all(waiting)
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: waiting.length, orders: waiting.length })
})

test('placeOrder: the constraint has the last word, whatever the code believes', async () => {
  const type = await seedTicketType(ctx, { capacity: 2 })
  for (const change of [sql`held = 3`, sql`sold = 3`, sql`held = 1, sold = 2`, sql`held = -1`, sql`sold = -1`]) {
    await expect(sql`update orders.pools set ${change} where id = ${type.id}`.run(ctx.db)).rejects.toThrow('pools_never_oversold')
  }
})

test('placeOrder: an event that is only known by its pool does not exist for buyers', async () => {
  const { id } = someEvent()
  await it.send(api.setEventPool,
    { params: { event_id: id }, body: { capacity: 10 }, token: await it.serviceToken('orders', 'events') })
  expect((await place(orderOf({ id: uuidv7(), event_id: id }))).status).toBe(404)
})
