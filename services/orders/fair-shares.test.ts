import * as api from '@fermata/contracts/orders'
import { paymentSucceeded } from '@fermata/contracts/payments'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, testSecrets, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import { completeOrders } from './operations/complete-orders.ts'
import { sweepHolds } from './operations/expire-orders.ts'
import { uncountFreeOrders } from './operations/uncount-free-orders.ts'
import { has_tickets } from './queries/expiry.ts'
import orders from './service.ts'
import { eventsPeer } from './test/peers.ts'
import { buyer, default_shares, orderOf, seedEvent, seedTicketType, type SeededType } from './test/seed.ts'

/** Shares of a network and limits of a person, on real rows and in two processes. */

const secrets = testSecrets()
const member = uuidv7()
let it: TestSystem
let other: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([orders, eventsPeer().service], secrets)
  other = await startTestSystem([orders, eventsPeer().service], secrets, it.database_url)
  ctx = it.context<Ctx>('orders')
})
afterAll(async () => {
  await other.stop()
  await it.stop()
})

async function seed (given: SeededType = {}, shares = default_shares) {
  const event = await seedEvent(ctx, { owner_ids: [member] }, shares)
  return seedTicketType(ctx, { event_id: event.id, ...given })
}

interface Who { from?: string, email?: string, visitor?: string, at?: TestSystem }

let last = 0
const buy = (type: { id: string, event_id: string }, quantity: number, who: Who = {}) => {
  const { from = '192.0.2.1', email = `guest-${++last}@example.com`, visitor, at = it } = who
  return at.send(api.placeOrder, {
    body: { ...orderOf(type, quantity), buyer: { ...buyer, email }, visitor },
    headers: { 'x-forwarded-for': from },
  })
}

/** What networks are said to hold must be what their orders that count hold. */
async function countersAgree (event_id: string) {
  const rows = await sql<{ said: string, held: string }>`
    select coalesce((select string_agg(encode(network, 'hex') || ticket_type_id || tickets, ',' order by network, ticket_type_id)
                       from orders.open_holds where event_id = ${event_id}), '') as said,
           coalesce((select string_agg(encode(network, 'hex') || ticket_type_id || tickets, ',' order by network, ticket_type_id)
                       from (select o.network, i.ticket_type_id, sum(i.quantity) as tickets
                               from orders.orders o join orders.events e on e.id = o.event_id
                               join orders.order_items i on i.order_id = o.id
                              where o.event_id = ${event_id} and o.network is not null and ${has_tickets}
                              group by 1, 2) as sums), '') as held`.rows(ctx.db)
  expect(rows[0]!.said).toBe(rows[0]!.held)
  return rows[0]!.said
}

const pay = ({ id, code, event_id, event_title, total_minor, currency }: api.PlacedOrder) =>
  ctx.transaction(async tx => completeOrders(ctx, tx, [{
    id: uuidv7(), type: paymentSucceeded.type, request_id: null, data: {
      payment_id: uuidv7(), order_id: id, order_code: code, event_id, event_title, user_id: null,
      buyer, provider: 'simulated', amount_minor: total_minor, currency,
      succeeded_at: new Date().toISOString() },
  } as never]))

const endHolds = async (event_id: string) => {
  await sql`update orders.orders set expires_at = now() - interval '1 second'
    where event_id = ${event_id} and status = 'pending' and expires_at > now()`.run(ctx.db)
}

test('placeOrder: a network holds half of what is not sold, and others the rest', async () => {
  const type = await seed({ capacity: 100 })
  for (let n = 0; n < 5; n++) expect((await buy(type, 10)).status).toBe(201)
  const refused = await buy(type, 1)
  expect([refused.status, refused.problem.type]).toEqual([429, api.tooManyHeld.type])
  expect(refused.problem).toMatchObject({ scope: 'network', share: 50 })
  expect(refused.headers['retry-after']).toBe('5')
  expect(refused.problem.detail).toMatch(/network.*free/)
  expect((await buy(type, 10, { from: '192.0.2.2' })).status).toBe(201)
  await countersAgree(type.event_id)
})

test('placeOrder: an owner of a /48 is one network, however many addresses it uses', async () => {
  const type = await seed({ capacity: 40 })
  const statuses = []
  for (let n = 1; n <= 5; n++) {
    statuses.push((await buy(type, 5, { from: `2001:db8:7:${n}::1` })).status)
  }
  expect(statuses).toEqual([201, 201, 201, 201, 429])
  expect((await buy(type, 5, { from: '2001:db8:8::1' })).status).toBe(201)
})

test('placeOrder: whoever shares an address is served again as others pay, cancel or let go', async () => {
  const type = await seed({ capacity: 20 })
  const held = await Promise.all([buy(type, 5), buy(type, 5)])
  expect((await buy(type, 1)).status).toBe(429)
  await pay(held[0].body)
  expect((await buy(type, 5)).status).toBe(201)
  await countersAgree(type.event_id)
  expect((await buy(type, 1)).status).toBe(429)
  expect((await it.send(api.cancelOrder, { params: { id: held[1].body.id },
    token: held[1].body.access_token })).status).toBe(200)
  expect((await buy(type, 4)).status).toBe(201)
  await countersAgree(type.event_id)
  // Holds that are over give way to the next buyer, before any sweep.
  await endHolds(type.event_id)
  expect((await buy(type, 7)).status).toBe(201)
  await endHolds(type.event_id)
  await sweepHolds(ctx)
  expect(await countersAgree(type.event_id)).toBe('')
})

test('placeOrder: no trace of a network outlives its hold', async () => {
  const type = await seed()
  const orders = await Promise.all([buy(type, 1), buy(type, 1), buy(type, 1)])
  await pay(orders[0].body)
  await it.send(api.cancelOrder,
    { params: { id: orders[1].body.id }, token: orders[1].body.access_token })
  await endHolds(type.event_id)
  const left = () => sql<{ left: number }>`
    select (select count(*) from orders.orders where event_id = ${type.event_id} and network is not null)
         + (select count(*) from orders.open_holds where event_id = ${type.event_id}) as left`.one(ctx.db).then(({ left }) => left)
  expect(await left()).toBeGreaterThan(0)
  await it.eventually(async () => await left() === 0, 'the networks to be forgotten')
})

test('uncountFreeOrders: tickets that cost nothing count as long as a hold would last', async () => {
  // They are sold at once, so that half of what is not sold is a third of all.
  const type = await seed({ capacity: 60, price_minor: 0 })
  expect((await buy(type, 10)).body.status).toBe('completed')
  expect((await buy(type, 10)).status).toBe(201)
  expect((await buy(type, 1)).status).toBe(429)
  await sql`update orders.orders set expires_at = now() - interval '1 second'
    where event_id = ${type.event_id}`.run(ctx.db)
  await uncountFreeOrders(ctx)
  expect(await countersAgree(type.event_id)).toBe('')
  expect((await buy(type, 10)).status).toBe(201)
})

test('placeOrder: one person has ten tickets of an event, in whichever orders and spellings', async () => {
  const type = await seed({ capacity: 1000 })
  const spellings = ['ann.lee@gmail.com', 'annlee+2@gmail.com', 'A.N.N.lee@googlemail.com']
  for (const email of spellings) expect((await buy(type, 3, { email })).status).toBe(201)
  const refused = await buy(type, 2, { email: 'annlee@gmail.com', from: '192.0.2.77' })
  expect([refused.status, refused.problem.type]).toEqual([409, api.limitReached.type])
  expect(refused.problem).toMatchObject({ scope: 'event', limit: 10 })
  expect((await buy(type, 1, { email: 'annlee@gmail.com' })).status).toBe(201)
})

test('placeOrder: one browser with many mailboxes is one person', async () => {
  const type = await seed({ capacity: 1000 })
  const visitor = 'a-secret-of-one-browser'
  expect((await buy(type, 10, { visitor })).status).toBe(201)
  expect((await buy(type, 1, { visitor, from: '192.0.2.3' })).status).toBe(409)
})

test('placeOrder: ten orders of ten at once, in two processes, end at ten tickets', async () => {
  const type = await seed({ capacity: 1000 })
  const who = { email: 'greedy@example.com' }
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) =>
    buy(type, 10, { ...who, at: index % 2 ? it : other })))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  // Fifteen minutes later the holds are over: again it is ten, not ten more.
  await endHolds(type.event_id)
  const again = await Promise.all(Array.from({ length: 20 }, (_, index) =>
    buy(type, 10, { ...who, at: index % 2 ? other : it })))
  expect(again.filter(({ status }) => status === 201)).toHaveLength(1)
})

test('placeOrder: a process that takes over, or starts anew, knows who bought before it', async () => {
  const type = await seed({ capacity: 1000 })
  expect((await buy(type, 10, { email: 'before@example.com' })).status).toBe(201)
  expect((await buy(type, 10, { email: 'before@example.com', at: other })).status).toBe(409)
  expect((await buy(type, 10, { email: 'between@example.com', at: other })).status).toBe(201)
  expect((await buy(type, 1, { email: 'between@example.com' })).status).toBe(409)
  const third = await startTestSystem([orders, eventsPeer().service], secrets, it.database_url)
  try {
    expect((await buy(type, 1, { email: 'before@example.com', at: third })).status).toBe(409)
    expect((await buy(type, 1, { email: 'after@example.com', at: third })).status).toBe(201)
  } finally {
    await third.stop()
  }
})

test('placeOrder: two processes together keep to the share of a network', async () => {
  const type = await seed({ capacity: 200 })
  const answers = await Promise.all(Array.from({ length: 150 }, (_, index) =>
    buy(type, 2, { at: index % 2 ? it : other })))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(50)
  await countersAgree(type.event_id)
})

test('completeOrders: who lets ten go, buys ten more and then pays the first gets ten', async () => {
  const type = await seed({ capacity: 100 })
  const who = { email: 'late@example.com' }
  const first = await buy(type, 10, who)
  await endHolds(type.event_id)
  await sweepHolds(ctx)
  const second = await buy(type, 10, who)
  expect(second.status).toBe(201)
  await pay(second.body)
  await pay(first.body)
  const states = await Promise.all([first, second].map(async ({ body }) =>
    (await it.send(api.getOrder, { params: { id: body.id }, token: body.access_token }))
      .body.status))
  expect(states).toEqual(['refunded', 'completed'])
  expect(await countersAgree(type.event_id)).toBe('')
})

test('setFairShares: an organiser lets a school buy from one address, from the answer on', async () => {
  const type = await seed({ capacity: 100 })
  const token = await it.personToken({ user_id: member, roles: ['event_creator'] })
  const params = { event_id: type.event_id }
  expect((await it.send(api.getFairShares, { params, token })).body)
    .toEqual({ ...params, network_share_percent: 50, max_per_buyer: 10, is_default: true })
  const set = (body: object, by = token) => it.send(api.setFairShares, { params, body, token: by })
  expect((await set({ network_share_percent: 100 })).body)
    .toEqual({ ...params, network_share_percent: 100, max_per_buyer: 10, is_default: true })
  const answers = await Promise.all(Array.from({ length: 10 }, () => buy(type, 10)))
  expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(201))
  expect((await set({ max_per_buyer: null })).body)
    .toEqual({ ...params, network_share_percent: 100, max_per_buyer: null, is_default: false })
  expect((await set({ max_per_buyer: 3 })).body).toMatchObject({ max_per_buyer: 3 })
})

test('getFairShares: refuses strangers and shares that are none', async () => {
  const type = await seed()
  const params = { event_id: type.event_id }
  const stranger = await it.personToken({ roles: ['event_creator'] })
  const token = await it.personToken({ user_id: member, roles: ['event_creator'] })
  expect((await it.send(api.getFairShares, { params, token: stranger })).status).toBe(404)
  expect((await it.send(api.setFairShares,
    { params, token: stranger, body: { network_share_percent: 100 } })).status).toBe(404)
  for (const body of [
    {}, { network_share_percent: 0 }, { network_share_percent: 101 }, { max_per_buyer: 0 },
  ]) {
    expect((await it.send(api.setFairShares, { params, token, body })).status).toBe(400)
  }
})
