import { hash } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import * as events from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { allServices } from '@fermata/server/services'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyDraw } from '../../tools/verify-draw.ts'
import { atScale, figure } from '../proofs/proof.ts'

/** A crowd of one network in the waiting room, beside honest visitors of others. */

let it: TestSystem
let organizer: string

beforeAll(async () => {
  it = await startTestSystem([allServices.orders, allServices.events])
  organizer = await it.personToken({ user_id: uuidv7(), roles: ['event_creator'] })
})
afterAll(() => it.stop())

const crowd_address = '203.0.113.66'
const honest_addresses = Array.from({ length: 10 }, (_, index) => `198.51.100.${index + 1}`)
const in_seconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()

/** An event whose waiting room opens in a while. */
async function openRoom (opens_in_seconds: number, prices: object = paid): Promise<string> {
  const { body: { id: event_id } } = await it.send(events.createEvent, { token: organizer, body: {
    title: 'The last concert', description: 'Everybody comes.', category: 'theatre',
    timezone: 'Europe/Paris', currency: 'EUR', starts_at: in_seconds(900_000),
    ends_at: in_seconds(910_000),
    venue: { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' },
  } })
  await it.send(orders.createTicketType, { token: organizer, body: {
    event_id, name: 'Seat', price_minor: 1500, currency: 'EUR', capacity: 1000 } })
  await it.send(events.publishEvent, { token: organizer, params: { id: event_id } })
  await setRoom(event_id, opens_in_seconds, prices)
  await it.eventually(async () => (await it.send(orders.getQueue, { params: { event_id } }))
    .body.state === 'before_opening', 'the room')
  return event_id
}

/** As if the crowd had paid every price. */
const paid = { free_joins_per_network: 100_000, max_joins_per_network: 100_000 }

async function setRoom (
  event_id: string, opens_in_seconds: number, prices: object = paid
): Promise<void> {
  const { status } = await it.send(orders.setQueue, { params: { event_id }, token: organizer,
    body: { enabled: true, opens_at: in_seconds(opens_in_seconds), max_in_checkout: 1,
      ...prices } })
  expect(status).toBe(200)
}

async function tokenFor (event_id: string, from: string): Promise<string> {
  const { status, body } = await it.send(orders.joinQueue,
    { params: { event_id }, body: {}, headers: { 'x-forwarded-for': from } })
  expect(status).toBe(200)
  return body.token
}

const idOf = (token: string) => Buffer.from(token.slice(3), 'base64url').toString('hex', 0, 16)
const join = async (event_id: string, from: string) => idOf(await tokenFor(event_id, from))

/** As a browser does it: a secret of its own, and a sum where one is asked for. */
async function joinAsBrowser (event_id: string, from: string, visitor: string, pays: boolean) {
  const ask = (payment: object) => it.send(orders.joinQueue, { params: { event_id },
    body: { visitor, ...payment }, headers: { 'x-forwarded-for': from } })
  let answer = await ask({})
  for (let round = 0; pays && round < 10; round++) {
    if (answer.problem?.type !== orders.joinPriced.type) break
    const { challenge, bits } = answer.problem as unknown as { challenge: string, bits: number }
    answer = await ask({ challenge, nonce: await solve(challenge, bits) })
  }
  return answer
}

/** One after the other: this process also serves, which phones that do their sums do not. */
let sums: Promise<unknown> = Promise.resolve()
function solve (challenge: string, bits: number): Promise<number> {
  const sum = sums.then(() => findNonce(challenge, bits))
  sums = sum
  return sum
}

async function findNonce (challenge: string, bits: number): Promise<number> {
  for (let nonce = 0; ; nonce++) {
    const digest = hash('sha256', `${challenge}:${nonce}`, 'buffer')
    if (digest.readUInt32BE() >>> (32 - bits) === 0) return nonce
    if (nonce % 5000 === 0) await breathe()
  }
}

async function joinAll (event_id: string, count: number, from: string): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < count) {
    const wave = Math.min(500, count - ids.length)
    ids.push(...await Promise.all(Array.from({ length: wave }, () => join(event_id, from))))
  }
  return ids
}

/** All that is published of a draw, once it took place. */
async function drawnRoom (event_id: string) {
  await setRoom(event_id, 0.2)
  const queue = await it.eventually(async () => {
    const { body } = await it.send(orders.getQueue, { params: { event_id } })
    return body.state === 'open' && body
  }, 'the draw')
  const joins: Parameters<typeof verifyDraw>[0]['joins'] = []
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { body } = await it.send(orders.listQueueJoins,
      { params: { event_id }, query: { limit: 100, ...(cursor && { cursor }) } })
    joins.push(...body.items)
    cursor = body.next_cursor
  }
  return { queue, joins }
}

test('S34: a crowd of one network has at most a quarter of the first places of a draw', async () => {
  for (const identities of [10, 100, atScale(1500, 10_000)]) {
    const event_id = await openRoom(600)
    const crowd = await joinAll(event_id, identities, crowd_address)
    const honest = await Promise.all(honest_addresses.map(from => join(event_id, from)))
    const published = await drawnRoom(event_id)

    const { right, places } = verifyDraw(published)

    expect(right).toBe(true)
    const last = Math.max(...honest.map(id => places.get(id)!))
    const before_last = crowd.filter(id => places.get(id)! < last).length
    expect(before_last).toBeLessThanOrEqual(Math.max(1, Math.floor(last / 4)))
    figure('S34', `${identities} identities of one network and ten honest visitors of others in a draw: ` +
      `the last of the ten had place ${last}, with ${before_last} of the crowd before them`)

    // As it would be if networks were not looked at: the same list, drawn without their parts.
    const control = verifyDraw({ ...published,
      joins: published.joins.map(batch => ({ ...batch, networks: null })) })
    const first = Math.max(...honest.map(id => control.places.get(id)!))
    if (identities > 100) expect(first).toBeGreaterThan(100)
  }
}, 120_000)

test('S34: pupils behind one address all have a place, among those of others', async () => {
  const pupils = atScale(60, 300)
  const event_id = await openRoom(600)
  const ids = await joinAll(event_id, pupils, '192.0.2.20')
  for (let index = 0; index < pupils * 3; index++) {
    await join(event_id, `198.18.${index >> 8}.${index & 255}`)
  }
  const { places } = verifyDraw(await drawnRoom(event_id))
  const of_pupils = ids.map(id => places.get(id)!)
  expect(of_pupils.every(place => place >= 1 && place <= pupils * 4)).toBe(true)
  const among_first = of_pupils.filter(place => place <= pupils).length
  expect(among_first).toBeGreaterThan(pupils / 10)
  figure('S34', `${pupils} pupils behind one address and ${pupils * 3} visitors of as many networks: ` +
    `${among_first} of the first ${pupils} places were the pupils', and all of them had one`)
}, 120_000)

test('S34: the tool finds the places that visitors are told, whatever networks they come from', async () => {
  for (const networks of [1, 2, 5]) {
    const event_id = await openRoom(600)
    const tokens: string[] = []
    for (let index = 0; index < 24; index++) {
      tokens.push(await tokenFor(event_id, `192.0.2.${Math.floor(index * index / 577 * networks)}`))
    }
    const { right, places } = verifyDraw(await drawnRoom(event_id))
    const told = await Promise.all(tokens.map(async token => (await it.send(
      orders.getQueuePosition, { params: { event_id }, query: { token } })).body.place))
    expect(right).toBe(true)
    expect(told).toEqual(tokens.map(token => places.get(idOf(token))))
  }
})

test('S34: the published names of networks tell no address, and differ from event to event', async () => {
  const names: string[] = []
  for (let room = 0; room < 2; room++) {
    const event_id = await openRoom(600)
    for (const from of ['203.0.113.5', '203.0.113.5', '203.0.113.6', '2001:db8::1', '2001:db8::2']) {
      await join(event_id, from)
    }
    const { joins } = await drawnRoom(event_id)
    const of_room = joins.flatMap(batch => batch.networks!)
    expect(of_room[0]).toBe(of_room[1])
    expect(of_room[3]).toBe(of_room[4])
    expect(new Set(of_room).size).toBe(3)
    names.push(...new Set(of_room))
  }
  expect(new Set(names).size).toBe(6)
  expect(names.every(name => /^[0-9a-f]{12}$/.test(name))).toBe(true)
})

test('S34: identities of one network that pay nothing have the free places, honest visitors theirs', async () => {
  for (const identities of [10, 100, atScale(1500, 10_000)]) {
    const event_id = await openRoom(600, {})
    let joined = 0
    const name = (index: number) => `one_of_a_crowd_${index}`
    for (let at = 0; at < identities; at += 500) {
      const wave = Math.min(500, identities - at)
      const answers = await Promise.all(Array.from({ length: wave }, (_, index) =>
        joinAsBrowser(event_id, crowd_address, name(at + index), false)))
      expect(answers.every(({ status }) => status === 200 || status === 429)).toBe(true)
      joined += answers.filter(({ status }) => status === 200).length
    }
    expect(joined).toBe(Math.min(20, identities))
    for (const from of honest_addresses) await join(event_id, from)
    figure('S34', `${identities} identities of one network that pay nothing had ${joined} places of a ` +
      'waiting room; ten honest visitors had theirs')
  }
}, 120_000)

/** What ten honest visitors are told who come after the opening, just after a crowd. */
async function lateHonest (prices: object): Promise<number> {
  const event_id = await openRoom(600, prices)
  await setRoom(event_id, 0.2, {})
  await it.eventually(async () => (await it.send(orders.getQueue, { params: { event_id } }))
    .body.state === 'open', 'the opening')
  await Promise.all(Array.from({ length: 200 }, (_, index) =>
    joinAsBrowser(event_id, crowd_address, `late_of_a_crowd_${index}`, false)))
  const tokens = await Promise.all(honest_addresses.map(from => tokenFor(event_id, from)))
  const told = await Promise.all(tokens.map(async token => (await it.send(
    orders.getQueuePosition, { params: { event_id }, query: { token } })).body.place!))
  return Math.max(...told)
}

test('S34: after the opening a crowd that asks first is not first in line but for the free places', async () => {
  expect(await lateHonest({})).toBe(30)
  // The control: no price.
  expect(await lateHonest(paid)).toBe(210)
})

test('S34: pupils who all join at once behind one address get in, each by a sum', async () => {
  const pupils = atScale(28, 300)
  // At full size as many pay as one core can pay for in a minute.
  const free_joins_per_network = atScale(20, 250)
  const event_id = await openRoom(600, { free_joins_per_network })
  const begun = performance.now()
  const answers = await Promise.all(Array.from({ length: pupils }, (_, index) =>
    joinAsBrowser(event_id, '192.0.2.20', `pupil_with_phone_${index}`, true)))
  expect(answers.map(({ status }) => status)).toEqual(Array(pupils).fill(200))
  figure('S34', `${pupils} pupils behind one address joined at once by sums, done by ` +
    `one core of this machine, but for the first ${free_joins_per_network}, in ${((performance.now() - begun) / 1000).toFixed(0)} s`)
}, 600_000)
