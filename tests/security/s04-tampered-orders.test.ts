import * as events from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import { uuidv7 } from '@fermata/platform/ids'
import { allServices } from '@fermata/server/services'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { atScale, figure } from '../proofs/proof.ts'

/** S4: what a buyer sends decides which tickets and how many, and never what they cost. */

let it: TestSystem
let event_id: string
/** What costs what, as its organiser set it. */
const prices = new Map<string, number>()
let donation: string

const in_days = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
const buyer = { name: 'Mallory', email: 'mallory@example.com', locale: 'en' }

beforeAll(async () => {
  it = await startTestSystem(Object.values(allServices))
  const token = await it.personToken({ user_id: uuidv7(), roles: ['event_creator'] })
  event_id = (await it.send(events.createEvent, { token, body: {
    title: 'An honest price', description: 'Everybody pays it.', category: 'theatre',
    timezone: 'Europe/Paris', currency: 'EUR', starts_at: in_days(10), ends_at: in_days(10.1),
    venue: { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' },
  } })).body.id
  const put = async (name: string, price_minor: number, more: object = {}) =>
    (await it.send(orders.createTicketType, { token, body: { event_id, name, price_minor,
      currency: 'EUR', capacity: 1_000_000, max_per_order: 100, ...more } })).body.id
  for (const price of [1250, 333, 99_999]) prices.set(await put(`Seat for ${price}`, price), price)
  donation = await put('Supporter', 1000, { pricing: 'donation', min_price_minor: 500 })
  await it.send(orders.setFairShares, { token, params: { event_id },
    body: { network_share_percent: 100, max_per_buyer: null } })
  await it.send(events.publishEvent, { token, params: { id: event_id } })
  await it.eventually(async () => (await it.send(orders.listTicketTypes, { query: { event_id } }))
    .body.items[0]?.on_sale === 'open', 'the sale')
}, 240_000)
afterAll(() => it.stop())

/** As text, for what JSON.stringify cannot say. */
async function post (payload: string) {
  const answer = await it.system.app.inject({ method: 'POST', url: '/api/orders', payload,
    headers: { 'content-type': 'application/json' } })
  return { status: answer.statusCode, body: answer.json<orders.PlacedOrder>() }
}

const amounts = [
  '0', '-1', '1', '0.01', '1e309', '-1e309', '"1"', 'null', '{}', '1e2', '"JPY"',
]
const names = [
  'price_minor', 'unit_price_minor', 'total_minor', 'discount_minor', 'fee_minor', 'amount_minor',
  'tax_minor', 'quantity_minor', 'currency', 'percent', '__proto__', 'constructor',
]
/** Mostly none. */
const fields: fc.Arbitrary<[string, string][]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<[string, string][]>([]) },
  { weight: 1, arbitrary: fc.array(
    fc.tuple(fc.constantFrom(...names), fc.constantFrom(...amounts)), { maxLength: 2 }) })
const good_quantity = fc.integer({ min: 1, max: 100 }).map(String)
/** Full-width, Arabic and Bengali digits among them. */
const bad_quantity = fc.constantFrom<string>(
  '-1', '0', '101', '1.5', '1e309', '-1e309', '1e-9', '"２"', '"٣"', '"৪"', '"1"', 'null', 'true', '[1]', '{}',
  '9007199254740993', '""')
const quantity = fc.oneof(
  { weight: 4, arbitrary: good_quantity }, { weight: 1, arbitrary: bad_quantity })

interface Attempt {
  lines: { kind: number, quantity: string, extra: [string, string][] }[]
  extra: [string, string][]
}
const attempts: fc.Arbitrary<Attempt> = fc.record({
  lines: fc.uniqueArray(
    fc.record({ kind: fc.integer({ min: 0, max: 2 }), quantity, extra: fields }),
    { minLength: 1, maxLength: 3, selector: line => line.kind }),
  extra: fields,
})

const textOf = (extra: [string, string][]) =>
  extra.map(([name, value]) => `,"${name}":${value}`).join('')
const idOf = (kind: number) => [...prices.keys()][kind]!

function payloadOf ({ lines, extra }: Attempt): string {
  const items = lines.map(line =>
    `{"ticket_type_id":"${idOf(line.kind)}","quantity":${line.quantity}${textOf(line.extra)}}`)
  return `{"event_id":"${event_id}","items":[${items.join(',')}],` +
    `"buyer":${JSON.stringify(buyer)}${textOf(extra)}}`
}

const isPlain = ({ lines, extra }: Attempt) => extra.length === 0 && lines.every(line =>
  line.extra.length === 0 && /^([1-9]\d?|100)$/.test(line.quantity))

test('S4: a total follows from ids and the server\'s prices, whatever else is sent', async () => {
  let taken = 0
  let refused = 0
  const report = await fc.check(fc.asyncProperty(attempts, async attempt => {
    const { status, body } = await post(payloadOf(attempt))
    if (!isPlain(attempt)) {
      expect([payloadOf(attempt), status]).toEqual([payloadOf(attempt), 400])
      refused++
      return
    }
    expect(status).toBe(201)
    const total = attempt.lines.reduce((sum, line) =>
      sum + prices.get(idOf(line.kind))! * Number(line.quantity), 0)
    expect([body.total_minor, body.currency]).toEqual([total, 'EUR'])
    taken++
  }), { numRuns: atScale(150, 5000) })
  if (report.failed) throw new Error(fc.defaultReportMessage(report))
  console.log(`S4: seed ${report.seed}`)
  expect(Math.min(taken, refused)).toBeGreaterThan(10)

  // What was written is what was told: each order by its lines, each line by its kind's price.
  const { rows } = await it.context('orders').pool.query<{ orders: string, wrong: string }>(`
    select count(*) as orders, count(*) filter (where o.total_minor <> (
             select sum(i.quantity * t.price_minor) from orders.order_items i
               join orders.ticket_types t on t.id = i.ticket_type_id where i.order_id = o.id)) as wrong
      from orders.orders o where o.event_id = $1`, [event_id])
  expect([Number(rows[0]!.orders), Number(rows[0]!.wrong)]).toEqual([taken, 0])
  figure('S4', `${taken + refused} orders with random prices, fees, currencies and quantities beside the true ones ` +
    `(1e309, full-width and Arabic digits, fractions, negative numbers; seed ${report.seed}): ` +
    `${refused} were refused, and the totals of the other ${taken} followed from ids and the server's prices alone`)
}, 600_000)

test('S4: each of these fields with each of these values is refused, at the order and at a line', async () => {
  const accepted: string[] = []
  for (const name of names) {
    for (const value of amounts) {
      for (const at of ['order', 'line']) {
        const extra: [string, string][] = [[name, value]]
        const { status } = await post(payloadOf({ extra: at === 'order' ? extra : [],
          lines: [{ kind: 0, quantity: '1', extra: at === 'line' ? extra : [] }] }))
        if (status !== 400) accepted.push(`${name}: ${value} at the ${at}: ${status}`)
      }
    }
  }
  expect(accepted).toEqual([])
})

test('S4: a price that the buyer may name has a least, and is the only one that counts', async () => {
  const give = (price_minor: string) => post(`{"event_id":"${event_id}","buyer":${JSON.stringify(buyer)},` +
    `"items":[{"ticket_type_id":"${donation}","quantity":2,"price_minor":${price_minor}}]}`)
  // The control: where a price that is sent counts, this test sees it.
  expect((await give('700')).body.total_minor).toBe(1400)
  expect((await give('900')).body.total_minor).toBe(1800)
  for (const price of ['-1', '0', '499', '1e309', '700.5', '"700"', '"７００"', '1e13', '9007199254740993']) {
    const { status } = await give(price)
    expect([price, [400, 409].includes(status)]).toEqual([price, true])
  }
})

test('S4: of a field that is sent twice one counts, for the check as for the price', async () => {
  const [id, price] = [...prices][0]!
  const order = (items: string) => post(
    `{"event_id":"${event_id}","buyer":${JSON.stringify(buyer)},"items":[${items}]}`)
  const twice = await order(`{"ticket_type_id":"${id}","quantity":100,"quantity":1}`)
  expect([201, 400]).toContain(twice.status)
  if (twice.status === 201) expect(twice.body.total_minor).toBe(price)
  expect((await order(`{"ticket_type_id":"${id}","quantity":1,"quantity":-1}`)).status).toBe(400)
  const line = `{"ticket_type_id":"${id}","quantity":1}`
  expect((await order(`${line},${line}`)).status).toBe(400)
})

test('S4: a payment takes the total of its order, whatever amount is sent with it', async () => {
  const [id, price] = [...prices][0]!
  const order = (await post(`{"event_id":"${event_id}","buyer":${JSON.stringify(buyer)},` +
    `"items":[{"ticket_type_id":"${id}","quantity":2}]}`)).body
  const pay = (more: object) => it.send(startPayment, { token: order.access_token,
    body: { order_id: order.id, provider: 'simulated', method: { test_card: 'success' }, ...more } })
  for (const more of [{ amount_minor: 1 }, { amount: 0 }, { currency: 'JPY' }, { fee_minor: -2000 }]) {
    expect((await pay(more)).status).toBe(400)
  }
  const paid = await pay({})
  expect(paid.body).toMatchObject({ amount_minor: price * 2, currency: 'EUR' })
})
