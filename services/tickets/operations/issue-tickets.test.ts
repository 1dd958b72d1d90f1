import { createHash, createPublicKey, verify } from 'node:crypto'
import { eventCanceled, eventChanged, eventPublished } from '@fermata/contracts/events'
import { orderCanceled, orderCompleted, orderRefunded } from '@fermata/contracts/orders'
import { getTicket, listTicketKeys, ticketsIssued, ticketVoided } from '@fermata/contracts/tickets'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import {
  completedOrder, event, inHours, issue, issueOne, publisher, ticketsOf, type Completed,
} from '../test/seed.ts'

// issue-tickets, end-orders and keep-events: what events do to tickets, in whatever order they
// come.

let it: TestSystem
let ctx: Ctx
let publish: ReturnType<typeof publisher>
let operator: string

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('tickets')
  publish = publisher(ctx)
  operator = await it.personToken({ roles: ['operator'] })
})
afterAll(() => it.stop())

const item = (quantity: number, name = 'Adult', unit_price_minor = 1250) =>
  ({ ticket_type_id: uuidv7(), name, quantity, unit_price_minor })

function refund (order: Completed) {
  const { event: _, payment_id, completed_at, ...facts } = order
  return {
    ...facts, refunded_at: inHours(0), payment_id, refund_minor: order.total_minor,
    reason: 'requested' as const,
  }
}

/** Everything published before has been handled when this order has its tickets. */
const settled = () => issueOne(it)

const announced = async (order_id: string, type: string) =>
  (await ctx.db.selectFrom('tickets.outbox_events').select(['data', 'request_id'])
  .where('type', '=', type).execute()).filter(
    row => (row.data as { order_id: string }).order_id === order_id
  )

const countTickets = async (order_id: string) => (await ctx.db.selectFrom('tickets.tickets').select('id')
  .where('order_id', '=', order_id).execute()).length

test('issueTickets: a paid order has one numbered ticket for each seat', async () => {
  const user_id = uuidv7()
  const order = completedOrder({ user_id, items: [item(2, 'Adult', 1250), item(1, 'Child', 0)] })

  const tickets = (await issue(it, [order]))[0]!

  expect(
    tickets.map(ticket => [ticket.number, ticket.ticket_type_name, ticket.price_minor])
  ).toEqual([
    ['WINTER-000001', 'Adult', 1250], ['WINTER-000002', 'Adult', 1250], ['WINTER-000003', 'Child', 0]])
  for (const ticket of tickets) {
    expect(ticket).toMatchObject({ status: 'active', order_code: order.code, user_id, holder: {
      name: 'Ann Example', email: 'ann.buyer@example.com',
    },
      event: {
        id: order.event.id, venue: { city: 'Lyon' },
      }, currency: 'EUR', admitted_at: null, voided_at: null })
  }
  expect(new Set(tickets.map(ticket => ticket.code)).size).toBe(3)
})

test('issueTickets: announces them with the order\'s token and without their codes', async () => {
  const order = completedOrder({ items: [item(2)] })
  const tickets = (await issue(it, [order]))[0]!

  const told = await announced(order.order_id, ticketsIssued.type)

  expect(told).toHaveLength(1)
  expect(
    told[0]!.data
  ).toMatchObject({ buyer: order.buyer, event: order.event,
    tickets: tickets.map(({ id, number }) => ({ id, number })), issued_at: tickets[0]!.issued_at })
  for (const { code } of tickets) expect(JSON.stringify(told[0]!.data)).not.toContain(code)
})

test('issueTickets: each code verifies with the public key alone, by node:crypto and nothing of ours', async () => {
  const ticket = await issueOne(it)
  const { body } = await it.send(listTicketKeys, { query: { event_id: ticket.event_id } })

  // The snippet of docs/concepts/tickets.md.
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  const bits = [...ticket.code].map(
    character => alphabet.indexOf(character).toString(2).padStart(5, '0')
  ).join('')
  const bytes = Buffer.from(bits.match(/.{8}/g)!.map(byte => parseInt(byte, 2)))
  const key = body.items.find(({ kid }) => ticket.code.startsWith(kid))!
  const public_key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key.public_key }, format: 'jwk' })
  const genuine = verify(null, bytes.subarray(0, 26), public_key, bytes.subarray(26))

  expect(genuine).toBe(true)
  expect(key.event_id).toBe(ticket.event_id)
  expect(bytes.subarray(10, 26).toString('hex')).toBe(ticket.id.replaceAll('-', ''))
  const digest = createHash('sha256').update(Buffer.from(key.public_key, 'base64url')).digest()
  expect(bytes.subarray(1, 10)).toEqual(digest.subarray(0, 9))
  bytes[20]! ^= 1
  expect(verify(null, bytes.subarray(0, 26), public_key, bytes.subarray(26))).toBe(false)
})

test('issueTickets: the same order told of again, in one batch or later, has one set', async () => {
  const order = completedOrder({ items: [item(3)] })
  await publish(orderCompleted, [order, order])
  await ticketsOf(it, order.order_id)
  await publish(orderCompleted, [order])
  await settled()

  expect(await countTickets(order.order_id)).toBe(3)
  expect(await announced(order.order_id, ticketsIssued.type)).toHaveLength(1)
})

test('issueTickets: the database refuses a second set and a second use of a number', async () => {
  const [one, other] = await Promise.all([issueOne(it), issueOne(it)])
  const copy = (changes: object) => ctx.db.transaction().execute(async tx => {
    const row = await tx.selectFrom('tickets.tickets').selectAll().where('id', '=', one.id).executeTakeFirstOrThrow()
    await tx.insertInto('tickets.tickets').values({ ...row, id: uuidv7(), code: uuidv7(), ...changes }).execute()
  })
  await expect(copy({ number: 'WINTER-999999' })).rejects.toThrow('one_set_for_each_order')
  await expect(copy({ order_id: other.order_id, position: 2 })).rejects.toThrow('number_once_in_an_event')
})

test('issueTickets: numbers have no gaps and no doubles when batches of one event run at once', async () => {
  const facts = event({ title: 'Rush' })
  const orders = Array.from(
    { length: 60 }, (_, index) => completedOrder({ event: facts, items: [item(1 + index % 4)] })
  )
  const handler = service.subscriptions!.find(one => one.event === orderCompleted)!.handler
  const batches = [
    orders.slice(0, 20), orders.slice(20, 40), orders.slice(40), orders.slice(10, 50),
  ]

  await Promise.all(batches.map(batch => ctx.transaction(tx => handler(ctx, tx, batch.map(data =>
    ({ id: uuidv7(), data, request_id: null, created_at: inHours(0) }))))))

  const rows = await ctx.db.selectFrom('tickets.tickets').select('number').where('event_id', '=', facts.id).orderBy('number').execute()
  expect(rows.map(row => row.number)).toEqual(Array.from({ length: 150 }, (_, index) => `RUSH-${String(index + 1).padStart(6, '0')}`))
})

test('issueTickets: batches that share events in another order do not deadlock', async () => {
  const events = Array.from({ length: 8 }, () => event())
  const handler = service.subscriptions!.find(one => one.event === orderCompleted)!.handler
  const batch = (facts: typeof events) =>
    facts.map(
      one => ({
        id: uuidv7(), data: completedOrder({ event: one }), request_id: null,
        created_at: inHours(0),
      })
    )
  await Promise.all(Array.from({ length: 12 }, (_, index) => ctx.transaction(tx =>
    handler(ctx, tx, batch(index % 2 ? events : events.toReversed())))))
  const rows = await ctx.db.selectFrom('tickets.tickets').select('id').where(
    'event_id', 'in', events.map(one => one.id)
  ).execute()
  expect(rows).toHaveLength(96)
})

test('issueTickets: a new secret gives new keys, and tickets sold before still verify', async () => {
  const before = await issueOne(it)
  const { createTicketKeys } = await import('../ticket-keys.ts')
  const old = ctx.resources.keys
  ctx.resources.keys = createTicketKeys('another secret of at least 32 characters')
  try {
    const after = await issueOne(it, { event: before.event })
    expect(after.code.slice(0, 16)).not.toBe(before.code.slice(0, 16))
    const { body } = await it.send(listTicketKeys, { query: { event_id: before.event_id } })
    expect(body.items.map(key => key.kid)).toEqual([
      after.code.slice(0, 16), before.code.slice(0, 16),
    ])
  } finally {
    ctx.resources.keys = old
  }
})

test('endOrders: a refunded order\'s tickets become void and each is announced', async () => {
  const order = completedOrder({ items: [item(2)] })
  await issue(it, [order])
  await publish(orderRefunded, [refund(order), refund(order)])
  await it.eventually(
    async () => (await ticketsOf(it, order.order_id)).every(ticket => ticket.status === 'void'), 'void tickets'
  )

  const told = await announced(order.order_id, ticketVoided.type)
  expect(
    told.map(row => (row.data as { ticket: { number: string } }).ticket.number).sort()
  ).toEqual(['WINTER-000001', 'WINTER-000002'])
  expect(told[0]!.data).toMatchObject({ reason: 'requested', order_code: order.code, buyer: order.buyer })
})

test('endOrders: a refund that overtakes the completion leaves no valid ticket', async () => {
  const order = completedOrder()
  await publish(orderRefunded, [refund(order)])
  await settled()
  await publish(orderCompleted, [order])
  await settled()

  expect(await countTickets(order.order_id)).toBe(0)
  expect(await announced(order.order_id, ticketsIssued.type)).toEqual([])
})

test('endOrders: completion and refund at the same moment never leave a valid ticket', async () => {
  const handlerOf = (definition: unknown) =>
    service.subscriptions!.find(one => one.event === definition)!.handler
  const orders = Array.from({ length: 30 }, () => completedOrder())
  const wrap = (data: unknown) =>
    [{ id: uuidv7(), data, request_id: null, created_at: inHours(0) }] as never
  await Promise.all(orders.flatMap(order => [
    ctx.transaction(tx => handlerOf(orderCompleted)(ctx, tx, wrap(order))),
    ctx.transaction(tx => handlerOf(orderRefunded)(ctx, tx, wrap(refund(order)))),
  ]))
  const left = await ctx.db.selectFrom('tickets.tickets').select('id').where('status', '=', 'active')
    .where('order_id', 'in', orders.map(order => order.order_id)).execute()
  expect(left).toEqual([])
})

test('endOrders: a canceled order is over too, and who was admitted stays admitted', async () => {
  const order = completedOrder({ items: [item(2)] })
  const [first] = (await issue(it, [order]))[0]!
  const { checkIn } = await import('@fermata/contracts/tickets')
  await it.send(checkIn, {
    token: operator, body: { code: first!.code, event_id: first!.event_id, gate: 'A' },
  })
  const { event: _, payment_id, completed_at, ...facts } = order
  await publish(orderCanceled, [{ ...facts, canceled_at: inHours(0), reason: 'organizer' }])
  await it.eventually(
    async () => (await ticketsOf(it, order.order_id)).some(ticket => ticket.status === 'void'), 'a void ticket'
  )
  expect((await ticketsOf(it, order.order_id)).map(ticket => ticket.status)).toEqual(['used', 'void'])
})

test('keepEvents: what is printed follows the newest version, whichever arrives last', async () => {
  const facts = event()
  await publish(eventPublished, [facts])
  const ticket = await issueOne(it, { event: facts })
  const newer = { ...facts, title: 'Winter concert, new hall', venue: { ...facts.venue, name: 'New Hall' }, version: 3 }
  await publish(eventChanged, [
    { event: newer, changed: ['venue'] }, { event: { ...facts, title: 'Older', version: 2 }, changed: ['title'] },
  ])
  await settled()
  await publish(eventChanged, [{ event: { ...facts, title: 'Late', version: 2 }, changed: ['title'] }])
  await settled()

  const { body } = await it.send(getTicket, { params: { id: ticket.id }, token: operator })
  expect(body).toMatchObject({
    number: ticket.number, event_title: 'Winter concert, new hall', event: { venue: { name: 'New Hall' }, version: 3 },
  })
  expect((await issueOne(it, { event: facts })).number).toBe('WINTER-000002')
})

test('keepEvents: a canceled event is shown as canceled and its tickets wait for their refund', async () => {
  const facts = event()
  const ticket = await issueOne(it, { event: facts })
  await publish(eventCanceled, [{
    event: { ...facts, status: 'canceled', version: 2 }, canceled_at: inHours(0), reason: 'Illness',
  }])
  await settled()
  const { body } = await it.send(getTicket, { params: { id: ticket.id }, token: operator })
  expect(body).toMatchObject({ status: 'active', event: { status: 'canceled' } })
})
