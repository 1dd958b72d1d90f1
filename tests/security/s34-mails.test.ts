import * as events from '@fermata/contracts/events'
import { getMail } from '@fermata/contracts/notifications'
import * as orders from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { allServices } from '@fermata/server/services'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { atScale, figure } from '../proofs/proof.ts'

/** A crowd of one network that orders free tickets with the address of a victim. */

let it: TestSystem
let organizer: string
const pool = () => it.context('notifications').pool

beforeAll(async () => {
  it = await startTestSystem(Object.values(allServices))
  organizer = await it.personToken({ user_id: uuidv7(), roles: ['event_creator'] })
})
afterAll(() => it.stop())

const honest_visitors = 10
/** At once; then one every six hours. */
const mails_at_once = 5
const in_days = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

async function putOnSale (capacity: number) {
  const { body: { id: event_id } } = await it.send(events.createEvent, { token: organizer, body: {
    title: 'The open day', description: 'Everybody comes.', category: 'theatre',
    timezone: 'Europe/Paris', currency: 'EUR', starts_at: in_days(10), ends_at: in_days(10.1),
    venue: { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' },
  } })
  const { body: { id } } = await it.send(orders.createTicketType, { token: organizer, body: {
    event_id, name: 'Seat', price_minor: 0, currency: 'EUR', capacity } })
  // What limits stock is not what is tried here.
  await it.send(orders.setFairShares, { token: organizer, params: { event_id },
    body: { network_share_percent: 100, max_per_buyer: null } })
  await it.send(events.publishEvent, { token: organizer, params: { id: event_id } })
  await it.eventually(async () => (await it.send(orders.listTicketTypes, { query: { event_id } }))
    .body.items[0]?.on_sale === 'open', 'the sale')
  return { event_id, id }
}

type OnSale = Awaited<ReturnType<typeof putOnSale>>

const advertisement = 'Win 1000 EUR at https://shop.example'

const buy = ({ event_id, id }: OnSale, from: string, name: string, email: string) =>
  it.send(orders.placeOrder, { headers: { 'x-forwarded-for': from }, body: {
    event_id, items: [{ ticket_type_id: id, quantity: 1 }], buyer: { name, email, locale: 'en' } } })

/** Nothing is on its way but what waits for its turn. */
async function settled (): Promise<void> {
  const deadline = performance.now() + 240_000
  for (;;) {
    const busy = await pool().query(`
      select 1 from orders.outbox where sent_at is null union all
      select 1 from tickets.outbox where sent_at is null union all
      select 1 from notifications.outbox where sent_at is null union all
      select 1 from notifications.deliveries
       where status in ('pending', 'failed') and (next_attempt_at <= now() or attempts > 0) limit 1`)
    if (busy.rows.length === 0) return
    if (performance.now() > deadline) throw new Error('Mails did not settle')
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

async function mailsTo (pattern: string) {
  const { rows } = await pool().query<{ id: string }>(
    'select id from notifications.mailbox where to_address ilike $1', [pattern])
  return Promise.all(rows.map(async params => {
    const { to, subject, text, html } = (await it.send(getMail, { params })).body
    return { to_address: to, words: subject + text + html }
  }))
}

/** What reaches a victim and honest visitors while so many identities order with its address. */
async function race (identities: number, at_once = 32) {
  const mark = uuidv7()
  const type = await putOnSale(identities + honest_visitors)
  const victim = `victim-${mark}`
  const spell = [(index: number) => `${victim}+${index}@example.com`, () => `${victim}@example.com`,
    () => `${victim.toUpperCase()}@Example.com`]
  let next = 0
  const crowd = Array.from({ length: at_once }, async () => {
    for (let index = next++; index < identities; index = next++) {
      const { status } = await buy(type, '203.0.113.66', advertisement, spell[index % 3]!(index))
      expect([201, 429, 503]).toContain(status)
      if (at_once === 1) await settled()
    }
  })
  const honest = Array.from({ length: honest_visitors }, async (_, index) => {
    const { status } = await buy(type, `198.51.100.${index + 1}`, 'Ann Example', `honest-${mark}-${index}@example.com`)
    expect(status).toBe(201)
  })
  await Promise.all([...crowd, ...honest])
  await settled()
  return { to_victim: await mailsTo(`${victim}%`), to_honest: await mailsTo(`honest-${mark}%`) }
}

test('S34: a crowd of one network mails a victim no more than five times at once, and honest visitors get theirs', async () => {
  for (const identities of [10, atScale(40, 1000), atScale(60, 10_000)]) {
    const { to_victim, to_honest } = await race(identities)
    expect(to_victim).toHaveLength(mails_at_once)
    // Not a word of what the crowd typed.
    expect(to_victim.filter(({ words }) => /Win|1000|shop/.test(words))).toEqual([])
    expect(new Set(to_honest.map(mail => mail.to_address)).size).toBe(honest_visitors)
    expect(to_honest.every(({ words }) => words.includes('Hello Ann Example.'))).toBe(true)
    figure('S34', `${identities} free orders of one network with one address made ${to_victim.length} ` +
      `mails; ${to_honest.length} of ${honest_visitors} honest visitors got theirs`)
  }
}, 600_000)

test('S34: control: where what was sent is forgotten, the same crowd sends the victim a mail for each order', async () => {
  await pool().query(`
    create function notifications.forget () returns trigger language plpgsql as 'begin return null; end';
    create trigger forget before update on notifications.mail_allowances
      for each row execute function notifications.forget()`)
  const { to_victim } = await race(10, 1)
  expect(to_victim.length).toBe(10)
  await pool().query('drop trigger forget on notifications.mail_allowances')
}, 60_000)
