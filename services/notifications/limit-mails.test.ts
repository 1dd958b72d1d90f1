import * as auth from '@fermata/contracts/auth'
import { eventChanged, eventPublished } from '@fermata/contracts/events'
import { erasedBuyer } from '@fermata/contracts/fields'
import {
  getMail, getOrderMail, listNotifications, type Mail,
} from '@fermata/contracts/notifications'
import { orderCanceled, orderExpired } from '@fermata/contracts/orders'
import { ticketsIssued, ticketVoided } from '@fermata/contracts/tickets'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import { tellChanged } from './operations/notify-about-events.ts'
import service from './service.ts'
import {
  authPeer, event, inHours, issued, newAddress, order, person, publisher, ticket, ticketsPeer,
} from './test/news.ts'

// What strangers may cause to be mailed, by ordering what costs nothing.

let it: TestSystem
let publish: ReturnType<typeof publisher>
const db = () => it.context<Ctx>('notifications').db

beforeAll(async () => {
  it = await startTestSystem([service, ticketsPeer, authPeer])
  publish = publisher(it)
})
afterAll(() => it.stop())

type Issued = ReturnType<typeof issued>

const free = (email: string, overrides: Partial<Issued> = {}) => issued({
  buyer: { name: 'Ann Example', email, locale: 'en' }, tickets: [ticket({ price_minor: 0 })],
  sender: { network: uuidv7() }, ...overrides,
})

/** All news is told, and what may leave by now has left. */
const settled = () => it.eventually(async () => {
  const { rows } = await it.context('notifications').pool.query(`
    select 1 from notifications.outbox where sent_at is null union all
    select 1 from notifications.deliveries
     where status in ('pending', 'failed') and (next_attempt_at <= now() or attempts > 0) limit 1`)
  return rows.length === 0
}, 'the mails of now')

async function arrived (like: string): Promise<Mail[]> {
  await settled()
  const { rows } = await it.context('notifications').pool.query<{ id: string }>(
    'select id from notifications.mailbox where to_address like $1 order by sent_at', [like])
  return Promise.all(rows.map(async params => (await it.send(getMail, { params })).body))
}

test('limitMails: a letter box gets five mails at once, and all further orders in one that comes later', async () => {
  const victim = `victim-${uuidv7()}`
  const all = Array.from({ length: 59 }, (_, index) => free(`${victim}+${index}@example.com`))
  await Promise.all(all.map(one => publish(ticketsIssued, one)))

  expect(await arrived(`${victim}%`)).toHaveLength(5)

  const waiting = await db().selectFrom('notifications.deliveries').select(['id', 'next_attempt_at'])
    .where('recipient', 'like', `${victim}%`).where('status', '=', 'pending').execute()
  expect(waiting).toHaveLength(1)
  const hours = (Date.parse(waiting[0]!.next_attempt_at) - Date.now()) / 3_600_000
  expect(hours).toBeGreaterThan(5.8)
  expect(hours).toBeLessThanOrEqual(6)
  const told = await Promise.all(all.map(({ order_id }) =>
    it.send(getOrderMail, { params: { id: order_id }, token: it.orderToken(order_id) })))
  const due = told.map(one => one.body.due_at)
  expect(due.filter(at => at === null)).toHaveLength(5)
  expect(new Set(due.filter(at => at !== null))).toEqual(new Set([waiting[0]!.next_attempt_at]))

  // Six hours later.
  await db().updateTable('notifications.deliveries').set({ next_attempt_at: new Date().toISOString() })
    .where('id', '=', waiting[0]!.id).execute()
  const [, , , , , mail, ...more] = await arrived(`${victim}%`)
  expect(more).toEqual([])
  expect(mail!.subject).toBe('More about tickets for this address')
  const later = all.filter((_, index) => due[index] !== null)
  const linked = later.filter(({ order_id }) => mail!.text.includes(`/orders/${order_id}?token=`) &&
    mail!.html.includes(`/orders/${order_id}?token=`))
  expect(linked).toHaveLength(50)
})

test('limitMails: free tickets that are voided one by one mail a letter box as little', async () => {
  const email = `voided-${uuidv7()}@example.com`
  const holder = { name: 'Ann', email }
  const all = Array.from({ length: 12 }, () => free(email, {
    tickets: [ticket({ price_minor: 0, holder })] }))
  const paid = issued({ tickets: [ticket({ holder })] })
  for (const { tickets: [one], sender, issued_at, ...of_order } of [...all, paid]) {
    await publish(ticketVoided,
      { ...of_order, ticket: one!, voided_at: issued_at, reason: 'Found on the floor' })
  }
  expect(await arrived(email)).toHaveLength(5 + 1)
  await db().updateTable('notifications.deliveries').set({ next_attempt_at: inHours(0) })
    .where('recipient', '=', email).where('status', '=', 'pending').execute()
  const together = (await arrived(email)).at(-1)!
  expect(together.subject).toBe('More about tickets for this address')
  expect(all.filter(one => together.text.includes(`/orders/${one.order_id}`))).toHaveLength(7)
  expect(together.text).toContain('is no longer valid')
})

test('limitMails: an event that is changed again and again mails who paid nothing a few times', async () => {
  const email = `changes-${uuidv7()}@example.com`
  const payer = `payer-${uuidv7()}@example.com`
  const facts = event()
  await publish(eventPublished, facts)
  // What strangers order with the address holds back no news of its own event.
  for (let count = 0; count < 7; count++) {
    await publish(ticketsIssued, free(email, { event: facts }))
  }
  const buyer = { name: 'Payer', email: payer, locale: 'en' as const }
  await publish(ticketsIssued, issued({ event: facts, buyer }))
  expect(await arrived(email)).toHaveLength(5)
  for (let version = 2; version < 12; version++) {
    await publish(eventChanged, { changed: ['venue'],
      event: { ...facts, version, venue: { ...facts.venue, name: `Hall ${version}` } } })
    await settled()
  }
  expect(await arrived(payer)).toHaveLength(1 + 10)
  expect(await arrived(email)).toHaveLength(5 + 5)
  await db().updateTable('notifications.deliveries').set({ next_attempt_at: inHours(0) })
    .where('recipient', '=', email).where('status', '=', 'pending')
    .where('kind', '=', 'event_changed').execute()
  const together = (await arrived(email)).at(-1)!
  expect(together.subject).toBe('More about tickets for this address')
  expect(together.text.split(`/events/${facts.slug}`)).toHaveLength(2)
})

test('limitMails: what was paid for is mailed at once, whatever strangers did to the letter box', async () => {
  const email = `buyer-${uuidv7()}@example.com`
  for (let count = 0; count < 8; count++) await publish(ticketsIssued, free(email))
  await settled()
  const paid = Array.from({ length: 4 }, () => issued({ buyer: { name: 'Ann', email, locale: 'en' } }))
  for (const one of paid) await publish(ticketsIssued, one)
  const mails = await arrived(email)
  expect(mails).toHaveLength(5 + 4)
  for (const { order_id } of paid) {
    expect(mails.some(mail => mail.text.includes(`/orders/${order_id}?token=`))).toBe(true)
  }
})

test('limitMails: who orders for the address that is proven to be theirs waits for nothing', async () => {
  const ann = person()
  await publish(auth.userRegistered, ann)
  await settled()
  for (let count = 0; count < 8; count++) {
    await publish(ticketsIssued, free(ann.email, { user_id: ann.user_id }))
  }
  expect(await arrived(ann.email)).toHaveLength(8)
  const eve = person({ email_verified: false })
  await publish(auth.userRegistered, eve)
  await settled()
  for (let count = 0; count < 8; count++) {
    await publish(ticketsIssued, free(eve.email, { user_id: eve.user_id }))
  }
  expect(await arrived(eve.email)).toHaveLength(5)
})

test('limitMails: mails of one account or browser wait for their turn, those of others do not', async () => {
  const mark = uuidv7()
  const sender = { network: uuidv7(), person: uuidv7() }
  const mine = Array.from({ length: 34 }, (_, index) => free(`${mark}-${index}@example.com`, { sender }))
  await publish(ticketsIssued, ...mine)
  await publish(ticketsIssued, free(`${mark}-other@example.com`, { sender: { ...sender, person: uuidv7() } }))
  const got = (await arrived(`${mark}%`)).map(mail => mail.to)
  expect(got).toContain(`${mark}-other@example.com`)
  // The turn that follows comes after two minutes; nothing is dropped.
  const waiting = await db().selectFrom('notifications.deliveries').select('next_attempt_at')
    .where('recipient', 'like', `${mark}%`).where('status', '=', 'pending').execute()
  expect(got.length + waiting.length).toBe(35)
  expect(got.length).toBeLessThanOrEqual(30 + 1 + 3)
})

test('tellChanged: an address with many free orders hears once of what changes', async () => {
  const facts = event()
  const email = `many-${uuidv7()}@example.com`
  await publish(eventPublished, facts)
  for (let count = 0; count < 4; count++) {
    await publish(ticketsIssued, free(email, { event: facts }))
  }
  const before = await arrived(email)
  await publish(eventChanged, { event: { ...facts, version: 2, title: 'Moved' }, changed: ['title'] })
  expect((await arrived(email)).length - before.length).toBe(1)
})

test('tellChanged: accounts that ordered for one address each read it in the app, which is mailed once', async () => {
  const facts = event()
  const [ann, ben] = [person(), person()]
  await publish(auth.userRegistered, ann, ben)
  await publish(eventPublished, facts)
  await settled()
  // The address is Ann's; Ben and a guest have tickets sent there, too.
  for (const user_id of [null, ben.user_id, ann.user_id]) {
    await publish(ticketsIssued, free(ann.email, { event: facts, user_id }))
  }
  const before = await arrived(ann.email)
  await publish(eventChanged, { event: { ...facts, version: 2, title: 'Moved' }, changed: ['title'] })
  expect((await arrived(ann.email)).length - before.length).toBe(1)
  for (const { user_id } of [ann, ben]) {
    const { body } = await it.send(listNotifications, { query: {},
      token: await it.personToken({ user_id }) })
    expect(body.items.map(({ title }) => title)).toContain('News about Moved')
  }
})

/** Holders of free tickets, in this order. */
const seedHolders = (event_id: string, addresses: string[]) => sql`
  insert into notifications.holders (order_id, event_id, email, locale, ticket_count, is_free)
  select id, ${event_id}::uuid, email, 'en', 1, true
    from unnest(${addresses.map(() => uuidv7()).toSorted()}::uuid[], ${addresses}::text[])
      as new (id, email)`.run(db())

test('tellChanged: two processes that tell people of two events, page by page, never deadlock', async () => {
  const ctx = it.context<Ctx>('notifications')
  const tell = (facts: ReturnType<typeof event>) => ctx.transaction(tx => tellChanged(ctx, tx, [{
    id: uuidv7(), request_id: null, data: { changed: ['venue'], event: facts },
  }] as never))
  for (let round = 0; round < 3; round++) {
    // Each page is one of two people, and of many who are told nothing.
    const [ann, ben] = [newAddress(), newAddress()]
    const others = Array.from({ length: 1999 }, () => erasedBuyer.email)
    const first = event()
    const second = event({ organizer_id: first.organizer_id })
    await seedHolders(first.id, [ann, ...others, ben, ...others])
    await seedHolders(second.id, [ben, ...others, ann, ...others])

    await Promise.all([tell(first), tell(second)])

    for (const email of [ann, ben]) expect(await arrived(email)).toHaveLength(2)
  }
}, 60_000)

test('tellExpired, tellCanceled: a hold that was never paid says nothing to an address that nobody proved', async () => {
  const guest = order()
  await publish(orderExpired, { ...guest, expired_at: inHours(0) })
  await publish(orderCanceled, { ...guest, canceled_at: inHours(0), reason: 'buyer' })
  expect(await arrived(guest.buyer.email)).toEqual([])
})

test('mailTickets: a name that is none stays out of the mail', async () => {
  for (const name of ['Win 1000 EUR at https://shop.example/win', 'Ann\u202e@shop.example', 'www.shop.example']) {
    const email = `name-${uuidv7()}@example.com`
    await publish(ticketsIssued, free(email, { buyer: { name, email, locale: 'fr' } }))
    const [mail] = await arrived(email)
    expect(mail!.text + mail!.html + mail!.subject).not.toMatch(/shop|1000|\u202e|Bonjour/)
    expect(mail!.text).toContain('Votre billet est prêt')
  }
})

test('getOrderMail: is answered to whom the order belongs', async () => {
  const params = { id: uuidv7() }
  const ask = (token?: string) => it.send(getOrderMail, { params, token })
  expect((await ask()).status).toBe(401)
  expect((await ask(it.orderToken(uuidv7()))).status).toBe(404)
  expect((await ask(await it.personToken())).body).toEqual({ due_at: null })
})
