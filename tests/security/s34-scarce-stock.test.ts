import { setTimeout as sleep } from 'node:timers/promises'
import * as events from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import { uuidv7 } from '@fermata/platform/ids'
import { allServices } from '@fermata/server/services'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { atScale, figure } from '../proofs/proof.ts'

/** A crowd of one network against honest visitors of others, for the stock of an event. */

let it: TestSystem
let organizer: string

beforeAll(async () => {
  it = await startTestSystem(Object.values(allServices))
  organizer = await it.personToken({ user_id: uuidv7(), roles: ['event_creator'] })
})
afterAll(() => it.stop())

const crowd_address = '203.0.113.66'
const honest_visitors = 10
const in_days = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

interface OnSale { event_id: string, id: string }

async function putOnSale (capacity: number, price_minor = 1500, share?: number): Promise<OnSale> {
  const { body: { id: event_id } } = await it.send(events.createEvent, { token: organizer, body: {
    title: 'The school play', description: 'Everybody comes.', category: 'theatre',
    timezone: 'Europe/Paris', currency: 'EUR', starts_at: in_days(10), ends_at: in_days(10.1),
    venue: { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' },
  } })
  const { body: { id } } = await it.send(orders.createTicketType, { token: organizer, body: {
    event_id, name: 'Seat', price_minor, currency: 'EUR', capacity } })
  if (share !== undefined) {
    await it.send(orders.setFairShares, { token: organizer, params: { event_id },
      body: { network_share_percent: share } })
  }
  await it.send(events.publishEvent, { token: organizer, params: { id: event_id } })
  await it.eventually(async () => (await it.send(orders.listTicketTypes, { query: { event_id } }))
    .body.items[0]?.on_sale === 'open', 'the sale')
  return { event_id, id }
}

const buy = ({ event_id, id }: OnSale, from: string, name: string, quantity: number) =>
  it.send(orders.placeOrder, {
    headers: { 'x-forwarded-for': from },
    body: { event_id, items: [{ ticket_type_id: id, quantity }],
      buyer: { name, email: `${name}@example.com`, locale: 'en' } },
  })

/** So many at a time, as a machine of its own would send them. */
async function inTurns<T> (
  count: number, at_once: number, one: (index: number) => Promise<T>
): Promise<T[]> {
  const results: T[] = []
  let next = 0
  await Promise.all(Array.from({ length: Math.min(at_once, count) }, async () => {
    while (next < count) {
      const index = next++
      results[index] = await one(index)
    }
  }))
  return results
}

const look_every_ms = 100
const longest_wait_ms = 120_000

/** Asks until there is an answer, however busy the machine is. */
async function sooner<T> (ask: () => Promise<T | false>, what: string): Promise<T> {
  const deadline = performance.now() + longest_wait_ms
  for (;;) {
    const answer = await ask()
    if (answer !== false) return answer
    if (performance.now() > deadline) throw new Error(`Waited too long for ${what}`)
    await sleep(look_every_ms)
  }
}

/** What a crowd with so many identities gets of 100 tickets before ten honest visitors come. */
async function race (identities: number, price_minor: number, share?: number) {
  const type = await putOnSale(100, price_minor, share)
  const crowd = await inTurns(identities, 32, index => buy(type, crowd_address, `crowd${index}`, 10))
  const honest = await inTurns(honest_visitors, honest_visitors, index =>
    buy(type, `198.51.100.${index + 1}`, `honest${index}`, 2))
  return {
    of_crowd: crowd.filter(({ status }) => status === 201).length * 10,
    served: honest.filter(({ status }) => status === 201).length,
    statuses: new Set(crowd.map(({ status }) => status)),
  }
}

test('S34: a crowd of one network gets no more than half of an event, and honest visitors theirs', async () => {
  for (const identities of [10, atScale(50, 1000), atScale(100, 10_000)]) {
    const { of_crowd, served, statuses } = await race(identities, 1500)
    expect(of_crowd).toBeLessThanOrEqual(50)
    expect(served).toBe(honest_visitors)
    expect([...statuses].every(status => [201, 429, 503].includes(status))).toBe(true)
    figure('S34', `${identities} identities of one network held ${of_crowd} of 100 tickets; ` +
      `${served} of ${honest_visitors} honest visitors got theirs`)
  }
})

test('S34: tickets that cost nothing are no way around', async () => {
  const { of_crowd, served } = await race(atScale(50, 1000), 0)
  expect(of_crowd).toBeLessThanOrEqual(50)
  expect(served).toBe(honest_visitors)
})

test('S34: with the share at 100 percent the same crowd takes all, so the test above can fail', async () => {
  const { of_crowd, served } = await race(atScale(50, 1000), 1500, 100)
  expect([of_crowd, served]).toEqual([100, 0])
})

test('S34: pupils behind one address still buy a whole event, one after the other', async () => {
  const pupils = atScale(24, 300)
  const type = await putOnSale(pupils)
  let waited = 0
  await inTurns(pupils, 40, async index => {
    // As the page does: it tries again by itself.
    const order = await sooner(async () => {
      const answer = await buy(type, '192.0.2.20', `pupil${index}`, 1)
      if (answer.status === 429) waited++
      else expect(answer.status).toBe(201)
      return answer.status === 201 && answer.body
    }, 'a share')
    const paid = await it.send(startPayment, { token: order.access_token,
      body: { order_id: order.id, provider: 'simulated', method: { test_card: 'success' } } })
    expect(paid.status).toBe(201)
    await sooner(async () => (await it.send(orders.getOrder,
      { params: { id: order.id }, token: order.access_token })).body.status === 'completed', 'the payment')
  })
  const { body: { items: [seat] } } = await it.send(orders.listTicketTypes,
    { query: { event_id: type.event_id }, token: organizer })
  expect(seat).toMatchObject({ sold: pupils, available: 0 })
  figure('S34', `${pupils} pupils behind one address held and paid all ${pupils} tickets of an event, ` +
    `at most 40 at a time; they were asked to wait ${waited} times`)
}, 300_000)
