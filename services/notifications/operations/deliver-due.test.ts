import { passwordResetRequested } from '@fermata/contracts/auth'
import {
  deadLetterAdded, getMail, listDeliveries, listMailbox, retryDelivery, type Delivery,
} from '@fermata/contracts/notifications'
import { ticketsIssued } from '@fermata/contracts/tickets'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import type { Email } from 'postal-mime'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { lease_seconds, renew_ms } from '../claimed-delivery.ts'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { startMailServer, type MailServer } from '@fermata/testkit/mail-server'
import {
  asked_by, authPeer, event, inHours, issued, publisher, ticket, ticketsPeer, unwell,
  unwell_for, withoutTickets,
} from '../test/news.ts'
import { countMails, keepClaim } from '../queries/deliveries.ts'
import { tickets_not_valid } from '../rules/superseded.ts'
import { deliverDue } from './deliver-due.ts'
import { mailTickets } from './notify-about-tickets.ts'

// The way out of the house: through a real mail server, which addresses tell how to answer.

let it: TestSystem
let mail_server: MailServer
let publish: ReturnType<typeof publisher>
let admin: string

const startHouse = (retry_seconds: string) => startTestSystem([service, ticketsPeer, authPeer], {
  MAIL_HOSTNAME: '127.0.0.1', MAIL_PORT: String(mail_server.port), MAIL_RETRY_SECONDS: retry_seconds,
  MAIL_FROM: 'Salle des fêtes <billets@example.org>', PUBLIC_URL: 'https://tickets.example.org',
})

beforeAll(async () => {
  mail_server = await startMailServer((to, attempt) => {
    if (to.startsWith('later') && attempt <= 3) return 451
    if (to.startsWith('never')) return 550
    return undefined
  })
  it = await startHouse('0.05')
  publish = publisher(it)
  admin = await it.personToken({ roles: ['admin'] })
})
afterAll(async () => {
  await it?.stop()
  await mail_server?.stop()
})

const newAddress = (prefix: string) => `${prefix}-${uuidv7()}@example.com`

function ticketsFor (email: string, overrides: Parameters<typeof issued>[0] = {}) {
  return issued({ buyer: { name: 'Zoé Löwe', email, locale: 'fr' }, ...overrides })
}

const mailTo = (email: string) => it.eventually(async () =>
  mail_server.mails.find(mail => mail.to?.[0]?.address === email), `a mail to ${email}`)

const deliveryTo = (email: string, status: Delivery['status']) => it.eventually(async () => {
  const answer = await it.send(listDeliveries, { token: admin, query: { q: email } })
  return answer.body.items.find(item => item.status === status)
}, `a delivery to ${email} that is ${status}`)

const textOf = (content: Email['attachments'][0]['content']) =>
  typeof content === 'string' ? content : Buffer.from(content as ArrayBuffer).toString()

test('deliverDue: a mail arrives whole: texts, accents, PDF, calendar entry and a Message-ID', async () => {
  const email = newAddress('zoe')
  const news = ticketsFor(email, {
    event: event({ title: 'Fête de l’été – œuvres', slug: 'fete' }), tickets: [ticket(), ticket()],
  })
  await publish(ticketsIssued, news)

  const mail = await mailTo(email)
  const { id } = await deliveryTo(email, 'sent')

  expect(mail).toMatchObject({
    subject: 'Vos 2 billets pour Fête de l’été – œuvres', messageId: `<${id}@tickets.example.org>`,
    from: { name: 'Salle des fêtes', address: 'billets@example.org' } })
  expect(mail.text).toContain('Bonjour Zoé Löwe')
  expect(mail.html).toContain('Bonjour Zoé Löwe')
  expect(mail.html).toMatch(/^<!DOCTYPE html.*<html[^>]* lang="fr"/s)
  const link = `https://tickets.example.org/orders/${news.order_id}?token=${it.orderToken(news.order_id)}`
  expect(mail.text).toContain(link)
  expect(mail.html).toContain(`href="${link}"`)
  expect(mail.headers.find(header => header.key === 'auto-submitted')?.value).toBe('auto-generated')
  expect(mail.attachments.map(one => [one.filename, one.mimeType])).toEqual(
    [['billets.pdf', 'application/pdf'], ['evenement.ics', 'text/calendar']])
  expect(Buffer.from(mail.attachments[0]!.content as ArrayBuffer).toString('latin1')).toBe('%PDF-1.7\n%âãÏÓ\n1 0 obj')
  expect(textOf(mail.attachments[1]!.content)).toContain('SUMMARY:Fête de l’été\n')
})

test('deliverDue: a mail carries the id of the request that led to it, and asks for its tickets by that', async () => {
  const [email, request_id] = [newAddress('asked'), uuidv7()]
  const ctx = it.context<Ctx>('notifications')
  const news = ticketsFor(email)
  await ctx.transaction(tx => ctx.publish(tx, ticketsIssued, [news], request_id))

  const { id } = await deliveryTo(email, 'sent')

  const kept = await ctx.db.selectFrom('notifications.deliveries').select('request_id').where('id', '=', id).execute()
  expect(kept).toEqual([{ request_id }])
  expect(asked_by.get(news.order_id)).toBe(request_id)
})

test('deliverDue: refused for a while, a mail arrives once, later, and stays the same mail', async () => {
  const email = newAddress('later')
  await publish(ticketsIssued, ticketsFor(email))

  const { id, attempts } = await deliveryTo(email, 'sent')

  expect(attempts).toBe(4)
  expect(mail_server.triesOf(email)).toBe(4)
  const arrived = mail_server.mails.filter(mail => mail.to?.[0]?.address === email)
  expect(arrived.map(mail => mail.messageId)).toEqual([`<${id}@tickets.example.org>`])
})

test('deliverDue, retryDelivery: refused for good, it is a dead letter until an administrator sends it again', async () => {
  const email = newAddress('never')
  await publish(ticketsIssued, ticketsFor(email))

  const dead = await deliveryTo(email, 'dead')

  expect(dead).toMatchObject({ attempts: 3, next_attempt_at: null, sent_at: null })
  expect(dead.last_error).toContain('550')
  const { db } = it.context<Ctx>('notifications')
  const told = await db.selectFrom('notifications.outbox_events').select('data')
    .where('type', '=', deadLetterAdded.type).execute()
  expect(told.map(row => row.data)).toContainEqual(expect.objectContaining(
    { dead_letter_id: dead.id, service: 'notifications', subject: 'tickets_issued', error: 'EENVELOPE 550' }))

  // Somebody mends the address's mailbox.
  await db.updateTable('notifications.deliveries').set({ recipient: newAddress('mended') }).where('id', '=', dead.id).execute()
  const retried = await it.send(retryDelivery, { params: { id: dead.id }, token: admin })
  expect(retried).toMatchObject({ status: 200, body: { status: 'pending', attempts: 0 } })
  expect((await deliveryTo('mended', 'sent')).id).toBe(dead.id)
  expect(await it.send(retryDelivery, { params: { id: dead.id }, token: admin }))
    .toMatchObject({ status: 409, problem: { type: '/problems/notifications/not-retryable', delivery_status: 'sent' } })
})

/**
 * Straight to the handler: contracts refuse some of these names already, mails must not rely on it.
 */
function handle (...all: ReturnType<typeof issued>[]): Promise<void> {
  const ctx = it.context<Ctx>('notifications')
  return ctx.transaction(tx => mailTickets(ctx, tx,
    all.map(data => ({ id: uuidv7(), data, request_id: null, created_at: inHours(0) }))))
}

/** Which parts a mail has, whatever they say. */
const shapeOf = (source: string) => [...source.matchAll(/^(Content-Type|Content-Disposition): ([^;\r\n]+)/gim)].map(match => match[2])
const headerNames = (mail: Email) => mail.headers.map(header => header.key)
const tagsOf = (html = '') => [...html.matchAll(/<(\/?[a-z][a-z0-9]*)/gi)].map(match => match[1])

const evil = [
  'Ann\r\nBcc: victim@example.com', 'Ann\r\n\r\n<p>Another body</p>', '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>', '{{code}} {{event}} $t(reset.title)', '$& $1 ${name}',
  'Ann, Ben <ben@example.com>', '=?utf-8?q?Bcc:_x?=', '</h1></table><style>*{display:none}</style>',
]

test.for(evil)('deliverDue: a name like %j changes nothing but itself', async name => {
  const write = async (title: string, who: string) => {
    const email = newAddress('ann')
    await handle(ticketsFor(email, {
      event: event({ title, venue: { name: title, address: title, city: title, country: 'FR' } }),
      buyer: { name: who, email, locale: 'en' }, order_code: title }))
    const mail = await mailTo(email)
    return { mail, source: mail_server.sources.find(source => source.includes(mail.messageId!))! }
  }
  const plain = await write('Winter concert', 'Ann')
  const injected = await write(name, name)

  expect(shapeOf(injected.source)).toEqual(shapeOf(plain.source))
  expect(headerNames(injected.mail)).toEqual(headerNames(plain.mail))
  expect(injected.mail.to).toHaveLength(1)
  expect(injected.mail.attachments).toHaveLength(2)
  const without = (tags: (string | undefined)[]) => tags.filter(tag => tag !== 'br')
  expect(without(tagsOf(injected.mail.html))).toEqual(without(tagsOf(plain.mail.html)))
  expect([...injected.mail.html!.matchAll(/href="([^"]*)"/g)].every(match => match[1]!.startsWith('https://tickets.example.org'))).toBe(true)
  expect(injected.mail.text).toContain(name.replace(/[\r\n]+/g, ' '))
})

test('deliverDue: tickets that cannot be printed for long are mailed as a link', async () => {
  const email = newAddress('unwell')
  const news = ticketsFor(email)
  unwell.add(news.order_id)
  await publish(ticketsIssued, news)
  const mail = await mailTo(email)
  expect(mail.attachments).toEqual([])
  expect(mail.text).not.toContain('PDF')
  expect(mail.text).toContain('?token=')
  expect((await deliveryTo(email, 'sent')).attempts).toBe(4)
})

test('deliverDue: tickets that could not be printed for a moment are mailed soon, and not as a link', async () => {
  const patient = await startHouse('3600')
  onTestFinished(() => patient.stop())
  const email = newAddress('moment')
  const news = ticketsFor(email)
  unwell_for.set(news.order_id, 2)
  await publisher(patient)(ticketsIssued, news)
  expect((await mailTo(email)).attachments).toHaveLength(2)
}, 60_000)

test('deliverDue: tickets that were all voided meanwhile are not mailed', async () => {
  const email = newAddress('void')
  const news = ticketsFor(email)
  withoutTickets.add(news.order_id)
  await publish(ticketsIssued, news)
  expect((await deliveryTo(email, 'dead')).last_error).toBe('Its tickets are not valid any more.')
  expect(mail_server.triesOf(email)).toBe(0)
})

test('deliverDue: what a killed process had begun is sent by another once its lease ends', async () => {
  const email = newAddress('killed')
  const { db, settings } = it.context<Ctx>('notifications')
  const id = uuidv7()
  const row = {
    id, dedupe_key: id, channel: 'email', kind: 'message', recipient: email, locale: 'en',
    subject: 'Hello', priority: 2, attempts: 1,
    content: JSON.stringify({ title: 'Hello', paragraphs: ['World'], facts: [], footer: 'End' }),
  }
  await db.insertInto('notifications.deliveries').values({ ...row, next_attempt_at: inHours(0.05) }).execute()
  await deliverDue(it.context<Ctx>('notifications'))
  expect(mail_server.triesOf(email)).toBe(0)

  await db.updateTable('notifications.deliveries').set({ next_attempt_at: inHours(-0.01) }).where('id', '=', id).execute()

  expect((await mailTo(email)).messageId).toBe(`<${id}@${new URL(settings.PUBLIC_URL).hostname}>`)
  expect(await deliveryTo(email, 'sent')).toMatchObject({ attempts: 2 })
})

test('deliverDue: a slow mail keeps its claim, and one of a killed process is free within 30 seconds', async () => {
  const { db } = it.context<Ctx>('notifications')
  const id = uuidv7()
  await db.insertInto('notifications.deliveries').values({
    id, dedupe_key: id, channel: 'email', kind: 'message', recipient: newAddress('claimed'),
    locale: 'en', subject: 'Hello', priority: 0, attempts: 1, next_attempt_at: inHours(1),
    content: JSON.stringify({ title: 'Hello', paragraphs: ['World'], facts: [], footer: 'End' }),
  }).execute()
  const freeIn = async () => (Date.parse((await db.selectFrom('notifications.deliveries')
    .select('next_attempt_at').where('id', '=', id).executeTakeFirstOrThrow()).next_attempt_at)
    - Date.now()) / 1000
  await keepClaim(db, id, lease_seconds)
  expect(await freeIn()).toBeLessThanOrEqual(30)
  expect(await freeIn()).toBeGreaterThan(2 * renew_ms / 1000)
  expect(await countMails(db)).toMatchObject({ oldest_seconds: expect.any(Number) as number })
  await db.deleteFrom('notifications.deliveries').where('id', '=', id).execute()
})

test('countMails: what is late, fails and was given up, without what nobody needed any more', async () => {
  const { db } = it.context<Ctx>('notifications')
  const before = await countMails(db)
  const content = JSON.stringify({ title: 'A', paragraphs: [], facts: [], footer: 'B' })
  const common = {
    channel: 'email', kind: 'message', locale: 'en', subject: 'Hello', priority: 9, content,
    recipient: 'counted@example.com',
  } as const
  const row = (more: object) => {
    const id = uuidv7()
    return { id, dedupe_key: id, ...common, ...more }
  }
  await db.insertInto('notifications.deliveries').values([
    row({ status: 'failed', attempts: 3, next_attempt_at: inHours(1), created_at: inHours(-2) }),
    row({ attempts: 0, next_attempt_at: inHours(1), created_at: inHours(-9) }),
    row({ status: 'dead', attempts: 8, next_attempt_at: null, last_error: 'no such box' }),
    row({ status: 'dead', attempts: 1, next_attempt_at: null, last_error: tickets_not_valid }),
  ] as never).execute()
  const now = await countMails(db)
  await db.deleteFrom('notifications.deliveries').where('recipient', '=', common.recipient).execute()
  expect(now.failing - before.failing).toBe(1)
  expect(now.given_up - before.given_up).toBe(1)
  expect(now.oldest_seconds).toBeGreaterThanOrEqual(7199)
  expect(now.oldest_seconds).toBeLessThan(8000)
})

test('deliverDue: a password goes before ten thousand tickets, which are queued within seconds', async () => {
  const count = 10_000
  const { db } = it.context<Ctx>('notifications')
  // Also when it fails: those who come after would stand behind them.
  onTestFinished(async () => {
    await db.deleteFrom('notifications.deliveries').where('recipient', 'like', 'crowd-%').execute()
  })
  const facts = event()
  const all = Array.from({ length: count }, (_, index) => ticketsFor(`crowd-${index}@example.com`, { event: facts }))
  // Of the processor, not of the clock, for others may keep the machine busy.
  const began = process.cpuUsage()
  await handle(...all)
  const { user, system } = process.cpuUsage(began)

  const email = newAddress('hurry')
  await publish(passwordResetRequested, {
    user_id: uuidv7(), email, username: 'Ann', locale: 'en', link_id: uuidv7(),
  })
  await mailTo(email)

  expect(mail_server.triesOf('crowd')).toBeLessThan(count / 2)
  expect((user + system) / 1000).toBeLessThan(5000)
})

test('getMail: and the list do not exist beside a mail server', async () => {
  expect((await it.send(listMailbox)).status).toBe(404)
  expect((await it.send(getMail, { params: { id: uuidv7() } })).status).toBe(404)
})

test('deliverDue: nothing is sent twice by senders that work at once', async () => {
  const email = newAddress('shared')
  const ctx = it.context<Ctx>('notifications')
  await handle(...Array.from({ length: 20 }, () => ticketsFor(email)))
  // Beside the service's own timer; another process does no other.
  await Promise.all([deliverDue(ctx), deliverDue(ctx), deliverDue(ctx)])
  const arrived = await it.eventually(async () => {
    const mails = mail_server.mails.filter(mail => mail.to?.[0]?.address === email)
    return mails.length >= 20 && mails
  })
  await new Promise(resolve => setTimeout(resolve, 400))
  expect(new Set(arrived.map(mail => mail.messageId)).size).toBe(20)
  expect(arrived).toHaveLength(20)
})

interface Rounds { quiet: TestSystem, ctx: Ctx, sent: () => Promise<number>, rush: () => void }

/** A system with no timer beside the rounds that are counted. */
async function countRounds (count: (of: Rounds) => Promise<void>): Promise<void> {
  const quiet = await startTestSystem([{ ...service, timers: [] }, ticketsPeer, authPeer])
  try {
    const ctx = quiet.context<Ctx>('notifications')
    const now = performance.eventLoopUtilization()
    await count({
      quiet, ctx,
      sent: async () => (await quiet.send(listMailbox)).body.items.length,
      rush () { ctx.resources.rounds.since = { ...now, active: now.active - 3_600_000 } },
    })
  } finally {
    await quiet.stop()
  }
}

test('deliverDue: in a rush one ticket mail goes a round, and mails about accounts do not wait', () => countRounds(async ({ quiet, ctx, sent, rush }) => {
  const news = Array.from({ length: 6 }, () => ticketsFor(newAddress('rush')))
  await ctx.transaction(tx => mailTickets(ctx, tx, news.map(data =>
    ({ id: uuidv7(), data, request_id: null, created_at: inHours(0) }))))
  await publisher(quiet)(passwordResetRequested, ...['ann', 'bob'].map(name => ({
    username: name, user_id: uuidv7(), email: newAddress(name), locale: 'en', link_id: uuidv7() })))
  await quiet.eventually(async () => (await ctx.db.selectFrom('notifications.deliveries')
    .select('id').execute()).length === 8)

  // A slow machine ends a round by its clock.
  while (await sent() < 3) {
    rush()
    await deliverDue(ctx)
  }
  expect(await sent()).toBe(3)
  // However often purchases wake it.
  expect(ctx.resources.post.rests).toBe(true)
  rush()
  await deliverDue(ctx)
  expect(await sent()).toBe(4)
  // The control: with time to spare all go in one round.
  const now = performance.eventLoopUtilization()
  Object.assign(ctx.resources.rounds,
    { since: { ...now, idle: now.idle - 3_600_000 }, length_ms: 2000 })
  await deliverDue(ctx)
  expect(await sent()).toBe(8)
  expect(ctx.resources.post.rests).toBe(false)
}))

test('deliverDue: a mail that is late ends the restraint of a rush for those behind it', () => countRounds(async ({ ctx, sent, rush }) => {
  await ctx.transaction(tx => mailTickets(ctx, tx, Array.from({ length: 4 }, () =>
    ({ id: uuidv7(), data: ticketsFor(newAddress('late')), request_id: null,
      created_at: inHours(0) }))))
  rush()
  await deliverDue(ctx)
  expect(await sent()).toBe(1)
  await sql`update notifications.deliveries set next_attempt_at = now() - interval '1 minute'
    where status = 'pending'`.run(ctx.db)

  rush()
  await deliverDue(ctx)
  expect(await sent()).toBe(2)
  rush()
  ctx.resources.rounds.length_ms = 2000
  await deliverDue(ctx)
  expect(await sent()).toBeGreaterThan(3)
}))

test('notify: a mail that is committed leaves at once, and one that is taken back wakes nobody', () => countRounds(async ({ ctx }) => {
  const tell = (fails: boolean) => ctx.transaction(async tx => {
    await mailTickets(ctx, tx, [{ id: uuidv7(), data: ticketsFor(newAddress('woken')),
      request_id: null, created_at: inHours(0) }])
    expect(ctx.resources.post.is_woken).toBe(false)
    if (fails) throw new Error('taken back')
  })

  await expect(tell(true)).rejects.toThrow('taken back')
  expect(ctx.resources.post.is_woken).toBe(false)
  await tell(false)
  expect(ctx.resources.post.is_woken).toBe(true)
}))
