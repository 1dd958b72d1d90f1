import * as auth from '@fermata/contracts/auth'
import { backupFailed } from '@fermata/contracts/backups'
import { eventCanceled, eventChanged, eventPublished } from '@fermata/contracts/events'
import { deadlineReached } from '@fermata/contracts/expiration'
import { deadLetterAdded } from '@fermata/contracts/notifications'
import * as orders from '@fermata/contracts/orders'
import { paymentFailed, paymentRefunded } from '@fermata/contracts/payments'
import { ticketResent, ticketsIssued, ticketVoided } from '@fermata/contracts/tickets'
import { settingsChanged } from '@fermata/contracts/users'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import {
  authPeer, ended_links, event, inHours, issued, linkToken, mailsTo, messagesOf, newAddress, oneOf,
  order, payment, person, publisher, settings, ticketsPeer, type Registered,
} from '../test/news.ts'

// Every handler of the service, with the development mailbox as its outside.

let it: TestSystem
let publish: ReturnType<typeof publisher>

beforeAll(async () => {
  it = await startTestSystem([service, ticketsPeer, authPeer])
  publish = publisher(it)
})
afterAll(() => it.stop())

async function known (overrides: Partial<Registered> = {}): Promise<Registered> {
  const somebody = person(overrides)
  await publish(auth.userRegistered, somebody)
  return somebody
}

const buyerOf = ({ email, locale }: Registered) => ({ name: 'Ann Example', email, locale })
const subjects = (mails: { subject: string }[]) => mails.map(mail => mail.subject)
const kinds = (messages: { kind: string }[]) => messages.map(message => message.kind)

test('welcome: a new person is asked to confirm their address, by mail alone', async () => {
  const link_id = uuidv7()
  const ann = await known({ username: 'Prizes at evil.example', mail: 'verify', link_id })
  const [mail] = await mailsTo(it, ann.email)
  expect(mail!.subject).toBe('Welcome to Fermata')
  expect(mail!.text).toContain(`http://localhost:8000/verify-email?token=${linkToken(link_id)}`)
  expect(mail!.text + mail!.html).not.toContain('evil.example')
  expect(await messagesOf(it, ann.user_id)).toEqual([])
})

test('welcome: an address that has an account hears of it, and gets no link that proves anything', async () => {
  const ann = await known({ mail: 'exists', link_id: uuidv7() })
  const [mail, ...more] = await mailsTo(it, ann.email)
  expect(more).toEqual([])
  expect(mail!.subject).toBe('You have an account already')
  expect(mail!.text).toContain('http://localhost:8000/sign-in')
  expect(mail!.text).not.toContain('token')
})

test('mailVerification: a link that has ended is not mailed', async () => {
  const { user_id, email, username, locale } = await known()
  const link_id = uuidv7()
  ended_links.add(link_id)
  await publish(auth.verificationRequested,
    { user_id, email, username, locale, mail: 'verify', link_id })
  expect(await mailsTo(it, email)).toEqual([])
})

test('mailPasswordReset: the link reaches its person in their language, and is in no table before', async () => {
  const zoe = await known({ locale: 'fr', username: 'Zoé' })
  const { user_id, email, username, locale } = zoe
  const link = { user_id, email, username, locale, link_id: uuidv7() }
  await publish(auth.passwordResetRequested, link)
  await publish(auth.verificationRequested, { ...link, mail: 'verify', link_id: uuidv7() })

  const mails = await mailsTo(it, email)

  expect(subjects(mails).sort()).toEqual(['Bienvenue chez Fermata', 'Choisissez un nouveau mot de passe'])
  expect(mails.map(mail => mail.text).join()).toContain(`reset-password?token=${linkToken(link.link_id)}`)
  const { db } = it.context<Ctx>('notifications')
  const rows = await db.selectFrom('notifications.deliveries').selectAll()
    .where('recipient', '=', email).execute()
  expect(rows.map(row => row.content)).toEqual([null, null])
  expect(JSON.stringify(rows)).not.toContain('token-of')
})

test('mailTickets: buyers get their tickets once, in their language, and see it in the app', async () => {
  const ann = await known({ locale: 'fr' })
  const news = issued({ user_id: ann.user_id, buyer: buyerOf(ann), event: event({ title: 'Fête' }) })
  await publish(ticketsIssued, news)

  const [mail, ...more] = await mailsTo(it, ann.email)

  expect(more).toEqual([])
  expect(mail).toMatchObject({ subject: 'Votre billet pour Fête', from: 'Fermata <tickets@localhost>' })
  expect(mail!.attachments.map(one => [one.filename, one.content_type])).toEqual(
    [['billets.pdf', 'application/pdf'], ['evenement.ics', 'text/calendar']])
  expect(Buffer.from(mail!.attachments[0]!.content_base64, 'base64').toString('latin1'))
    .toBe('%PDF-1.7\n%âãÏÓ\n1 0 obj')
  expect(mail!.text).toContain(`/orders/${news.order_id}?token=${it.orderToken(news.order_id)}`)
  expect(mail!.text).toContain('heure de Paris')
  const messages = await messagesOf(it, ann.user_id)
  expect(messages).toMatchObject([{ kind: 'tickets_issued', url: `/orders/${news.order_id}`, read_at: null }])
  expect(JSON.stringify(messages)).not.toContain('token')
})

test('mailTickets: the same event twice is told once', async () => {
  const ann = await known()
  await publish(ticketsIssued, issued({ user_id: ann.user_id, buyer: buyerOf(ann) }))
  await mailsTo(it, ann.email)
  const { db } = it.context<Ctx>('notifications')

  // As after a restore: the event comes again and the inbox does not know it.
  await db.deleteFrom('notifications.inbox').execute()
  await db.updateTable('notifications.outbox').set({ sent_at: null }).execute()

  expect(await mailsTo(it, ann.email)).toHaveLength(1)
  expect(await messagesOf(it, ann.user_id)).toHaveLength(1)
})

test('mailTicketAgain: the desk sends a ticket once more', async () => {
  const news = issued()
  await publish(ticketResent, { ...oneOf(news), requested_by: uuidv7(), requested_at: inHours(0) })
  const [mail] = await mailsTo(it, news.buyer.email)
  expect(mail!.subject).toBe('Your ticket WINTER-000042 again')
  expect(mail!.attachments).toHaveLength(2)
})

test('tellHeld, tellCompleted, tellPaymentFailed: stay in the app, for the buyer sits before the screen', async () => {
  const ann = await known()
  const held = order({ user_id: ann.user_id, buyer: buyerOf(ann) })
  await publish(orders.orderPlaced, {
    ...held, expires_at: new Date(Date.parse(held.created_at) + 900_000).toISOString(),
  })
  await messagesOf(it, ann.user_id)
  await publish(paymentFailed, {
    ...payment({ user_id: ann.user_id, buyer: buyerOf(ann) }), failed_at: inHours(0), failure: 'declined',
  })
  await messagesOf(it, ann.user_id)
  await publish(orders.orderCompleted, {
    ...held, completed_at: inHours(0), payment_id: null, event: event(), access_token: 'x',
  })

  const messages = await messagesOf(it, ann.user_id)

  expect(kinds(messages)).toEqual(['order_held', 'payment_failed', 'order_completed'])
  expect(messages[0]!.body).toContain('held for 15 minutes')
  expect(await mailsTo(it, ann.email)).toEqual([])
})

test('tellCanceled, tellExpired: are mailed to a proven address unless email is switched off', async () => {
  const ann = await known()
  await messagesOf(it, ann.user_id)
  const tell = async (to: Registered) => {
    const ended = order({ user_id: to.user_id, buyer: buyerOf(to) })
    await publish(orders.orderCanceled, { ...ended, canceled_at: inHours(0), reason: 'buyer' })
    await publish(orders.orderExpired, { ...ended, expired_at: inHours(0) })
  }
  await tell(ann)
  expect(subjects(await mailsTo(it, ann.email)).sort()).toEqual(['Order FR7K2M9Q was canceled', 'Your hold has ended'])

  const ben = await known()
  await publish(settingsChanged, settings(ben, { email_notifications: false }))
  await messagesOf(it, ben.user_id)
  await tell(ben)
  expect(kinds(await messagesOf(it, ben.user_id)).sort()).toEqual(['order_canceled', 'order_expired'])
  expect(await mailsTo(it, ben.email)).toEqual([])
})

test('keepSettings: without in-app messages there are none, and what people must have is mailed all the same', async () => {
  const ann = await known()
  await publish(
    settingsChanged, settings(ann, { email_notifications: false, in_app_notifications: false })
  )
  await publish(settingsChanged, { ...settings(ann), changed_at: inHours(-1) })
  await messagesOf(it, ann.user_id)
  await publish(ticketsIssued, issued({ user_id: ann.user_id, buyer: buyerOf(ann) }))

  expect(await mailsTo(it, ann.email)).toHaveLength(1)
  expect(await messagesOf(it, ann.user_id)).toEqual([])
})

test('keepSettings: with SMS on, the simulated phone gets a short message', async () => {
  const ann = await known()
  const phone = `+336${String(Date.now()).slice(-8)}`
  await publish(settingsChanged, settings(ann, { sms_notifications: true }, phone))
  await messagesOf(it, ann.user_id)
  const news = issued({ user_id: ann.user_id, buyer: buyerOf(ann) })
  await publish(ticketsIssued, news)

  const [sms] = await mailsTo(it, phone)

  expect(sms).toMatchObject({ from: 'SMS', subject: 'Your ticket for Winter concert', attachments: [] })
  expect(sms!.text).toContain(`/orders/${news.order_id}?token=`)
  expect(sms!.text.length).toBeLessThan(400)
})

test('tellRefunded: says how much comes back, and its holder hears no more of the event', async () => {
  const facts = event()
  const ann = await known()
  const news = issued({ event: facts, user_id: ann.user_id, buyer: buyerOf(ann) })
  await publish(ticketsIssued, news)
  await mailsTo(it, ann.email)
  const ended = order({ order_id: news.order_id, user_id: ann.user_id, buyer: buyerOf(ann) })
  await publish(orders.orderRefunded, {
    ...ended, refunded_at: inHours(0), payment_id: uuidv7(), refund_minor: 1250, reason: 'requested' })
  await mailsTo(it, ann.email)
  await publish(ticketVoided, { ...oneOf(news), voided_at: inHours(0), reason: 'requested' })
  await publish(eventCanceled, {
    event: { ...facts, status: 'canceled', version: 2 }, canceled_at: inHours(0), reason: null,
  })

  const mails = await mailsTo(it, ann.email)

  expect(subjects(mails)).toEqual(['Your ticket for Winter concert', 'Refund for order FR7K2M9Q'])
  expect(mails[1]!.text).toContain('Refund: €12.50')
})

test('tellRefunded: heard before the issue of the tickets, it still ends the holder', async () => {
  const facts = event()
  const news = issued({ event: facts })
  await publish(orders.orderRefunded, { ...order({ order_id: news.order_id, buyer: news.buyer }),
    refunded_at: inHours(0), payment_id: uuidv7(), refund_minor: 1250, reason: 'paid_too_late' })
  await mailsTo(it, news.buyer.email)
  await publish(ticketsIssued, news)
  await mailsTo(it, news.buyer.email)
  await publish(eventCanceled, {
    event: { ...facts, status: 'canceled', version: 2 }, canceled_at: inHours(0), reason: null,
  })
  expect(subjects(await mailsTo(it, news.buyer.email))).not.toContain('Winter concert is canceled')
})

test('tellRefunded: free tickets end without a word of money', async () => {
  const free = order({ total_minor: 0 })
  await publish(orders.orderRefunded, {
    ...free, refunded_at: inHours(0), payment_id: null, refund_minor: 0, reason: 'requested',
  })
  const [mail] = await mailsTo(it, free.buyer.email)
  expect(mail!.subject).toBe('Order FR7K2M9Q was canceled')
  expect(mail!.text).not.toMatch(/€|refund/i)
})

test('tellPartRefunded: as with tellReturned, money that goes back without ending the order is told', async () => {
  const twice = order()
  await publish(orders.paymentReturned, {
    ...twice, payment_id: uuidv7(), returned_at: inHours(0), refund_minor: 1250, reason: 'paid_twice',
  })
  expect((await mailsTo(it, twice.buyer.email))[0]!.text).toContain('paid twice')

  const part = payment()
  const refund = { ...part, refund_id: uuidv7(), refunded_at: inHours(0), reason: null }
  await publish(paymentRefunded, { ...refund, refund_minor: 500, refunded_minor: 500 })
  await mailsTo(it, part.buyer.email)
  await publish(paymentRefunded, { ...refund, refund_minor: 750, refunded_minor: 1250 })
  const mails = await mailsTo(it, part.buyer.email)
  expect(mails).toHaveLength(1)
  expect(mails[0]!.text).toContain('Refund: €5.00')
})

test('tellVoided: a ticket voided alone is told with its reason; the last one makes its buyer no holder', async () => {
  const facts = event()
  const news = issued({ event: facts })
  await publish(ticketsIssued, news)
  await mailsTo(it, news.buyer.email)
  await publish(ticketVoided, { ...oneOf(news), voided_at: inHours(0), reason: 'Found on the floor' })
  const mails = await mailsTo(it, news.buyer.email)
  expect(mails.at(-1)!.text).toContain('Found on the floor')

  await publish(eventCanceled, {
    event: { ...facts, status: 'canceled', version: 2 }, canceled_at: inHours(0), reason: null,
  })
  expect(await mailsTo(it, news.buyer.email)).toHaveLength(2)
})

test('tellChanged: holders hear once of changes that matter, with what was before', async () => {
  const facts = event()
  const news = issued({ event: facts })
  await publish(eventPublished, facts)
  await publish(ticketsIssued, news)
  await mailsTo(it, news.buyer.email)
  const moved = { ...facts, version: 2, venue: { ...facts.venue, name: 'Small Hall' } }
  const renamed = { ...moved, version: 3, title: 'Spring concert' }

  await publish(eventChanged, { event: renamed, changed: ['title'] }, { event: moved, changed: ['venue'] },
    { event: { ...renamed, version: 4, image: '/new.webp' }, changed: ['image'] })

  const [, mail, ...more] = await mailsTo(it, news.buyer.email)
  expect(more).toEqual([])
  expect(mail!.subject).toBe('News about Spring concert')
  expect(mail!.text).toMatch(/called Winter concert before.*Where: Small Hall, .*Before: Great Hall, /s)
})

test('tellChanged: an older version that comes late, or a new picture, is no news', async () => {
  const facts = event({ version: 5 })
  const news = issued({ event: facts })
  await publish(eventPublished, facts)
  await publish(ticketsIssued, news)
  await mailsTo(it, news.buyer.email)
  await publish(eventChanged, { event: { ...facts, version: 4, title: 'Old' }, changed: ['title'] })
  await publish(eventChanged, { event: { ...facts, version: 6 }, changed: ['image'] })
  expect(await mailsTo(it, news.buyer.email)).toHaveLength(1)
})

test('tellEventCanceled: every holder hears why', async () => {
  const facts = event()
  const [ann, zoe] = [
    issued({ event: facts }),
    issued({ event: facts, buyer: { name: 'Zoé', email: newAddress(), locale: 'fr' } })
  ]
  await publish(ticketsIssued, ann, zoe)
  await mailsTo(it, ann.buyer.email)
  await publish(eventCanceled, {
    event: { ...facts, status: 'canceled', version: 2 }, canceled_at: inHours(0), reason: 'The roof leaks.',
  })
  expect((await mailsTo(it, ann.buyer.email))[1]).toMatchObject({
    subject: 'Winter concert is canceled', text: expect.stringContaining('The organiser writes: The roof leaks.') as string })
  expect((await mailsTo(it, zoe.buyer.email))[1]).toMatchObject({ subject: 'Winter concert est annulé' })
})

test('tellReminder: reminds those who want it, guests included, and not of what is over or moved', async () => {
  const facts = event({ starts_at: inHours(24), ends_at: inHours(26) })
  const [ann, ben] = [await known(), await known()]
  const guest = issued({ event: facts })
  await publish(eventPublished, facts)
  await publish(settingsChanged, settings(ben, { reminders: false }))
  await publish(ticketsIssued, guest, ...[ann, ben].map(one =>
    issued({ event: facts, user_id: one.user_id, buyer: buyerOf(one) })))
  await mailsTo(it, ann.email)
  const due = { kind: 'event_reminder' as const, subject_id: facts.id, due_at: inHours(0) }

  await publish(deadlineReached,
    { ...due, reached_at: inHours(-48) }, { ...due, reached_at: inHours(25) })
  expect(await mailsTo(it, ann.email)).toHaveLength(1)
  await publish(deadlineReached, { ...due, reached_at: inHours(0) })

  expect(subjects(await mailsTo(it, ann.email))).toContain('Tomorrow: Winter concert')
  expect(subjects(await mailsTo(it, guest.buyer.email))).toContain('Tomorrow: Winter concert')
  expect(await mailsTo(it, ben.email)).toHaveLength(1)
  expect(kinds(await messagesOf(it, ben.user_id))).toEqual(['tickets_issued'])
})

test('tellBackupFailed, tellDeadLetter, keepRoles: administrators are told, as long as they are', async () => {
  const [root, former] = [await known({ roles: ['admin'] }), await known({ roles: ['admin'] })]
  const roles = { user_id: former.user_id, changed_by: root.user_id }
  await publish(auth.rolesChanged, { ...roles, roles: ['user'], changed_at: inHours(0) })
  await publish(auth.rolesChanged, { ...roles, roles: ['admin'], changed_at: inHours(-1) })
  await messagesOf(it, former.user_id)
  await publish(backupFailed, {
    backup_id: uuidv7(), services: ['orders'], error: 'disk full', failed_at: inHours(0),
  })
  const letter = { service: 'users', subject: 'orders.order_completed.v1', error: 'boom', added_at: inHours(0) }
  await publish(deadLetterAdded,
    { ...letter, dead_letter_id: uuidv7() }, { ...letter, dead_letter_id: uuidv7() })

  const messages = await messagesOf(it, root.user_id)

  expect(messages.map(message => message.title).sort()).toEqual(['A backup failed', 'Something was given up'])
  expect(subjects(await mailsTo(it, root.email))).toEqual(['A backup failed'])
  expect(await messagesOf(it, former.user_id)).toEqual([])
})

test('tellDeadLetter: hears of events that any service gave up', async () => {
  const root = await known({ roles: ['admin'] })
  await publish(orders.orderExpired, { nonsense: true })
  const found = await it.eventually(async () => (await messagesOf(it, root.user_id))
    .find(message => message.body.includes('orders.order_expired.v1')))
  expect(found).toMatchObject({ kind: 'system', url: '/admin/deliveries' })
})

test('erase: leaves nothing of a person, also when settings come late, and nothing of a guest is taken', async () => {
  const ann = await known({ mail: 'verify', link_id: uuidv7() })
  await publish(ticketsIssued, issued({ user_id: ann.user_id, buyer: buyerOf(ann) }))
  const guest = issued({ buyer: buyerOf(ann) })
  await publish(ticketsIssued, guest)
  expect(await mailsTo(it, ann.email)).toHaveLength(3)
  await publish(auth.credentialsDeleted, {
    user_id: ann.user_id, email: ann.email, deleted_at: inHours(0),
  })
  await messagesOf(it, ann.user_id)
  await publish(settingsChanged, settings(ann))
  await publish(auth.rolesChanged, {
    user_id: ann.user_id, roles: ['admin'], changed_at: inHours(1), changed_by: uuidv7(),
  })

  expect(await messagesOf(it, ann.user_id)).toEqual([])
  expect(
    (await mailsTo(it, ann.email)).map(mail => mail.text.includes(guest.order_id))
  ).toEqual([true])
  const { db } = it.context<Ctx>('notifications')
  const row = await db.selectFrom('notifications.people').selectAll()
    .where('user_id', '=', ann.user_id).executeTakeFirst()
  expect(row).toMatchObject({ email: '', username: '', phone: null, is_admin: false })
  const holders = await db.selectFrom('notifications.holders').selectAll()
    .where('user_id', '=', ann.user_id).execute()
  expect(holders).toEqual([])
})
