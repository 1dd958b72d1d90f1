import * as events from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { allServices } from '@fermata/server/services'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { atScale, figure } from '../proofs/proof.ts'

/** S34: promo and access codes are guessed at by whoever asks most, and few guesses are looked at. */

let it: TestSystem
let organizer: string

beforeAll(async () => {
  it = await startTestSystem([allServices.orders, allServices.events])
  organizer = await it.personToken({ user_id: uuidv7(), roles: ['event_creator'] })
})
afterAll(() => it.stop())

const in_days = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
const attacker = '203.0.113.66'
const promo_code = 'AUTUMN'
const access_code = 'for-friends'

interface Sale { event_id: string, open: string, hidden: string }

async function putOnSale (): Promise<Sale> {
  const { body: { id: event_id } } = await it.send(events.createEvent, { token: organizer, body: {
    title: 'Cheaper with a code', description: 'Who knows it.', category: 'theatre',
    timezone: 'Europe/Paris', currency: 'EUR', starts_at: in_days(10), ends_at: in_days(10.1),
    venue: { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' },
  } })
  const put = async (more: object) => (await it.send(orders.createTicketType, {
    token: organizer, body: {
      event_id, name: 'Seat', price_minor: 1500, currency: 'EUR', capacity: 1000, ...more } })).body.id
  const [open, hidden] = [await put({}), await put({ name: 'Friends', access_code })]
  await it.send(orders.createPromoCode, { token: organizer,
    body: { event_id, code: promo_code, percent: 50 } })
  await it.send(events.publishEvent, { token: organizer, params: { id: event_id } })
  await it.eventually(async () => (await it.send(orders.listTicketTypes, { query: { event_id } }))
    .body.items[0]?.on_sale === 'open', 'the sale')
  return { event_id, open, hidden }
}

const quote = ({ event_id, open }: Sale, from: string, code: string) => it.send(orders.quoteOrder, {
  headers: { 'x-forwarded-for': from },
  body: { event_id, items: [{ ticket_type_id: open, quantity: 1 }], promo_code: code } })
const show = ({ event_id }: Sale, from: string, code: string) => it.send(orders.listTicketTypes,
  { headers: { 'x-forwarded-for': from }, query: { event_id, code } })
const buy = ({ event_id, hidden }: Sale, from: string, code: string) => it.send(orders.placeOrder, {
  headers: { 'x-forwarded-for': from },
  body: { event_id, items: [{ ticket_type_id: hidden, quantity: 1 }], access_code: code,
    buyer: { name: 'Mallory', email: 'mallory@example.com', locale: 'en' } } })

/** Guesses in every way there is. @returns how many were looked at, and how the last was answered */
async function guess (sale: Sale, count: number, fromOf: (index: number) => string) {
  const ways = [quote, show, buy]
  const answers: Awaited<ReturnType<typeof show | typeof quote | typeof buy>>[] = []
  for (let at = 0; at < count; at += 50) {
    answers.push(...await Promise.all(Array.from({ length: Math.min(50, count - at) }, (_, index) =>
      ways[(at + index) % 3]!(sale, fromOf(at + index), `guess_${at + index}`))))
  }
  return { looked_at: answers.filter(({ status }) => status !== 429).length, last: answers.at(-1)! }
}

test('S34: one network guesses sixty codes in ten minutes, others use theirs meanwhile', async () => {
  const sale = await putOnSale()
  const count = atScale(300, 10_000)
  const { looked_at, last } = await guess(sale, count, () => attacker)
  expect(looked_at).toBe(60)
  expect([last.status, last.problem.type]).toEqual([429, orders.tooManyCodes.type])
  expect(Number(last.headers['retry-after'])).toBeGreaterThan(500)

  // Right ones are not looked at any more either, else the budget would only count.
  expect((await quote(sale, attacker, promo_code)).status).toBe(429)
  // Without a code everything goes on, and so it does for others with theirs.
  const plain = await it.send(orders.listTicketTypes, {
    headers: { 'x-forwarded-for': attacker }, query: { event_id: sale.event_id } })
  expect(plain.status).toBe(200)
  expect((await quote(sale, '198.51.100.1', 'autumn')).body.total_minor).toBe(750)
  expect((await show(sale, '198.51.100.1', access_code)).body.items.length).toBe(2)
  expect((await buy(sale, '198.51.100.1', access_code)).status).toBe(201)
  figure('S34', `${count} wrong promo and access codes of one network: ${looked_at} were looked at; ` +
    'others used theirs meanwhile')
})

test('S34: a code that is right, or wrong again, takes nothing from the budget', async () => {
  const sale = await putOnSale()
  // The control of the budget: as many requests, of which none guesses.
  for (let round = 0; round < 100; round++) {
    expect((await quote(sale, attacker, promo_code)).status).toBe(200)
    expect((await quote(sale, attacker, 'TYPED_WRONG')).problem).toMatchObject({ reason: 'unknown' })
  }
  expect((await show(sale, attacker, access_code)).body.items.length).toBe(2)
})

test('S34: right codes of one network that come all at once are all looked at', async () => {
  const sale = await putOnSale()
  const codes = Array.from({ length: 100 }, (_, index) => `SCHOOL_${index}`)
  await Promise.all(codes.map(code => it.send(orders.createPromoCode, { token: organizer,
    body: { event_id: sale.event_id, code, percent: 50 } })))
  const answers = await Promise.all(codes.map(code => quote(sale, attacker, code)))
  expect(answers.map(({ status }) => status)).toEqual(codes.map(() => 200))
  // Wrong ones that come all at once are not.
  const wrong = await Promise.all(codes.map((_, index) => quote(sale, attacker, `WRONG_${index}`)))
  expect(wrong.filter(({ status }) => status !== 429)).toHaveLength(60)
  expect((await quote(sale, attacker, codes[0]!)).status).toBe(429)
})

test('S34: many networks guess little together, and nobody is locked out by them', async () => {
  const sale = await putOnSale()
  const networks = atScale(60, 1000)
  const each = 60
  const { looked_at } = await guess(sale, networks * each,
    index => `10.${Math.floor(index / each) >> 8}.${Math.floor(index / each) & 255}.1`)
  expect(looked_at).toBeLessThanOrEqual(2000 + 50 + networks * 5)
  expect((await quote(sale, '198.51.100.2', promo_code)).status).toBe(200)
  figure('S34', `${networks * each} wrong codes from ${networks} networks: ${looked_at} were looked at`)
}, 300_000)
