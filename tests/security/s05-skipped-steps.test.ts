import * as events from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import { listPayments, refundPayment, startPayment } from '@fermata/contracts/payments'
import { checkIn, listTickets } from '@fermata/contracts/tickets'
import { uuidv7 } from '@fermata/platform/ids'
import { allServices } from '@fermata/server/services'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { figure } from '../proofs/proof.ts'

/** S5: an order goes its steps one after the other, whichever is asked for. */

let it: TestSystem
let organizer: string
let sale: { event_id: string, id: string }

const in_days = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
const in_seconds = (seconds: number) => in_days(seconds / 86_400)

beforeAll(async () => {
  it = await startTestSystem(Object.values(allServices))
  organizer = await it.personToken({ user_id: uuidv7(), roles: ['event_creator', 'operator'] })
  sale = await putOnSale({})
}, 240_000)
afterAll(() => it.stop())

async function draftEvent (kind: object) {
  const { body: { id: event_id } } = await it.send(events.createEvent, { token: organizer, body: {
    title: 'Step by step', description: 'In order.', category: 'theatre', timezone: 'Europe/Paris',
    currency: 'EUR', starts_at: in_days(10), ends_at: in_days(10.1),
    venue: { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' },
  } })
  const { body: { id } } = await it.send(orders.createTicketType, { token: organizer, body: {
    event_id, name: 'Seat', price_minor: 1500, currency: 'EUR', capacity: 1000, ...kind } })
  await it.send(orders.setFairShares, { token: organizer, params: { event_id },
    body: { network_share_percent: 100, max_per_buyer: null } })
  return { event_id, id }
}

const saleStatus = async (event_id: string) => (await it.send(orders.listTicketTypes,
  { query: { event_id } })).body.items[0]?.on_sale

async function putOnSale (kind: object, until: orders.SaleStatus = 'open') {
  const type = await draftEvent(kind)
  await it.send(events.publishEvent, { token: organizer, params: { id: type.event_id } })
  await it.eventually(async () => await saleStatus(type.event_id) === until, 'the sale')
  return type
}

const hold = ({ event_id, id }: typeof sale, quantity = 1, more: object = {}) =>
  it.send(orders.placeOrder, { body: { event_id, items: [{ ticket_type_id: id, quantity }],
    buyer: { name: 'Eve', email: 'eve@example.com', locale: 'en' }, ...more } })

type Held = Pick<orders.PlacedOrder, 'id' | 'access_token'>
const orderOf = async ({ id, access_token: token }: Held) =>
  (await it.send(orders.getOrder, { params: { id }, token })).body
const ticketsOf = async ({ id, access_token: token }: Held) =>
  (await it.send(listTickets, { query: { order_id: id }, token })).body.items
const paymentsOf = async ({ id, access_token: token }: Held) =>
  (await it.send(listPayments, { query: { order_id: id }, token })).body.items

/** Each tries its step and waits until what follows from it has happened. */
const steps = {
  async pay (held: Held) {
    const { status } = await it.send(startPayment, { token: held.access_token,
      body: { order_id: held.id, provider: 'simulated', method: { test_card: 'success' } } })
    if (status !== 201) return status
    await it.eventually(async () => (await orderOf(held)).status === 'completed' &&
      (await ticketsOf(held)).length === 1, 'the tickets')
    return status
  },
  async cancel (held: Held) {
    return (await it.send(orders.cancelOrder,
      { params: { id: held.id }, token: held.access_token })).status
  },
  async refund (held: Held) {
    const [payment] = await paymentsOf(held)
    const { status } = await it.send(refundPayment,
      { params: { id: payment?.id ?? uuidv7() }, token: organizer, body: {} })
    if (status >= 300) return status
    await it.eventually(async () => (await orderOf(held)).status === 'refunded', 'the refund')
    // The tickets hear of it by an event.
    await it.eventually(async () =>
      (await ticketsOf(held)).every(ticket => ticket.status !== 'active'), 'the end of the ticket')
    return status
  },
  async check_in (held: Held) {
    const [ticket] = await ticketsOf(held)
    return (await it.send(checkIn, { token: organizer, body: {
      code: ticket?.code ?? 'TKT-0000-0000', event_id: sale.event_id, gate: 'Main' } })).status
  },
}
type Step = keyof typeof steps
const names = Object.keys(steps) as Step[]

/** What may come first, and what may follow it. Everything else is refused. */
const follows: Record<Step, Step[]> = {
  pay: ['refund', 'check_in'], cancel: [], refund: [], check_in: ['refund'],
}
const may_be_first: Step[] = ['pay', 'cancel']

/** Which of the steps are taken, one after the other. */
function expected (wanted: Step[]): boolean[] {
  let last: Step | null = null
  return wanted.map(step => {
    const may = last === null ? may_be_first.includes(step) : follows[last].includes(step)
    if (may) last = step
    return may
  })
}

test('S5: of all pairs of steps only those are taken that follow one another', async () => {
  const pairs = names.flatMap(first => names.map(second => [first, second]))
  // Paid first, so that what follows a payment is met as well.
  const all = [...pairs, ...pairs.map(pair => ['pay' as const, ...pair])]
  const wrong: string[] = []
  for (let at = 0; at < all.length; at += 8) {
    await Promise.all(all.slice(at, at + 8).map(async wanted => {
      const held = (await hold(sale)).body
      const taken: boolean[] = []
      const seen: number[] = []
      for (const step of wanted) {
        const status = await steps[step](held)
        seen.push(status)
        taken.push(status < 300)
      }
      if (taken.join() !== expected(wanted).join()) wrong.push(`${wanted.join()}: ${seen.join()}`)
      expect(seen.filter(status => status >= 500)).toEqual([])
      expect((await paymentsOf(held)).length).toBeLessThanOrEqual(1)
    }))
  }
  expect(wrong).toEqual([])
  figure('S5', `${all.length} sequences of paying, canceling, refunding and checking in, every pair of steps among ` +
    'them: only what follows was taken, and no order was paid twice')
}, 300_000)

test('S5: nothing is held before the sale opens, after it, of a draft, or of an event that is over', async () => {
  const draft = await draftEvent({})
  expect((await hold(draft)).status).toBe(409)
  const upcoming = await putOnSale({ sales_start: in_days(1) }, 'upcoming')
  expect((await hold(upcoming)).problem.type).toBe(orders.notOnSale.type)
  const ended = await putOnSale({ sales_end: in_days(-1) }, 'ended')
  expect((await hold(ended)).problem.type).toBe(orders.notOnSale.type)
  const canceled = await putOnSale({})
  await it.send(events.cancelEvent, {
    token: organizer, params: { id: canceled.event_id }, body: {} })
  await it.eventually(async () => await saleStatus(canceled.event_id) === 'closed', 'the end')
  expect((await hold(canceled)).problem.type).toBe(orders.eventClosed.type)
  // The control: the same order of an open sale is placed.
  expect((await hold(sale)).status).toBe(201)
})

test('S5: an early price ends with its time, and nobody may still name it', async () => {
  const type = await putOnSale({ tiers: [{ price_minor: 500, until: in_seconds(2) }] })
  const priceNow = async () => (await hold(type)).body.total_minor
  expect(await priceNow()).toBe(500)
  await it.eventually(async () => await priceNow() === 1500, 'the end of the early price')
  const named = await hold(type, 1,
    { items: [{ ticket_type_id: type.id, quantity: 1, price_minor: 500 }] })
  expect(named.status).toBe(400)
})

test('S5: a limit for each order or buyer is not widened by splitting', async () => {
  const type = await putOnSale({ max_per_order: 2, max_per_buyer: 3 })
  const line = { ticket_type_id: type.id, quantity: 2 }
  expect((await hold(type, 3)).problem.type).toBe(orders.limitReached.type)
  expect((await hold(type, 1, { items: [line, line] })).status).toBe(400)
  const together = await Promise.all([1, 2, 3, 4].map(() => hold(type, 2)))
  expect(together.filter(({ status }) => status === 201).length).toBe(1)
  const odd = await hold(type, 2, { buyer: { name: 'Eve', email: 'Eve+2@Example.com', locale: 'en' } })
  expect(odd.problem.type).toBe(orders.limitReached.type)
  expect((await hold(type, 1)).status).toBe(201)
})

test('S5: an order whose hold is over is paid by nobody', async () => {
  const held = (await hold(sale)).body
  await it.context('orders').pool.query(
    `update orders.orders set expires_at = clock_timestamp() - interval '1 minute' where id = $1`, [held.id])
  await it.eventually(async () => await steps.pay(held) === 409, 'the end of the hold')
  expect(await paymentsOf(held)).toEqual([])
  expect(await steps.check_in(held)).toBeGreaterThanOrEqual(400)
})
