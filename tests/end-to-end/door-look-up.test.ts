import * as auth from '@fermata/contracts/auth'
import * as events from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import { refundPayment, startPayment } from '@fermata/contracts/payments'
import { listTickets } from '@fermata/contracts/tickets'
import { uuidv7 } from '@fermata/platform/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPages, type Pages } from '../security/pages.ts'

/** The door's page about people who come without a ticket that lets them in. */

const public_url = 'https://tickets.example.org'
let pages: Pages
let organizer: string
let event_id: string
let seat: orders.TicketType
let free: orders.TicketType
const pool = () => pages.it.context('orders').pool
const in_days = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

beforeAll(async () => {
  pages = await startPages(public_url)
  const { it } = pages
  organizer = await signedIn()
  event_id = (await it.send(events.createEvent, { token: organizer, body: {
    title: 'Concert', description: 'Music.', category: 'music', timezone: 'Europe/Paris',
    currency: 'EUR', starts_at: in_days(10), ends_at: in_days(10.1),
    venue: { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' } } })).body.id
  const typeFor = async (name: string, price_minor: number) => {
    const body = { event_id, name, price_minor, currency: 'EUR', capacity: 100 }
    return (await it.send(orders.createTicketType, { token: organizer, body })).body
  }
  seat = await typeFor('Seat', 1500)
  free = await typeFor('Free', 0)
  await it.send(events.publishEvent, { token: organizer, params: { id: event_id } })
  await it.eventually(async () => (await it.send(orders.listTicketTypes, { query: { event_id } }))
    .body.items[0]?.on_sale === 'open', 'the sale')
}, 240_000)
afterAll(() => pages.stop())

/** Somebody with an account, as pages ask for: a token alone is nobody there. */
async function signedIn (): Promise<string> {
  const { it } = pages
  const body = { email: `${uuidv7()}@example.com`, password: `pass ${uuidv7()}` }
  await it.send(auth.register, { body: { ...body, username: 'Olga' } })
  await pool().query(`update auth.accounts
    set roles = '{event_creator}', email_verified_at = now() where email = $1`, [body.email])
  return (await it.send(auth.login, { body })).body.access_token
}

async function order (name: string, type = seat): Promise<orders.PlacedOrder> {
  const answer = await pages.it.send(orders.placeOrder, { body: {
    event_id, items: [{ ticket_type_id: type.id, quantity: 1 }],
    buyer: { name, email: `${uuidv7()}@example.com`, locale: 'en' } } })
  expect(answer.status).toBe(201)
  return answer.body
}

async function pay ({ id, access_token: token }: orders.PlacedOrder, test_card = 'success') {
  const { body } = await pages.it.send(startPayment, { token,
    body: { order_id: id, provider: 'simulated', method: { test_card } } })
  return body
}

const ticketsOf = ({ id, access_token: token }: orders.PlacedOrder) =>
  pages.it.eventually(async () => {
    const { body } = await pages.it.send(listTickets, { token, query: { order_id: id } })
    return body.items.length > 0 && body.items
  }, 'the tickets')

async function refunded (name: string) {
  const placed = await order(name)
  const payment = await pay(placed)
  const [ticket] = await ticketsOf(placed)
  await pages.it.send(refundPayment, { params: { id: payment.id }, key: uuidv7(), body: {},
    token: await pages.it.personToken({ roles: ['admin'] }) })
  await pages.it.eventually(async () => (await pages.it.send(orders.getOrder,
    { params: { id: placed.id }, token: placed.access_token })).body.status === 'refunded', 'the refund')
  return { placed, ticket: ticket! }
}

/** As states become that take their time: the hold's end, a payment that comes after it. */
const make = (placed: orders.PlacedOrder, changes: string) =>
  pool().query(`update orders.orders set network = null, ${changes} where id = $1`, [placed.id])

async function door (token: string, path: string, form?: Record<string, string>): Promise<string> {
  const answer = await pages.open(`/door/${event_id}${path}`, {
    headers: { cookie: `__Host-fermata_access=${token}`, origin: public_url },
    ...(form && { method: 'POST', body: new URLSearchParams(form) }),
  })
  expect(answer.status).toBe(200)
  const html = await answer.text()
  return html.slice(html.indexOf('<main'), html.indexOf('</main>')).replaceAll('’', '\'')
}

test('door: finds orders without a ticket, and says of each what has become of it', async () => {
  const mark = `Q${uuidv7().slice(-8)}`
  await order(`${mark} held`)
  const late = await order(`${mark} late`)
  await make(late, "status = 'completed', completed_at = now(), expired_at = now()")
  const expired = await order(`${mark} expired`)
  await make(expired, "status = 'expired', expired_at = now()")
  const canceled = await order(`${mark} canceled`)
  await pages.it.send(orders.cancelOrder,
    { params: { id: canceled.id }, token: canceled.access_token })
  const given_back = await order(`${mark} given back`)
  await make(given_back, "status = 'refunded', expired_at = now(), refunded_at = now()")
  const paid = await order(`${mark} paid`)
  await pay(paid)
  await ticketsOf(paid)
  const gift = await order(`${mark} free`, free)
  await ticketsOf(gift)
  await refunded(`${mark} refunded`)

  const html = await door(organizer, `?q=${mark}`)

  const lines = html.split('<li').slice(1).map(line => line.replaceAll(/<[^>]+>/g, ' '))
  const lineOf = (name: string) => lines.find(line => line.includes(`${mark} ${name}`)) ?? ''
  expect(lineOf('held')).toContain('Held, not paid yet.')
  expect(lineOf('late')).toContain('Paid after the hold had ended, and restored.')
  expect(lineOf('expired')).toContain('Not paid in time. There are no tickets.')
  expect(lineOf('canceled')).toContain('Canceled. Nothing was paid')
  expect(lineOf('given back')).toContain('Paid too late, and the money given back.')
  // A ticket says for itself that it is good.
  expect(lineOf('free')).toContain('Valid')
  expect(lineOf('free')).not.toContain('Free.')
  expect(lineOf('paid')).toContain('Valid')
  expect(lineOf('paid')).not.toContain('Paid.')
  expect(lineOf('refunded')).toContain('Refunded. The tickets are not valid any more.')
  expect(await door(organizer, `?q=${expired.code.toLowerCase()}`)).toContain(`${mark} expired`)
}, 60_000)

test('door: a void ticket that is scanned says why, and strangers of the event learn nothing', async () => {
  const { placed, ticket } = await refunded('Rita Refund')
  for (const intent of ['admit', 'look']) {
    expect(await door(organizer, '', { intent, code: ticket.code, gate: 'North' }))
      .toContain('Refunded. The tickets are not valid any more.')
  }
  const asked = { body: { event_id, q: placed.code, order_ids: [placed.id] } }
  const stranger = await pages.it.personToken({ roles: ['event_creator', 'user'] })
  expect((await pages.it.send(orders.lookUpOrders, { ...asked, token: stranger })).status).toBe(404)
  expect((await pages.it.send(orders.lookUpOrders, asked)).status).toBe(401)
  expect((await pages.it.send(orders.lookUpOrders, { ...asked, token: organizer })).body.items)
    .toMatchObject([{ code: placed.code, status: 'refunded', payments: [{ status: 'refunded' }] }])
}, 60_000)
