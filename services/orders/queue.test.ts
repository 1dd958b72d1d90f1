import { createHash } from 'node:crypto'
import * as api from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import { tendWaitingRooms } from './operations/tend-waiting-rooms.ts'
import { checkPass } from './queue-pass.ts'
import { bindingOf, signPass } from './queue-tokens.ts'
import orders from './service.ts'
import { eventsPeer } from './test/peers.ts'
import { in_days, orderOf, seedEvent, seedTicketType } from './test/seed.ts'

/**
 * The waiting room through HTTP: set-queue, get-queue, get-queue-settings, join-queue,
 * get-queue-position, list-queue-joins, tend-waiting-rooms.
 */

let it: TestSystem
let ctx: Ctx
const member = uuidv7()
let organizer: string

beforeAll(async () => {
  it = await startTestSystem([orders, eventsPeer().service])
  ctx = it.context<Ctx>('orders')
  organizer = await it.personToken({ user_id: member, roles: ['event_creator'] })
})
afterAll(() => it.stop())

const in_seconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()

interface Given {
  opens_at?: string, capacity?: number, max_in_checkout?: number, pass_minutes?: number
  free_joins_per_network?: number, max_joins_per_network?: number
}

/** An event with one ticket type and a room in front of it. */
async function seedRoom ({ capacity = 100, opens_at = in_seconds(-1), ...settings }: Given = {}) {
  const event = await seedEvent(ctx, { owner_ids: [member] })
  const type = await seedTicketType(ctx, { event_id: event.id, capacity })
  const answer = await it.send(api.setQueue, { params: { event_id: event.id }, token: organizer,
    body: { enabled: true, opens_at, ...settings } })
  expect(answer.status).toBe(200)
  return { event_id: event.id, type, settings: answer.body }
}

const join = async (event_id: string, body: object = {}, token?: string) =>
  it.send(api.joinQueue, { params: { event_id }, body, token })
const position = async (event_id: string, token: string) =>
  (await it.send(api.getQueuePosition, { params: { event_id }, query: { token } })).body
const room = async (event_id: string) =>
  (await it.send(api.getQueue, { params: { event_id } })).body
const settingsOf = (event_id: string, token = organizer) =>
  it.send(api.getQueueSettings, { params: { event_id }, token })
const buy = async (body: object, token?: string) =>
  (await it.send(api.placeOrder, { body, token })).status
const placesOf = (event_id: string, tokens: string[]) =>
  Promise.all(tokens.map(async token => (await position(event_id, token)).place!))
/** From 1 to `count`. */
const counted = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** Waits for the turn of a place and returns its pass. */
const passOf = (event_id: string, token: string) => it.eventually(async () =>
  (await position(event_id, token)).pass, 'the turn')

const refusalOf = async (body: object, token?: string) => {
  const { status, problem } = await it.send(api.placeOrder, { body, token })
  return { status, type: problem.type, reason: problem.reason }
}

test('setQueue: an event sells through its room from then on, and freely once it is off', async () => {
  const { event_id, type, settings } = await seedRoom({ opens_at: in_seconds(600) })
  expect(settings).toMatchObject({
    enabled: true, joined: 0, max_in_checkout: 2000, pass_minutes: 10, drawn_at: null })
  expect(await refusalOf(orderOf(type))).toMatchObject({ status: 403, type: '/problems/orders/queue-pass-needed' })

  await it.send(api.setQueue, { params: { event_id }, token: organizer,
    body: { enabled: false, opens_at: settings.opens_at } })

  expect(await buy(orderOf(type))).toBe(201)
  expect((await it.send(api.getQueue, { params: { event_id } })).status).toBe(404)
  const kept = await settingsOf(event_id)
  expect(kept.body).toMatchObject({ enabled: false, key_hash: settings.key_hash })
})

test('setQueue: only who manages the event may, and the opening stays once the draw took place', async () => {
  const { event_id } = await seedRoom()
  const body = { enabled: false, opens_at: in_seconds(60) }
  const stranger = await it.personToken({ roles: ['event_creator'] })
  const foreign = await it.send(api.setQueue, { params: { event_id }, body, token: stranger })
  expect(foreign.status).toBe(404)
  expect((await settingsOf(event_id, stranger)).status).toBe(404)
  await it.eventually(async () => (await room(event_id)).draw.drawn_at, 'the draw')

  const answer = await it.send(api.setQueue, { params: { event_id }, body, token: organizer })

  expect(answer.status).toBe(409)
  expect(answer.problem.type).toBe('/problems/orders/queue-drawn')
})

test('joinQueue: before the opening nobody has a place, and the key of the draw is hidden', async () => {
  const { event_id, settings } = await seedRoom({ opens_at: in_seconds(600) })

  const { status, body } = await join(event_id)

  expect(status).toBe(200)
  expect(body).toMatchObject({ status: 'before_opening', place: null, ahead: null, pass: null })
  expect(body.poll_after_ms).toBeGreaterThan(1000)
  expect((await room(event_id)).draw).toMatchObject({
    key_hash: settings.key_hash, key: null, joins_digest: null })
})

test('listQueueJoins: shows nobody before the draw, and everybody after it page by page', async () => {
  const { event_id } = await seedRoom({ opens_at: in_seconds(2) })
  const before = [await join(event_id), await join(event_id)]
  const list = async (query: { cursor?: string, limit?: number } = {}) =>
    (await it.send(api.listQueueJoins, { params: { event_id }, query })).body
  expect(await list()).toEqual({ items: [], next_cursor: null })
  await it.eventually(async () => (await room(event_id)).state === 'open', 'the draw')
  const after = (await join(event_id)).body

  const first = await list({ limit: 2 })
  const { items: [last] } = await list({ limit: 2, cursor: first.next_cursor! })

  const idOf = (token: string) => Buffer.from(token.slice(3), 'base64url').toString('hex', 0, 16)
  expect(first.items.map(({ first_place, ids }) => ({ first_place, ids }))).toEqual(
    before.map(({ body }) => ({ first_place: null, ids: [idOf(body.token)] })))
  expect(last).toMatchObject({ number: 3, first_place: 3, ids: [idOf(after.token)] })
})

test('getQueueSettings: a room that was never made is none', async () => {
  const event = await seedEvent(ctx, { owner_ids: [member] })
  expect((await settingsOf(event.id)).status).toBe(404)
})

test('joinQueue: the same token answers with the same place', async () => {
  const { event_id } = await seedRoom()
  const first = await join(event_id)
  const again = await join(event_id, { token: first.body.token })
  expect(again.status).toBe(200)
  expect(again.body.token).toBe(first.body.token)
  const other = await join(event_id, { token: `${first.body.token.slice(0, -4)}AAAA` })
  expect(other.body.token).not.toBe(first.body.token)
})

test('joinQueue: there is no room where none was made, and none to join once all is sold', async () => {
  const event = await seedEvent(ctx)
  expect((await join(event.id)).status).toBe(404)
  const nowhere = await it.send(api.getQueuePosition, {
    params: { event_id: event.id }, query: { token: 'fq_xxxxxxxx' } })
  expect(nowhere.status).toBe(404)
  expect((await it.send(api.listQueueJoins, { params: { event_id: event.id } })).status).toBe(404)

  const { event_id } = await seedRoom({ capacity: 1 })
  await it.eventually(async () => (await room(event_id)).state === 'open', 'the opening')
  await sql`update orders.pools set sold = capacity where event_id = ${event_id}`.run(ctx.db)
  await it.eventually(async () => (await room(event_id)).state === 'sold_out', 'the end')
  expect((await join(event_id)).problem).toMatchObject({ status: 409, type: '/problems/orders/queue-closed', reason: 'sold_out' })
})

test('joinQueue: after the opening places are given in the order of arrival', async () => {
  const { event_id } = await seedRoom({ max_in_checkout: 1, free_joins_per_network: 1000 })
  await it.eventually(async () => (await room(event_id)).state === 'open', 'the opening')
  const places: number[] = []
  for (let round = 0; round < 5; round++) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => join(event_id)))
    places.push(...await placesOf(event_id, answers.map(({ body }) => body.token)))
  }
  expect(places).toEqual(counted(100))
})

test('getQueuePosition: an altered token, or that of another event, is none', async () => {
  const here = await seedRoom()
  const there = await seedRoom()
  const { token } = (await join(here.event_id)).body
  const altered = [`${token.slice(0, 20)}${token[20] === 'A' ? 'B' : 'A'}${token.slice(21)}`, `${token}A`, token.slice(0, -1)]
  const ask = (event_id: string, text: string) =>
    it.send(api.getQueuePosition, { params: { event_id }, query: { token: text } })
  for (const text of altered) expect((await ask(here.event_id, text)).problem.type).toBe('/problems/orders/queue-token-invalid')
  expect((await ask(there.event_id, token)).status).toBe(400)
  expect((await ask(here.event_id, token)).status).toBe(200)
})

test('getQueuePosition: the answer that skips all else is the same as the route\'s', async () => {
  const { event_id } = await seedRoom({ max_in_checkout: 1 })
  const first = (await join(event_id)).body.token
  const second = (await join(event_id)).body.token
  await it.eventually(async () => (await position(event_id, first)).pass, 'the turn of the first')
  const origin = await it.system.app.listen({ port: 0, host: '127.0.0.1' })
  const ask = (token: string) => fetch(`${origin}/api/queue/${event_id}/position?token=${token}`)
  for (const token of [first, second]) {
    const early = await ask(token)
    const by_route = await it.send(api.getQueuePosition, { params: { event_id }, query: { token } })
    expect(early.headers.has('x-request-id')).toBe(false)
    expect(early.headers.get('cache-control')).toBe('no-store')
    expect(by_route.headers['cache-control']).toBe('no-store')
    const { pass_left_ms: _, ...told } = by_route.body
    expect(await early.json()).toMatchObject(told)
  }
  expect((await ask(first.slice(0, -1))).status).toBe(400)
  expect((await ask(`${first}&x=1`)).status).toBe(400)
})

test('placeOrder: a pass buys, until it was used too often', async () => {
  const { event_id, type } = await seedRoom()
  const { token } = (await join(event_id)).body
  const queue_pass = await passOf(event_id, token)
  const order = { ...orderOf(type), queue_pass }

  const together = await Promise.all(counted(4).map(() => buy(order)))

  expect(together.sort()).toEqual([201, 201, 201, 403])
  expect(await refusalOf(order)).toMatchObject({ type: '/problems/orders/queue-pass-invalid', reason: 'used_up' })
  const use = await sql<{ orders: number }>`
    select orders from orders.queue_uses where event_id = ${event_id}`.first(ctx.db)
  expect(use!.orders).toBe(3)
})

test('placeOrder: no pass, a place instead of a pass, and the pass of another event, buyer or time are refused', async () => {
  const here = await seedRoom()
  const there = await seedRoom()
  const visitor = 'visitor-with-a-secret'
  const [ann, ben] = await Promise.all([it.personToken(), it.personToken()])
  const place = (await join(here.event_id, { visitor })).body.token
  const ofVisitor = await passOf(here.event_id, place)
  const ofAnn = await passOf(here.event_id, (await join(here.event_id, {}, ann)).body.token)
  const ofNobody = await passOf(here.event_id, (await join(here.event_id)).body.token)
  const elsewhere = await passOf(there.event_id, (await join(there.event_id)).body.token)
  const order = orderOf(here.type)
  const invalid = (reason: string) => ({ status: 403, type: '/problems/orders/queue-pass-invalid', reason })

  expect((await refusalOf(order)).type).toBe('/problems/orders/queue-pass-needed')
  expect((await refusalOf({ ...order, queue_pass: place })).type).toBe('/problems/orders/not-your-turn')
  expect(await refusalOf({ ...order, queue_pass: elsewhere })).toEqual(invalid('unknown'))
  expect(await refusalOf({ ...order, queue_pass: `${ofVisitor.slice(0, -3)}AAA` })).toEqual(invalid('unknown'))
  expect(await refusalOf({ ...order, queue_pass: ofVisitor })).toEqual(invalid('another_buyer'))
  expect(await refusalOf({ ...order, queue_pass: ofVisitor, queue_visitor: 'visitor-without-secret' }))
    .toEqual(invalid('another_buyer'))
  expect(await refusalOf({ ...order, queue_pass: ofAnn }, ben)).toEqual(invalid('another_buyer'))
  expect(await buy({ ...order, queue_pass: ofVisitor, queue_visitor: visitor })).toBe(201)
  expect(await buy({ ...order, queue_pass: ofAnn }, ann)).toBe(201)
  expect(await buy({ ...order, queue_pass: ofNobody })).toBe(201)
  const other = { ...order, queue_pass: ofNobody, buyer: { ...order.buyer, email: 'other@example.net' } }
  expect(await refusalOf(other)).toEqual(invalid('another_buyer'))
})

test('placeOrder: a pass ends with the time to buy, and its place is then missed', async () => {
  const { event_id, type } = await seedRoom()
  const { token } = (await join(event_id)).body
  const queue_pass = await passOf(event_id, token)
  await sql`update orders.queues set pass_seconds = 1 where event_id = ${event_id}`.run(ctx.db)

  await it.eventually(async () => (await position(event_id, token)).status === 'missed', 'the end of the turn')

  expect((await position(event_id, token)).pass).toBeNull()
  expect((await join(event_id, { token })).body.token).not.toBe(token)
  // The pass itself carries the end it was given with.
  expect(await buy({ ...orderOf(type), queue_pass })).toBe(201)
  const { keys } = ctx.resources.rooms.get(event_id)!
  const ended = signPass(keys, {
    place: 1, expires_ms: Date.now() - 5000, binding: bindingOf(undefined, null) })
  expect(await refusalOf({ ...orderOf(type), queue_pass: ended }))
    .toEqual({ status: 403, type: '/problems/orders/queue-pass-invalid', reason: 'expired' })
})

test('placeOrder: a repeated request gets its first answer, though its pass has expired since', async () => {
  const { event_id, type } = await seedRoom({ pass_minutes: 1 })
  const { keys } = ctx.resources.rooms.get(event_id)!
  const queue_pass = signPass(keys, {
    place: 1, expires_ms: Date.now() + 1500, binding: bindingOf(undefined, null) })
  const send = (key: string) =>
    it.send(api.placeOrder, { body: { ...orderOf(type), queue_pass }, key })
  const first = await send('in-time')
  expect(first.status).toBe(201)
  await new Promise(resolve => setTimeout(resolve, 1600))

  const again = await send('in-time')

  expect([again.status, again.body.id]).toEqual([201, first.body.id])
  expect((await send('too-late')).problem).toMatchObject({ status: 403, reason: 'expired' })
})

test('placeOrder: refusing costs well under a millisecond', async () => {
  const { event_id, type } = await seedRoom()
  const order = { ...orderOf(type), queue_pass: 'fp_forged' }
  const started = performance.now()
  for (let round = 0; round < 1000; round++) {
    expect(() => checkPass(ctx, order, { kind: 'anonymous' }, false)).toThrow('pass')
  }
  expect(ctx.resources.rooms.get(event_id)).toBeDefined()
  expect((performance.now() - started) / 1000).toBeLessThan(1)
})

test('tendWaitingRooms: no more are let in than may be inside, and one follows when one leaves', async () => {
  const { event_id, type } = await seedRoom({ max_in_checkout: 2 })
  const tokens: string[] = []
  for (let count = 0; count < 5; count++) tokens.push((await join(event_id)).body.token)
  const first = await passOf(event_id, tokens[0]!)
  await passOf(event_id, tokens[1]!)
  await new Promise(resolve => setTimeout(resolve, 2500))
  expect((await room(event_id)).admitted_up_to).toBe(2)
  const third = await position(event_id, tokens[2]!)
  expect(third).toMatchObject({ status: 'in_line', place: 3, ahead: 0, pass: null })

  const placed = await it.send(api.placeOrder, { body: { ...orderOf(type), queue_pass: first } })
  const { id, access_token } = placed.body
  await it.send(api.cancelOrder, { params: { id }, token: access_token })

  await passOf(event_id, tokens[2]!)
  const settings = await settingsOf(event_id)
  expect(settings.body).toMatchObject({ admitted_up_to: 3, joined: 5 })
  expect(settings.body.left_per_second).toBeGreaterThan(0)
})

test('tendWaitingRooms: a draft has no draw, so an opening that was mistyped can be mended', async () => {
  const event = await seedEvent(ctx, { owner_ids: [member], status: 'draft' })
  await seedTicketType(ctx, { event_id: event.id })
  const set = (opens_at: string) => it.send(api.setQueue, { params: { event_id: event.id },
    token: organizer, body: { enabled: true, opens_at } })
  expect((await set(in_seconds(-3600))).status).toBe(200)
  await tendWaitingRooms(ctx)
  expect((await settingsOf(event.id)).body.drawn_at).toBeNull()
  expect((await set(in_seconds(-60))).status).toBe(200)
  await sql`update orders.events set status = 'published' where id = ${event.id}`.run(ctx.db)
  await it.eventually(async () => (await settingsOf(event.id)).body.drawn_at, 'the draw')
  expect((await set(in_seconds(60))).status).toBe(409)
})

test('tendWaitingRooms: an event that was canceled closes its room', async () => {
  const { event_id } = await seedRoom({ opens_at: in_days(1) })
  const { token } = (await join(event_id)).body
  await sql`update orders.events set status = 'canceled' where id = ${event_id}`.run(ctx.db)
  await it.eventually(async () => (await position(event_id, token)).status === 'closed', 'the end')
  expect((await join(event_id)).problem.reason).toBe('closed')
})

test('getQueue: publishes the key with the draw, as its hash had promised', async () => {
  const { event_id, settings } = await seedRoom(
    { opens_at: in_seconds(1.5), free_joins_per_network: 1000 })
  const answers = await Promise.all(counted(30).map(() => join(event_id)))
  const tokens = answers.map(({ body }) => body.token)

  const { draw } = await it.eventually(async () => {
    const now = await room(event_id)
    return now.state === 'open' && now
  }, 'the draw')

  expect(createHash('sha256').update(Buffer.from(draw.key!, 'hex')).digest('hex')).toBe(settings.key_hash)
  expect(draw.drawn_count).toBe(30)
  const places = await placesOf(event_id, tokens)
  expect(places.toSorted((a, b) => a - b)).toEqual(counted(30))
  expect(places).not.toEqual(places.toSorted((a, b) => a - b))
  expect((await join(event_id)).body.place ?? 31).toBe(31)
})
