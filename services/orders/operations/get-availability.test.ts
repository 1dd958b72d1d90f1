import * as api from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, testSecrets, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import orders from '../service.ts'
import { eventsPeer } from '../test/peers.ts'
import { in_days, orderOf, seedEvent, seedPool, seedTicketType } from '../test/seed.ts'

/** What watchers of an event are told; `other` sells as a second process on the same database. */

const secrets = testSecrets()
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

const look = (event_id: string, headers: Record<string, string> = {}) =>
  it.send(api.getAvailability, { query: { event_id }, headers })
const buy = async (type: { id: string, event_id: string }, quantity: number) => {
  const { status, body } = await other.send(api.placeOrder, { body: orderOf(type, quantity) })
  expect(status).toBe(201)
  return body
}
const itemsOf = async (event_id: string) => (await look(event_id)).body!.items
/** So long that what was read before may not be told any more. */
const aSecond = () => new Promise(resolve => setTimeout(resolve, 1000))

test('getAvailability: what is left of each type, its state and its price of now', async () => {
  const event = await seedEvent(ctx)
  const room = await seedPool(ctx, event.id, 3)
  const early = await seedTicketType(ctx, { event_id: event.id, price_minor: 2000, capacity: 50,
    tiers: [{ price_minor: 1500, up_to_sold: 1 }] })
  const shared = await seedTicketType(ctx, { event_id: event.id, capacity: 50, pool_ids: [room] })
  const later = await seedTicketType(ctx, { event_id: event.id, sales_start: in_days(1) })

  const { status, body, headers } = await look(event.id)

  expect(status).toBe(200)
  expect(body).toEqual({ event_id: event.id, poll_after_ms: 2000, items: [
    { id: early.id, available: 50, on_sale: 'open', current_price_minor: 1500 },
    { id: shared.id, available: 3, on_sale: 'open', current_price_minor: 1000 },
    { id: later.id, available: 100, on_sale: 'upcoming', current_price_minor: 1000 },
  ] })
  expect(headers['content-type']).toBe('application/json; charset=utf-8')
  expect(headers['cache-control']).toBe('public, no-cache')
  const listed = (await it.send(api.listTicketTypes, { query: { event_id: event.id } })).body.items
  expect(body!.items).toEqual(listed.map(({ id, available, on_sale, current_price_minor }) =>
    ({ id, available, on_sale, current_price_minor })))
  await buy(early, 1)
  await buy(shared, 3)
  await aSecond()
  expect((await itemsOf(event.id)).slice(0, 2)).toMatchObject([
    { available: 49, current_price_minor: 2000 }, { available: 0, on_sale: 'sold_out' }])
})

test('getAvailability: who has the answer is not sent it again, until something is sold', async () => {
  const type = await seedTicketType(ctx, { capacity: 10 })
  const { etag } = (await look(type.event_id)).headers
  const known = () => look(type.event_id, { 'if-none-match': `"other", W/${String(etag)}` })
  expect(await known()).toMatchObject({ status: 304, bytes: Buffer.alloc(0) })
  expect((await look(type.event_id, { 'if-none-match': String(etag) })).status).toBe(304)
  await aSecond()
  expect((await known()).status).toBe(304)
  await buy(type, 1)
  await aSecond()
  expect(await known()).toMatchObject({ status: 200, body: { items: [{ available: 9 }] } })
})

test('getAvailability: an event that is none, and a draft, are 404; a strange id is refused', async () => {
  const draft = await seedEvent(ctx, { status: 'draft' })
  await seedTicketType(ctx, { event_id: draft.id })
  const empty_draft = await seedEvent(ctx, { status: 'draft' })
  for (const event_id of [uuidv7(), draft.id, empty_draft.id]) {
    for (const _ of ['read', 'remembered']) expect((await look(event_id)).status).toBe(404)
  }
  expect((await look('none')).status).toBe(400)
  const empty = await seedEvent(ctx)
  expect(await itemsOf(empty.id)).toEqual([])
  const over = await seedEvent(ctx, { status: 'canceled' })
  await seedTicketType(ctx, { event_id: over.id })
  expect(await itemsOf(over.id)).toMatchObject([{ on_sale: 'closed' }])
})

test('getAvailability: a type behind an access code is not in it, whoever asks and with whatever', async () => {
  const member = uuidv7()
  const event = await seedEvent(ctx, { owner_ids: [member] })
  const shown = await seedTicketType(ctx, { event_id: event.id })
  const hidden = await seedTicketType(ctx, { event_id: event.id, access_code: 'backstage' })
  const organizer = await it.personToken({ user_id: member, roles: ['event_creator'] })
  // The organiser's own look at everything must not be what is kept for the others.
  await it.send(api.listTicketTypes, { query: { event_id: event.id }, token: organizer })
  for (const token of [organizer, undefined]) {
    const { bytes, body } = await it.send(
      api.getAvailability, { query: { event_id: event.id }, token })
    expect(body!.items.map(({ id }) => id)).toEqual([shown.id])
    expect(String(bytes)).not.toContain(hidden.id)
  }
  const guessed = { event_id: event.id, code: 'backstage' } as never
  expect((await it.send(api.getAvailability, { query: guessed })).status).toBe(400)
  // Hidden later, it leaves the answer within a second too.
  await sql`update orders.ticket_types set access_code = 'secret' where id = ${shown.id}`.run(ctx.db)
  await aSecond()
  expect(await itemsOf(event.id)).toEqual([])
})

test('getAvailability: sales of another process show in less than a second, however many look', async () => {
  const type = await seedTicketType(ctx, { capacity: 100 })
  const event_id = type.event_id
  let answers = 0
  let is_over = false
  const watchers = Array.from({ length: 50 }, async () => {
    while (!is_over) {
      await look(event_id)
      answers++
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  })
  let reads = 0
  const count = () => { reads++ }
  ctx.pool.on('acquire', count)
  const began = performance.now()
  const lags_ms: number[] = []
  for (let left = 99; left > 90; left--) {
    await buy(type, 1)
    const sold_at = performance.now()
    await it.eventually(async () => (await itemsOf(event_id))[0]!.available === left, 'the sale to show')
    lags_ms.push(performance.now() - sold_at)
    await new Promise(resolve => setTimeout(resolve, 130))
  }
  ctx.pool.off('acquire', count)
  const seconds = (performance.now() - began) / 1000
  is_over = true
  await Promise.all(watchers)

  expect(Math.max(...lags_ms)).toBeLessThan(1000)
  expect(answers).toBeGreaterThan(200)
  // Twice a second for those who look, where each for themselves would be two thousand; timers of
  // the service read beside it, some ten times a second.
  expect(reads).toBeLessThan(10 + seconds * 25)
})

test('getAvailability: a crowd that comes at once is one question to the database', async () => {
  const type = await seedTicketType(ctx, { capacity: 7 })
  let reads = 0
  const count = () => { reads++ }
  ctx.pool.on('acquire', count)
  const answers = await Promise.all(Array.from({ length: 500 }, () => look(type.event_id)))
  ctx.pool.off('acquire', count)
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  expect(new Set(answers.map(({ headers }) => headers.etag)).size).toBe(1)
  // Timers of the service may have asked something of their own meanwhile.
  expect(reads).toBeLessThan(10)
})

test('getAvailability: ever new events that are none are forgotten again', async () => {
  const type = await seedTicketType(ctx, { capacity: 5 })
  await look(type.event_id)
  const ids = Array.from({ length: 1100 }, () => uuidv7())
  const statuses = await Promise.all(ids.map(async id => (await look(id)).status))
  expect(new Set(statuses)).toEqual(new Set([404]))
  expect(ctx.resources.availability.size()).toBeLessThanOrEqual(1000)
  expect(await itemsOf(type.event_id)).toMatchObject([{ available: 5 }])
})

test('getAvailability: the answer that skips all else is the same as the route\'s, and as guarded', async () => {
  const type = await seedTicketType(ctx, { capacity: 4 })
  const origin = await it.system.app.listen({ port: 0, host: '127.0.0.1' })
  const path = `${origin}${api.getAvailability.path}?event_id=${type.event_id}`
  const compared = ['etag', 'cache-control', 'content-type', 'vary', 'x-content-type-options',
    'content-security-policy', 'cross-origin-resource-policy']
  const told = async (answer: Response) => ({ status: answer.status, body: await answer.text(),
    headers: compared.map(name => `${name}: ${answer.headers.get(name)}`) })
  // The first is read for the route; the next comes early, which shows in what it leaves out.
  const by_route = await fetch(path)
  const early = await fetch(path)
  expect([by_route, early].map(({ headers }) => headers.has('x-request-id'))).toEqual([true, false])
  const etag = early.headers.get('etag')!
  expect(await told(early)).toEqual(await told(by_route))
  expect((await fetch(path, { headers: { 'if-none-match': etag } })).status).toBe(304)
  expect((await fetch(path, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401)
  expect((await fetch(`${path}&code=backstage`)).status).toBe(400)
  await buy(type, 1)
  await aSecond()
  const later = await fetch(path, { headers: { 'if-none-match': etag } })
  expect(await later.json()).toMatchObject({ items: [{ available: 3 }] })
})
