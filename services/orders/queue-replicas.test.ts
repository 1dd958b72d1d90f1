import * as api from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, testSecrets, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import { storeFacts } from './queries/events.ts'
import { bindingOf, queueKeys, signPass } from './queue-tokens.ts'
import orders from './service.ts'
import { eventsPeer } from './test/peers.ts'
import { orderOf, seedEvent, seedTicketType } from './test/seed.ts'

/** The waiting room in two processes on one database, and after a restart. */

const secrets = testSecrets()
const member = uuidv7()
let one: TestSystem
let two: TestSystem

beforeAll(async () => {
  one = await startTestSystem([orders, eventsPeer().service], secrets)
  two = await startTestSystem([orders, eventsPeer().service], secrets, one.database_url)
})
afterAll(async () => {
  await two.stop()
  await one.stop()
})

async function seedRoom (opens_in_seconds: number, max_in_checkout = 2000) {
  const ctx = one.context<Ctx>('orders')
  const event = await seedEvent(ctx, { owner_ids: [member] })
  const type = await seedTicketType(ctx, { event_id: event.id, capacity: 50_000 })
  const token = await one.personToken({ user_id: member, roles: ['event_creator'] })
  const opens_at = new Date(Date.now() + opens_in_seconds * 1000).toISOString()
  const answer = await one.send(api.setQueue, { params: { event_id: event.id }, token,
    body: { enabled: true, opens_at, max_in_checkout,
      free_joins_per_network: 100_000, max_joins_per_network: 100_000 } })
  expect(answer.status).toBe(200)
  return { event_id: event.id, type }
}

const room = (system: TestSystem, event_id: string) =>
  system.send(api.getQueue, { params: { event_id } })
const isOpen = (system: TestSystem, event_id: string) => system.eventually(async () =>
  (await room(system, event_id)).body.state === 'open', 'the opening')
const join = async (system: TestSystem, event_id: string) => {
  const { status, body } = await system.send(api.joinQueue, { params: { event_id }, body: {} })
  expect(status).toBe(200)
  return body.token
}
const placesOf = (system: TestSystem, event_id: string, tokens: string[]) =>
  Promise.all(tokens.map(async token => (await position(system, event_id, token)).place!))
/** From 1 to `count`. */
const counted = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const position = async (system: TestSystem, event_id: string, token: string) =>
  (await system.send(api.getQueuePosition, { params: { event_id }, query: { token } })).body

test('joinQueue: two processes draw the same order, and each place once', async () => {
  const { event_id } = await seedRoom(3)
  const tokens = await Promise.all(counted(200).map(index => join(index % 2 ? one : two, event_id)))
  await Promise.all([isOpen(one, event_id), isOpen(two, event_id)])

  const seen = await Promise.all([one, two].map(system => placesOf(system, event_id, tokens)))

  expect(seen[0]).toEqual(seen[1])
  expect(seen[0]!.toSorted((a, b) => a - b)).toEqual(counted(200))
  const [here, there] = [await room(one, event_id), await room(two, event_id)]
  expect(here.body.draw).toEqual(there.body.draw)
})

test('joinQueue: who was answered before somebody else asked is before them, in whichever process', async () => {
  const { event_id } = await seedRoom(-1, 1)
  await Promise.all([isOpen(one, event_id), isOpen(two, event_id)])
  const answered: { began: number, ended: number, token: string }[] = []
  await Promise.all(Array.from({ length: 40 }, async (_, lane) => {
    for (let round = 0; round < 5; round++) {
      const began = performance.now()
      const token = await join((lane + round) % 2 ? one : two, event_id)
      answered.push({ began, ended: performance.now(), token })
    }
  }))
  const placed = await Promise.all(answered.map(async joined =>
    ({ ...joined, place: (await position(one, event_id, joined.token)).place! })))

  const inversions = placed.flatMap(a => placed.filter(b => a.ended < b.began && a.place > b.place))

  expect(inversions).toEqual([])
  expect(new Set(placed.map(({ place }) => place)).size).toBe(200)
})

test('tendWaitingRooms: two processes let in as many as one', async () => {
  const { event_id } = await seedRoom(-1)
  await Promise.all(Array.from({ length: 400 }, () => join(one, event_id)))
  const measure = () => sql<{ up_to: number, seconds: number }>`
    select admitted_up_to as up_to, extract(epoch from advanced_at - opens_at) as seconds
      from orders.queues where event_id = ${event_id}`.one(one.context<Ctx>('orders').db)
  const before = await one.eventually(async () => {
    const now = await measure()
    return now.up_to > 0 && now
  }, 'the first to come in')
  await new Promise(resolve => setTimeout(resolve, 3000))

  const after = await measure()

  // 50 a second while nothing was measured, and a step of up to two seconds is made up for.
  const most = Math.ceil((after.seconds - before.seconds) * 50)
  expect(after.up_to - before.up_to).toBeLessThanOrEqual(most)
  expect(after.up_to).toBeGreaterThan(before.up_to)
})

test('placeOrder: a restart keeps places, passes and what they were used for', async () => {
  const { event_id, type } = await seedRoom(-1, 2)
  const tokens: string[] = []
  for (let count = 0; count < 4; count++) tokens.push(await join(two, event_id))
  const queue_pass = await two.eventually(async () =>
    (await position(two, event_id, tokens[0]!)).pass, 'the turn')
  const buy = async (system: TestSystem) =>
    (await system.send(api.placeOrder, { body: { ...orderOf(type), queue_pass } })).status
  expect([await buy(two), await buy(one)]).toEqual([201, 201])
  const places = await placesOf(two, event_id, tokens)

  await two.stop()
  two = await startTestSystem([orders, eventsPeer().service], secrets, one.database_url)

  await isOpen(two, event_id)
  expect(await placesOf(two, event_id, tokens)).toEqual(places)
  expect((await position(two, event_id, tokens[0]!)).pass).toBe(queue_pass)
  expect([await buy(two), await buy(one)]).toEqual([201, 403])
  expect((await two.send(api.placeOrder, { body: orderOf(type) })).status).toBe(403)
})

test('placeOrder: what a process knows of a room may be old, and it sells without a pass to nobody', async () => {
  const ctx = one.context<Ctx>('orders')
  const token = await one.personToken({ user_id: member, roles: ['event_creator'] })
  const opens_at = new Date(Date.now() - 1000).toISOString()
  // To whoever read the room before it was published it is closed, and asks for no pass.
  const announce = async () => {
    const event = await seedEvent(ctx, { owner_ids: [member], status: 'draft' })
    const type = await seedTicketType(ctx, { event_id: event.id })
    await one.send(api.setQueue,
      { params: { event_id: event.id }, token, body: { enabled: true, opens_at } })
    await two.eventually(async () => (await room(two, event.id)).body.state === 'closed', 'the room')
    await storeFacts(ctx.db, [{ ...event, status: 'published', version: 2 }])
    return type
  }
  const type = await announce()
  expect(await two.send(api.placeOrder, { body: orderOf(type) })).toMatchObject(
    { status: 403, problem: { type: api.queuePassNeeded.type } })

  const other = await announce()
  const keys = queueKeys(secrets.ORDER_SIGNATURE, other.event_id)
  const pass = { place: 1, expires_ms: Date.now() + 60_000, binding: bindingOf(undefined, null) }
  const buy = async (queue_pass: string) =>
    (await two.send(api.placeOrder, { body: { ...orderOf(other), queue_pass } })).status
  expect(await buy(signPass(keys, pass))).toBe(201)
  expect(await buy(signPass(queueKeys('another', other.event_id), pass))).toBe(403)
})

test('joinQueue: ten thousand join and ask in seconds of CPU time', async () => {
  const { event_id } = await seedRoom(600)
  const cpuSeconds = (since?: NodeJS.CpuUsage) => {
    const { user, system } = process.cpuUsage(since)
    return (user + system) / 1e6
  }
  const started = process.cpuUsage()
  const tokens: string[] = []
  for (let round = 0; round < 10; round++) {
    tokens.push(...await Promise.all(Array.from({ length: 1000 }, () => join(one, event_id))))
  }
  const joined_s = cpuSeconds(started)
  for (let round = 0; round < 10; round++) {
    await placesOf(one, event_id, tokens.slice(round * 1000, (round + 1) * 1000))
  }
  const asked_s = cpuSeconds(started) - joined_s
  console.log(`waiting room: ${joined_s.toFixed(1)} s of CPU for 10,000 joins, ${asked_s.toFixed(1)} s for as many polls`)

  const stored = await sql<{ ids: number, rows: number }>`
    select sum(octet_length(ids)) / 16 as ids, count(*) as rows from orders.queue_joins
     where event_id = ${event_id}`.first(one.context<Ctx>('orders').db)
  expect(stored!.ids).toBe(10_000)
  expect(stored!.rows).toBeLessThan(2000)
  // A loose bound, of CPU time because others may use the machine: what it must notice is a row
  // or a query for each visitor.
  expect(joined_s).toBeLessThan(30)
  expect(asked_s).toBeLessThan(30)
}, 90_000)
