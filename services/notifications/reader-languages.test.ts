import * as auth from '@fermata/contracts/auth'
import { backupFailed } from '@fermata/contracts/backups'
import { eventChanged, eventPublished } from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import { paymentFailed, paymentRefunded } from '@fermata/contracts/payments'
import { ticketResent, ticketsIssued, ticketVoided } from '@fermata/contracts/tickets'
import { settingsChanged } from '@fermata/contracts/users'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import service from './service.ts'
import {
  authPeer, event, inHours, issued, mailsTo, messagesOf, newAddress, oneOf, order, payment, person,
  publisher, settings, ticketsPeer, type Registered,
} from './test/news.ts'

// Whatever language an order was placed in, its reader has one.

let it: TestSystem
let publish: ReturnType<typeof publisher>

beforeAll(async () => {
  it = await startTestSystem([service, ticketsPeer, authPeer])
  publish = publisher(it)
})
afterAll(() => it.stop())

/** Somebody who chose French, after they had registered in English. */
async function frenchReader (): Promise<Registered> {
  const ann = person({ locale: 'en' })
  await publish(auth.userRegistered, ann)
  await messagesOf(it, ann.user_id)
  await publish(settingsChanged, settings(ann, { locale: 'fr' }))
  await messagesOf(it, ann.user_id)
  return ann
}

/** Everything that can be told of orders which were placed in English. */
async function tellAll (of: { user_id: string | null }, email: string): Promise<void> {
  const buyer = { name: 'Ann Example', email, locale: 'en' as const }
  const facts = event()
  const one = issued({ ...of, buyer, event: facts })
  await publish(eventPublished, facts)
  await publish(ticketsIssued, one)
  await publish(ticketResent, { ...oneOf(one), requested_by: uuidv7(), requested_at: inHours(0) })
  await publish(ticketVoided, { ...oneOf(one), voided_at: inHours(0), reason: null })
  const placed = order({ ...of, buyer })
  await publish(orders.orderPlaced, { ...placed, expires_at: inHours(1) })
  await publish(orders.orderCompleted,
    { ...placed, completed_at: inHours(0), payment_id: null, event: facts })
  await publish(orders.orderCanceled, { ...placed, canceled_at: inHours(0), reason: 'organizer' })
  await publish(orders.orderExpired, { ...order({ ...of, buyer }), expired_at: inHours(0) })
  const money = { payment_id: uuidv7(), refund_minor: 500 }
  await publish(orders.orderRefunded,
    { ...order({ ...of, buyer }), ...money, refunded_at: inHours(0), reason: 'requested' })
  await publish(orders.paymentReturned,
    { ...order({ ...of, buyer }), ...money, returned_at: inHours(0), reason: 'paid_twice' })
  const paid = payment({ ...of, buyer })
  await publish(paymentFailed, { ...paid, failed_at: inHours(0), failure: 'declined' })
  await publish(paymentRefunded, { ...paid, refund_id: uuidv7(), refunded_at: inHours(0),
    reason: null, refund_minor: 500, refunded_minor: 500 })
  const held = issued({ ...of, buyer, event: facts })
  await publish(ticketsIssued, held)
  await mailsTo(it, email)
  await publish(eventChanged, { event: { ...facts, version: 2, title: 'Moved' }, changed: ['title'] })
}

const english = /\b(your|you|order|tickets?|the|of|was|is)\b/i

test('notify: an account reads its own language in mails and in the app, whatever its orders were in', async () => {
  const ann = await frenchReader()
  await tellAll(ann, ann.email)
  const mails = await mailsTo(it, ann.email)
  const messages = await messagesOf(it, ann.user_id)
  expect(mails.length).toBeGreaterThan(8)
  expect(messages.length).toBeGreaterThan(9)
  const words = messages.flatMap(one => [one.title, one.body])
  const told = [...mails.map(mail => mail.subject), ...words].map(text =>
    text.replaceAll(/Winter concert|Moved|Ann Example/g, ''))
  expect(told.filter(text => english.test(text))).toEqual([])
  for (const mail of mails) expect(mail.html).toMatch(/<html[^>]* lang="fr"/)
})

test('notify: who gets tickets that somebody else ordered reads the language of the order', async () => {
  const ann = await frenchReader()
  const bob = newAddress()
  await tellAll(ann, bob)
  const mails = await mailsTo(it, bob)
  expect(mails.length).toBeGreaterThan(5)
  for (const mail of mails) expect(mail.html).toMatch(/<html[^>]* lang="en"/)
  const messages = await messagesOf(it, ann.user_id)
  expect(messages.filter(one => english.test(one.title.replaceAll(/Winter concert|Moved/g, '')))).toEqual([])
})

test('tellAdmins, mailPasswordReset: administrators and accounts read what they have chosen', async () => {
  const admin = await frenchReader()
  const { user_id } = admin
  await publish(auth.rolesChanged,
    { user_id, roles: ['admin'], changed_at: inHours(0), changed_by: uuidv7() })
  await messagesOf(it, admin.user_id)
  await publish(backupFailed,
    { backup_id: uuidv7(), services: ['orders'], error: 'disk full', failed_at: inHours(0) })
  // Auth tells the language that it knows, which may be older.
  await publish(auth.passwordResetRequested,
    { user_id: admin.user_id, email: admin.email, username: 'A', locale: 'en', link_id: uuidv7() })
  const mails = await mailsTo(it, admin.email)
  expect(mails.map(mail => mail.subject).toSorted())
    .toEqual(['Choisissez un nouveau mot de passe', 'Une sauvegarde a échoué'])
})
