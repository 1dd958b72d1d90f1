import * as events from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { allServices } from '@fermata/server/services'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { atScale, figure } from '../proofs/proof.ts'

/** S21: where an event sells through its waiting room, nobody holds tickets without a turn of their own. */

let it: TestSystem
let organizer: string

beforeAll(async () => {
  it = await startTestSystem(Object.values(allServices))
  organizer = await it.personToken({ user_id: uuidv7(), roles: ['event_creator'] })
}, 240_000)
afterAll(() => it.stop())

const in_seconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()

interface OnSale { event_id: string, id: string, opens_at: string }

async function openRoom (): Promise<OnSale> {
  const { body: { id: event_id } } = await it.send(events.createEvent, { token: organizer, body: {
    title: 'A turn for everybody', description: 'In line.', category: 'theatre',
    timezone: 'Europe/Paris', currency: 'EUR', starts_at: in_seconds(900_000),
    ends_at: in_seconds(910_000),
    venue: { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' },
  } })
  const { body: { id } } = await it.send(orders.createTicketType, { token: organizer, body: {
    event_id, name: 'Seat', price_minor: 1500, currency: 'EUR', capacity: 1000 } })
  await it.send(events.publishEvent, { token: organizer, params: { id: event_id } })
  const type = { event_id, id, opens_at: in_seconds(-1) }
  await setRoom(type, true)
  await it.eventually(async () => (await it.send(orders.getQueue, { params: { event_id } }))
    .body.state === 'open', 'the opening')
  return type
}

const setRoom = ({ event_id, opens_at }: OnSale, enabled: boolean) => it.send(orders.setQueue,
  { params: { event_id }, token: organizer, body: { enabled, opens_at } })

const order = ({ event_id, id }: OnSale, pass: object, token?: string) =>
  it.send(orders.placeOrder, { token, body: {
    event_id, items: [{ ticket_type_id: id, quantity: 1 }],
    buyer: { name: 'Bo', email: 'bo@example.com', locale: 'en' }, ...pass } })

async function passFor ({ event_id }: OnSale, visitor: string) {
  const { body: { token } } = await it.send(orders.joinQueue,
    { params: { event_id }, body: { visitor } })
  const queue_pass = await it.eventually(async () => (await it.send(orders.getQueuePosition,
    { params: { event_id }, query: { token } })).body.pass, 'the turn')
  return { token, queue_pass }
}

const told = ({ status, problem }: Awaited<ReturnType<typeof order>>) =>
  [status, problem?.type, problem?.reason]
const invalid = (reason: string) => [403, orders.queuePassInvalid.type, reason]

test('S21: an order without a pass is refused at once, and costs no database', async () => {
  const type = await openRoom()
  const times: number[] = []
  for (let attempt = 0; attempt < atScale(200, 5000); attempt++) {
    const begun = performance.now()
    const { status, problem } = await order(type, {})
    times.push(performance.now() - begun)
    expect([status, problem.type]).toEqual([403, orders.queuePassNeeded.type])
  }
  const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!
  // With the whole of HTTP and validation, on a machine that others use.
  // A busy machine takes longer for everything; an order that was placed takes longer than this.
  expect(median).toBeLessThan(atScale(200, 20))
  figure('S21', `${times.length} orders without a pass were refused, half of them within ${median.toFixed(2)} ms`)

  // The control: with the room switched off the same order is placed.
  await setRoom(type, false)
  await it.eventually(async () => (await order(type, {})).status === 201, 'a sale without a room')
})

test('S21: a pass is good for its visitor and its event alone', async () => {
  const [a, b] = [await openRoom(), await openRoom()]
  const visitor = 'the_browser_of_anna'
  const mine = await passFor(a, visitor)
  const { queue_pass } = mine
  const stranger = await it.personToken({ user_id: uuidv7() })

  expect(told(await order(a, { queue_pass }))).toEqual(invalid('another_buyer'))
  expect(told(await order(a, { queue_pass, queue_visitor: 'the_browser_of_bob_' })))
    .toEqual(invalid('another_buyer'))
  expect(told(await order(a, { queue_pass }, stranger))).toEqual(invalid('another_buyer'))
  expect(told(await order(b, { queue_pass, queue_visitor: visitor }))).toEqual(invalid('unknown'))
  const by_place = await order(a, { queue_pass: mine.token, queue_visitor: visitor })
  expect(told(by_place)[1]).toBe(orders.notYourTurn.type)
  // The control: who it belongs to buys with it, and only so often.
  const bought = await Promise.all([1, 2, 3, 4, 5].map(() =>
    order(a, { queue_pass, queue_visitor: visitor })))
  expect(bought.map(({ status }) => status).sort()).toEqual([201, 201, 201, 403, 403])
  expect(told(await order(a, { queue_pass, queue_visitor: visitor }))).toEqual(invalid('used_up'))
})

test('S21: a pass that was altered anywhere is none', async () => {
  const type = await openRoom()
  const visitor = 'the_browser_of_carla'
  const { queue_pass } = await passFor(type, visitor)
  const altered = [...queue_pass].flatMap((letter, at) =>
    ['A', 'b', '_'].filter(other => other !== letter).map(other =>
      queue_pass.slice(0, at) + other + queue_pass.slice(at + 1)))
  const others = [`${queue_pass}A`, queue_pass.slice(0, -1), queue_pass.toUpperCase(),
    ` ${queue_pass}`, `${queue_pass}=`]
  let refused = 0
  for (const text of [...altered, ...others]) {
    const answer = await order(type, { queue_pass: text, queue_visitor: visitor })
    expect([text, answer.status]).toEqual([text, 403])
    refused++
  }
  expect((await order(type, { queue_pass, queue_visitor: visitor })).status).toBe(201)
  figure('S21', `${refused} alterations of a pass, each of its letters among them, were refused, and the pass itself was not`)
})

test('S21: a pass whose time is over is none, and its place is missed', async () => {
  const type = await openRoom()
  await it.context('orders').pool.query(
    'update orders.queues set pass_seconds = 2 where event_id = $1', [type.event_id])
  const visitor = 'the_browser_of_dora_'
  const { token, queue_pass } = await it.eventually(async () => {
    const next = await passFor(type, `${visitor}${uuidv7().slice(0, 8)}`)
    const { body } = await it.send(orders.getQueuePosition,
      { params: { event_id: type.event_id }, query: { token: next.token } })
    // Until this process has read the shorter time, a pass is good for minutes.
    return (body.pass_left_ms ?? 0) <= 2000 && next
  }, 'a short pass')
  await it.eventually(async () => (await it.send(orders.getQueuePosition,
    { params: { event_id: type.event_id }, query: { token } })).body.status === 'missed', 'the end of the turn')
  expect(told(await order(type, { queue_pass, queue_visitor: visitor }))).toEqual(invalid('expired'))
})
