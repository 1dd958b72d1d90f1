import { userRegistered } from '@fermata/contracts/auth'
import * as api from '@fermata/contracts/notifications'
import { orderCanceled, orderExpired } from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import {
  inHours, mailsTo, messagesOf, newAddress, order, person, publisher, settled,
} from '../test/news.ts'
import { removeStale } from './remove-stale.ts'

// list-notifications, send-notification, list-deliveries, read-mailbox and remove-stale.

let it: TestSystem
let publish: ReturnType<typeof publisher>
let admin: string

beforeAll(async () => {
  it = await startTestSystem([service])
  publish = publisher(it)
  admin = await it.personToken({ roles: ['admin'] })
})
afterAll(() => it.stop())

const expired = (user_id: string | null = null) => ({
  ...order({ user_id }), expired_at: inHours(0),
})
/** Mailed to guests, too. */
const canceled = () => ({ ...order(), canceled_at: inHours(0), reason: 'organizer' as const })

test('listNotifications, countUnread, readNotification: a person pages through their own, and reads them', async () => {
  const user_id = uuidv7()
  const token = await it.personToken({ user_id })
  for (let told = 0; told < 3; told++) await publish(orderExpired, expired(user_id))
  expect(await messagesOf(it, user_id)).toHaveLength(3)

  const first = await it.send(api.listNotifications, { token, query: { limit: 2 } })
  const second = await it.send(api.listNotifications, {
    token, query: { limit: 2, cursor: first.body.next_cursor! },
  })
  expect([
    first.body.items.length, second.body.items.length, second.body.next_cursor
  ]).toEqual([2, 1, null])
  expect((await it.send(api.countUnread, { token })).body).toEqual({ unread: 3 })

  const params = { id: first.body.items[0]!.id }
  const read = await it.send(api.readNotification, { params, token })
  expect(read).toMatchObject({
    status: 200, body: { id: params.id, read_at: expect.any(String) as string },
  })
  expect(
    (await it.send(api.readNotification, { params, token })).body.read_at
  ).toBe(read.body.read_at)
  expect((await it.send(api.countUnread, { token })).body).toEqual({ unread: 2 })
  const unread = await it.send(api.listNotifications, { token, query: { unread: true } })
  expect(unread.body.items.map(item => item.id)).not.toContain(params.id)
})

test('readNotification: what belongs to somebody else does not exist, and guests have none', async () => {
  const user_id = uuidv7()
  await publish(orderExpired, expired(user_id))
  const params = { id: (await messagesOf(it, user_id))[0]!.id }
  expect(
    (await it.send(api.readNotification, { params, token: await it.personToken() })).status
  ).toBe(404)
  expect(
    (await it.send(api.readNotification, { params, token: it.orderToken(uuidv7()) })).status
  ).toBe(401)
  for (const route of [api.listNotifications, api.countUnread]) {
    expect((await it.send(route)).status).toBe(401)
    expect((await it.send(route, { token: await it.personToken() })).body).toMatchObject(
      route === api.countUnread ? { unread: 0 } : { items: [] })
  }
  const token = await it.personToken({ user_id })
  expect((await it.send(api.listNotifications, { token, query: { cursor: 'nonsense' } })).status).toBe(400)
})

test('sendNotification: mails one person once for a key, and keeps the message in their list', async () => {
  const ann = person({ locale: 'fr' })
  await publish(userRegistered, ann)
  await settled(it)
  const request = { token: admin, key: 'once', body: {
    email: ann.email.toUpperCase(), title: 'Votre\nsac', body: 'Trouvé !\nAu vestiaire.\n\nÀ bientôt', locale: 'fr' } }

  const [first, again] = [
    await it.send(api.sendNotification, request), await it.send(api.sendNotification, request)
  ]

  expect(first).toMatchObject({
    status: 201, body: { kind: 'message', channel: 'email', status: 'pending', subject: 'Votre sac' },
  })
  expect(again.body.id).toBe(first.body.id)
  const mails = await mailsTo(it, ann.email)
  expect(mails).toHaveLength(1)
  expect(mails[0]!.html).toContain('Trouvé !<br/>Au vestiaire.')
  expect(await messagesOf(it, ann.user_id)).toMatchObject([{ kind: 'message', body: 'Trouvé !\nAu vestiaire.\n\nÀ bientôt' }])
  const other = { ...request, body: { ...request.body, title: 'Other' } }
  expect((await it.send(api.sendNotification, other)).status).toBe(422)
})

test('sendNotification: refuses others than administrators, and what is no address', async () => {
  const body = { email: newAddress(), title: 'Hello', body: 'World' }
  expect((await it.send(api.sendNotification, { body })).status).toBe(401)
  const operator = await it.personToken({ roles: ['operator'] })
  expect((await it.send(api.sendNotification, { body, token: operator })).status).toBe(403)
  for (const wrong of [{ email: 'a@example.com, b@example.com' }, { title: '' }, { is_html: true }]) {
    expect(
      (await it.send(api.sendNotification, { body: { ...body, ...wrong }, token: admin })).status
    ).toBe(400)
  }
})

test('listDeliveries: administrators find what was sent by state, channel and address', async () => {
  const [one, two] = [canceled(), canceled()]
  await publish(orderCanceled, one, two)
  await settled(it)
  const query = { q: one.buyer.email.toUpperCase(), status: 'sent' as const, channel: 'email' as const }
  const found = await it.send(api.listDeliveries, { token: admin, query })
  expect(found.body.items).toMatchObject([{ recipient: one.buyer.email, kind: 'order_canceled', attempts: 1 }])
  expect(found.body.items[0]).not.toHaveProperty('content')
  expect(
    (
      await it.send(api.listDeliveries, { token: admin, query: { ...query, channel: 'sms' } })
    ).body.items
  ).toEqual([])

  const first = await it.send(api.listDeliveries, { token: admin, query: { limit: 1 } })
  const second = await it.send(api.listDeliveries, {
    token: admin, query: { limit: 1, cursor: first.body.next_cursor! },
  })
  expect(second.body.items[0]!.id < first.body.items[0]!.id).toBe(true)
})

test('listDeliveries, retryDelivery: refuse others, and what is not there or was sent', async () => {
  const news = canceled()
  await publish(orderCanceled, news)
  await settled(it)
  const { body } = await it.send(api.listDeliveries, {
    token: admin, query: { q: news.buyer.email },
  })
  const params = { id: body.items[0]!.id }
  const user = await it.personToken({ roles: ['event_creator'] })
  expect((await it.send(api.listDeliveries)).status).toBe(401)
  expect((await it.send(api.listDeliveries, { token: user })).status).toBe(403)
  expect((await it.send(api.retryDelivery, { params })).status).toBe(401)
  expect((await it.send(api.retryDelivery, { params, token: user })).status).toBe(403)
  expect(
    (await it.send(api.retryDelivery, { params: { id: uuidv7() }, token: admin })).status
  ).toBe(404)
  expect(await it.send(api.retryDelivery, { params, token: admin }))
    .toMatchObject({ status: 409, problem: { type: '/problems/notifications/not-retryable', delivery_status: 'sent' } })
})

test('listMailbox: the development mailbox pages, and names an unknown mail 404', async () => {
  const all = [canceled(), canceled()].map(one => ({ ...one, buyer: { ...one.buyer, email: 'box@example.com' } }))
  await publish(orderCanceled, ...all)
  expect(await mailsTo(it, 'BOX@example.com')).toHaveLength(2)
  const first = await it.send(api.listMailbox, { query: { to: 'box@example.com', limit: 1 } })
  const second = await it.send(api.listMailbox, {
    query: { to: 'box@example.com', limit: 1, cursor: first.body.next_cursor! },
  })
  expect(second.body).toMatchObject({ items: [{ to: 'box@example.com', attachment_count: 0 }], next_cursor: null })
  expect(second.body.items[0]!.id).not.toBe(first.body.items[0]!.id)
  expect((await it.send(api.getMail, { params: { id: uuidv7() } })).status).toBe(404)
})

test('listMailbox, getMail: do not exist in production, which does not start without a mail server', async () => {
  const production = { NODE_ENV: 'production', MAIL_HOSTNAME: '127.0.0.1', MAIL_PORT: '9' }
  await expect(startTestSystem([service], { NODE_ENV: 'production' })).rejects.toThrow('MAIL_HOSTNAME')
  await expect(startTestSystem([service], production)).rejects.toThrow('MAIL_FROM')
  const live = await startTestSystem([service], { ...production, MAIL_FROM: 'tickets@example.org' })
  try {
    expect((await live.send(api.listMailbox)).status).toBe(404)
    expect((await live.send(api.getMail, { params: { id: uuidv7() } })).status).toBe(404)
  } finally {
    await live.stop()
  }
})

test('removeStale: links of a dead mail go after a day, with it the way to send it again', async () => {
  const ctx = it.context<Ctx>('notifications')
  const row = (kind: string, age_hours: number) => {
    const id = uuidv7()
    return { id, dedupe_key: id, channel: 'email', kind,
      recipient: 'dead@example.com', locale: 'en', subject: 'Hello', priority: 2,
      content: JSON.stringify({ title: 'Hello', paragraphs: ['secret'], facts: [], footer: '' }), status: 'dead',
      next_attempt_at: null, created_at: inHours(-age_hours) }
  }
  const rows = [row('account', 25), row('account', 23), row('tickets_issued', 25), row('tickets_issued', 31 * 24), row('message', 91 * 24)]
  await ctx.db.insertInto('notifications.deliveries').values(rows).execute()

  await removeStale(ctx)

  const left = await ctx.db.selectFrom('notifications.deliveries').select(['id', 'content'])
    .where('recipient', '=', 'dead@example.com').execute()
  const words = new Map(left.map(one => [one.id, one.content !== null]))
  expect(rows.map(one => words.get(one.id))).toEqual([false, true, true, false, undefined])
  const retried = (id: string) => it.send(api.retryDelivery, { params: { id }, token: admin })
  expect(await retried(rows[0]!.id)).toMatchObject({
    status: 409, problem: { delivery_status: 'dead' },
  })
  expect((await retried(rows[1]!.id)).status).toBe(200)
})
