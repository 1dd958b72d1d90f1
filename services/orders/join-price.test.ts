import { hash } from 'node:crypto'
import * as api from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, testSecrets, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import { zeroBits } from './queue-challenge.ts'
import { bindingOf, queueKeys, signChallenge } from './queue-tokens.ts'
import orders from './service.ts'
import { eventsPeer } from './test/peers.ts'
import { seedEvent, seedTicketType } from './test/seed.ts'

/** What a place in the waiting room costs where many come from one network. */

const secrets = testSecrets()
const member = uuidv7()
let it: TestSystem
let organizer: string

beforeAll(async () => {
  it = await startTestSystem([orders, eventsPeer().service], secrets)
  organizer = await it.personToken({ user_id: member, roles: ['event_creator'] })
})
afterAll(() => it.stop())

const in_seconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()

async function seedRoom (settings: object = {}): Promise<string> {
  const ctx = it.context<Ctx>('orders')
  const event = await seedEvent(ctx, { owner_ids: [member] })
  await seedTicketType(ctx, { event_id: event.id, capacity: 100 })
  const { status } = await it.send(api.setQueue, { params: { event_id: event.id }, token: organizer,
    body: { enabled: true, opens_at: in_seconds(600), free_joins_per_network: 2, ...settings } })
  expect(status).toBe(200)
  return event.id
}

const join = (event_id: string, body: object, from = '192.0.2.1', token?: string) =>
  it.send(api.joinQueue, { params: { event_id }, body, token,
    headers: { 'x-forwarded-for': from } })

/** Two of the network have joined, so the next have a price. */
async function crowdedRoom (settings?: object): Promise<string> {
  const event_id = await seedRoom(settings)
  for (let index = 0; index < 2; index++) expect((await join(event_id, {})).status).toBe(200)
  return event_id
}

function solve (challenge: string, bits: number): number {
  let nonce = 0
  while (zeroBits(hash('sha256', `${challenge}:${nonce}`, 'buffer')) < bits) nonce++
  return nonce
}

const typeOf = ({ status, problem }: { status: number, problem: { type: string } }) =>
  [status, problem.type.split('/').at(-1)]
const priced = [429, 'queue-join-priced']

test('joinQueue: where many joined from a network the next does a sum, which is worth one place', async () => {
  const event_id = await crowdedRoom()
  const visitor = 'visitor_with_a_phone'

  const asked = await join(event_id, { visitor })

  expect(typeOf(asked)).toEqual(priced)
  const { challenge, bits, wait_seconds } = asked.problem as unknown as
    { challenge: string, bits: number, wait_seconds: number }
  expect({ bits, wait_seconds }).toEqual({ bits: 18, wait_seconds: 30 })
  expect(asked.headers['retry-after']).toBe('30')
  const nonce = solve(challenge, bits)
  const wrong = solve(challenge, 0) === nonce ? nonce + 1 : 0
  expect(typeOf(await join(event_id, { visitor, challenge, nonce: wrong }))).toEqual(priced)
  expect(typeOf(await join(event_id, { visitor: 'another_visitor_x', challenge, nonce }))).toEqual(priced)
  expect(typeOf(await join(event_id, { challenge, nonce }))).toEqual([400, 'invalid'])
  expect(typeOf(await join(await crowdedRoom(), { visitor, challenge, nonce }))).toEqual(priced)
  const joined = await join(event_id, { visitor, challenge, nonce })
  expect(joined.status).toBe(200)
  // A lost answer is asked for again: the place is the first one.
  expect((await join(event_id, { visitor, challenge, nonce })).body.token).toBe(joined.body.token)
  // Others are not asked.
  expect((await join(event_id, {}, '192.0.2.2')).status).toBe(200)
})

test('joinQueue: who does no sum waits instead, one after the other, and not with an old challenge', async () => {
  const event_id = await crowdedRoom()
  const keys = queueKeys(secrets.ORDER_SIGNATURE, event_id)
  const waited = (visitor: string, seconds: number) => join(event_id, { visitor,
    challenge: signChallenge(keys, { bits: 18, binding: bindingOf(visitor, null),
      issued_ms: Date.now() - seconds * 1000 }) })

  const early = await waited('visitor_too_early', 12)
  expect(typeOf(early)).toEqual(priced)
  // What was waited already counts.
  expect(early.problem).toMatchObject({ wait_seconds: 18 })
  expect(typeOf(await waited('visitor_of_yesterday', 601))).toEqual(priced)
  const one = await it.eventually(async () => {
    const answer = await waited('visitor_with_time', 31)
    if (answer.status !== 200) expect(typeOf(answer)).toEqual([429, 'queue-join-paced'])
    return answer.status === 200 && answer
  }, 'a place for who waited')
  expect(one.body.status).toBe('before_opening')
  const next = await waited('visitor_right_after', 31)
  expect(typeOf(next)).toEqual([429, 'queue-join-paced'])
  expect(Number(next.headers['retry-after'])).toBeLessThanOrEqual(2)
})

test('joinQueue: a visitor has one place, and so has an account, in whichever browser', async () => {
  const event_id = await seedRoom({ free_joins_per_network: 100 })
  const ann = await it.personToken()
  const known = [409, 'queue-already-joined']
  const first = await join(event_id, { visitor: 'a_browser_of_anns' }, '192.0.2.1', ann)
  expect(first.status).toBe(200)
  expect((await join(event_id, { visitor: 'a_browser_of_anns' }, '192.0.2.9')).body.token)
    .toBe(first.body.token)
  expect(typeOf(await join(event_id, { visitor: 'another_of_anns_x' }, '192.0.2.9', ann))).toEqual(known)
  expect(typeOf(await join(event_id, {}, '192.0.2.9', ann))).toEqual(known)
  expect((await join(event_id, { visitor: 'a_browser_of_bens' })).status).toBe(200)
  const together = await Promise.all(Array.from({ length: 5 }, () =>
    join(event_id, { visitor: 'five_times_at_once' })))
  expect(together.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
  expect(new Set(together.map(({ body }) => body.token)).size).toBe(1)
  const settings = await it.send(api.getQueueSettings, { params: { event_id }, token: organizer })
  expect(settings.body.joined).toBe(3)
})

test('joinQueue: after the opening, too, whoever asks again has the place they were given', async () => {
  const event_id = await seedRoom({ opens_at: in_seconds(-1), free_joins_per_network: 100 })
  const crowd = await Promise.all(Array.from({ length: 20 }, (_, index) =>
    join(event_id, { visitor: `one_of_a_crowd_${index}` })))

  const again = await Promise.all(crowd.map((_, index) =>
    join(event_id, { visitor: `one_of_a_crowd_${index}` })))

  expect(again.map(({ body }) => [body.token, body.place]))
    .toEqual(crowd.map(({ body }) => [body.token, body.place]))
  expect(new Set(again.map(({ body }) => body.place)).size).toBe(20)
})

test('joinQueue: a missed place is left for a new one, once', async () => {
  const event_id = await seedRoom({ opens_at: in_seconds(-1) })
  const visitor = 'visitor_who_slept_in'
  const { token } = (await join(event_id, { visitor })).body
  const { db } = it.context<Ctx>('orders')
  await it.eventually(async () => (await it.send(api.getQueuePosition,
    { params: { event_id }, query: { token } })).body.status === 'your_turn', 'the turn')
  await sql`update orders.queue_admissions set at = at - interval '1 hour'
    where event_id = ${event_id}`.run(db)
  await it.eventually(async () => (await it.send(api.getQueuePosition,
    { params: { event_id }, query: { token } })).body.status === 'missed', 'the end of the turn')

  const again = await join(event_id, { visitor, token })

  expect(again.status).toBe(200)
  expect(again.body.place).toBe(2)
  expect((await join(event_id, { visitor, token })).body.token).toBe(again.body.token)
  expect(typeOf(await join(event_id, { visitor: 'somebody_else_xxxx', token })))
    .toEqual([409, 'queue-already-joined'])
})

test('joinQueue: a network has an end, which the organiser sets', async () => {
  const event_id = await seedRoom({ free_joins_per_network: 100, max_joins_per_network: 3 })
  const statuses = await Promise.all(Array.from({ length: 5 }, () => join(event_id, {}, '2001:db8::1')))
  expect(statuses.map(({ status }) => status).sort()).toEqual([200, 200, 200, 409, 409])
  const refused = await join(event_id, {}, '2001:db8:0:1::2')
  expect(typeOf(refused)).toEqual([409, 'queue-network-full'])
  expect(refused.problem).toMatchObject({ limit: 3 })
  expect((await join(event_id, {}, '2001:db8:1::1')).status).toBe(200)
  const settings = await it.send(api.getQueueSettings, { params: { event_id }, token: organizer })
  expect(settings.body).toMatchObject({ free_joins_per_network: 100, max_joins_per_network: 3 })
})

test('joinQueue: another process, and one that begins later, know who joined', async () => {
  const event_id = await crowdedRoom()
  const visitor = 'visitor_of_both_doors'
  const free_address = '192.0.2.7'
  const { token } = (await join(event_id, { visitor }, free_address)).body
  expect(token).toMatch(/^fq_/)
  const other = await startTestSystem([orders, eventsPeer().service], secrets, it.database_url)
  const there = (body: object, from: string) => other.send(api.joinQueue,
    { params: { event_id }, body, headers: { 'x-forwarded-for': from } })

  expect((await there({ visitor }, free_address)).body.token).toBe(token)
  expect(typeOf(await there({ visitor: 'visitor_who_pays_x' }, '192.0.2.1'))).toEqual(priced)
  const over_there = await there({ visitor: 'visitor_over_there' }, free_address)
  expect(over_there.status).toBe(200)
  expect((await join(event_id, { visitor: 'visitor_over_there' }, free_address)).body.token)
    .toBe(over_there.body.token)
  await other.stop()
})
