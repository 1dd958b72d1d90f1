import {
  credentialsDeleted, deleteAccount, emailVerified, lastAdmin, userRegistered,
} from '@fermata/contracts/auth'
import { eventChanged } from '@fermata/contracts/events'
import { orderCanceled, orderCompleted, orderRefunded } from '@fermata/contracts/orders'
import { serviceNames } from '@fermata/contracts/services'
import {
  deleteMe, deleteUser, exportMyData, getMyProfile, listMyPurchases,
} from '@fermata/contracts/users'
import { uuidv7 } from '@fermata/platform/ids'
import { Problem } from '@fermata/platform/problem'
import { defineService, route, type Context } from '@fermata/platform/service'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import service from './service.ts'
import {
  completedOrder, newPerson, refundOf, registration, tell, verification,
  type Registration,
} from './test/news.ts'

let it: TestSystem
let ctx: Ctx

/** Answers for auth, which refuses one person. */
const last_admin_id = uuidv7()
const deleted: string[] = []
const peer = defineService<Context>({
  name: 'auth',
  routes: [route(deleteAccount, async (_ctx, { params }) => {
    if (params.user_id === last_admin_id) throw new Problem(lastAdmin)
    deleted.push(params.user_id)
    return null
  })],
})

beforeAll(async () => {
  // The others answer for themselves that they keep nothing.
  const others = serviceNames.filter(name => name !== 'users' && name !== 'auth')
    .map(name => defineService<Context>({ name, routes: [] }))
  it = await startTestSystem([service, peer, ...others])
  ctx = it.context<Ctx>('users')
})
afterAll(() => it.stop())

const deletion = ({ user_id, email, registered_at }: Registration) =>
  ({ user_id, email, deleted_at: registered_at })

const purchasesOf = async (token: string) =>
  (await it.send(listMyPurchases, { token })).body.items

/** All rows that hold anything of these texts. */
async function traces (...texts: string[]): Promise<string[]> {
  const found = []
  for (const table of ['people', 'purchases']) {
    const { rows } = await ctx.pool.query<{ text: string }>(
      `select t::text as text from users.${table} as t`)
    found.push(...rows.map(row => row.text).filter(row => texts.some(text => row.includes(text))))
  }
  return found
}

test('addPurchases: a paid order is in the buyer\'s history', async () => {
  const { user_id, token } = await newPerson(it)
  const order = completedOrder({ user_id })
  await tell(it, orderCompleted, [order])
  expect(await purchasesOf(token)).toEqual([{
    order_id: order.order_id, code: '7K3QZ9TR', event_id: order.event_id,
    event_title: 'A Night of Slow Songs', status: 'completed', ticket_count: 3,
    total_minor: 4250, currency: 'EUR', starts_at: '2027-06-01T18:00:00.000Z',
    timezone: 'Europe/Paris', city: 'Lyon', purchased_at: '2027-02-01T10:00:00.000Z',
  }])
  expect(await purchasesOf((await newPerson(it)).token)).toEqual([])
  expect((await it.send(listMyPurchases, {})).status).toBe(401)
})

test('markRefunded: markCanceled: the last state of an order counts, in whatever order it comes', async () => {
  const { user_id, token } = await newPerson(it)
  const [early, late, canceled] = [1, 2, 3].map(day =>
    completedOrder({ user_id, created_at: `2027-02-0${day}T10:00:00.000Z` }))
  await tell(it, orderRefunded, [refundOf(early!)])
  await tell(it, orderCompleted, [early!, late!])
  await tell(it, orderRefunded, [refundOf(late!)])
  const { refunded_at, refund_minor: _, payment_id: __, ...facts } = refundOf(canceled!)
  await tell(it, orderCanceled, [{ ...facts, canceled_at: refunded_at, reason: 'buyer' }])
  const purchases = await purchasesOf(token)
  expect(purchases.map(({ order_id, status, city }) => [order_id, status, city])).toEqual([
    [canceled!.order_id, 'canceled', null],
    [late!.order_id, 'refunded', 'Lyon'],
    [early!.order_id, 'refunded', 'Lyon'],
  ])
})

test('followEvents: what was bought is shown as it takes place now, whatever comes first', async () => {
  const { user_id, token } = await newPerson(it)
  const order = completedOrder({ user_id })
  const moved = (version: number, title: string) => ({ changed: ['title', 'starts_at'],
    event: { ...order.event, version, title, starts_at: `2027-06-0${version}T18:00:00.000Z` } })
  await tell(it, eventChanged, [moved(3, 'Another hall')])
  await tell(it, orderCompleted, [order])
  await tell(it, eventChanged, [moved(2, 'An older hall')])
  expect(await purchasesOf(token)).toMatchObject([
    { event_title: 'Another hall', starts_at: '2027-06-03T18:00:00.000Z', city: 'Lyon' }])
  await tell(it, eventChanged, [moved(4, 'The last hall')])
  expect(await purchasesOf(token)).toMatchObject([{ event_title: 'The last hall' }])
})

test('listMyPurchases: goes through all pages, each purchase once, also those of one moment', async () => {
  const { user_id, token } = await newPerson(it)
  const orders = Array.from({ length: 7 }, () => completedOrder({ user_id }))
  await tell(it, orderCompleted, orders)
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const { body } = await it.send(listMyPurchases, {
      token, query: { limit: 3, ...(cursor && { cursor }) } })
    seen.push(...body.items.map(item => item.order_id))
    cursor = body.next_cursor ?? undefined
  } while (cursor)
  expect(seen).toEqual(orders.map(order => order.order_id).toSorted().toReversed())
  expect((await it.send(listMyPurchases, { token, query: { cursor: 'x' } })).status).toBe(400)
})

test('adoptPurchases: a guest\'s orders become theirs when they prove the address, not before', async () => {
  const email = `${uuidv7()}@example.com`
  const buyer = { name: 'Gus Guest', email: email.toUpperCase(), locale: 'en' as const }
  const before = completedOrder({ buyer })
  await tell(it, orderCompleted, [before])
  const person = await newPerson(it, { email })
  const stranger = await newPerson(it)
  expect(await purchasesOf(person.token)).toEqual([])
  await tell(it, emailVerified, [verification(person)])
  const after = completedOrder({ buyer, created_at: '2027-03-01T00:00:00.000Z' })
  await tell(it, orderCompleted, [after])
  expect((await purchasesOf(person.token)).map(purchase => purchase.order_id))
    .toEqual([after.order_id, before.order_id])
  expect(await purchasesOf(stranger.token)).toEqual([])
  expect(await traces(buyer.email)).toEqual([])
})

test('adoptPurchases: a proof that overtakes the registration, or was part of it, counts as well', async () => {
  const [overtaken, proven] = [registration(), registration({ email_verified: true })]
  for (const person of [overtaken, proven]) {
    const buyer = { name: 'Gus Guest', email: person.email, locale: 'en' as const }
    await tell(it, orderCompleted, [completedOrder({ buyer })])
  }
  await tell(it, emailVerified, [verification(overtaken)])
  await tell(it, userRegistered, [overtaken, proven])
  for (const { user_id } of [overtaken, proven]) {
    expect(await purchasesOf(await it.personToken({ user_id }))).toHaveLength(1)
  }
})

test('adoptPurchases: orders and proofs that come at the same time miss none', async () => {
  for (let round = 0; round < 15; round++) {
    const people = Array.from({ length: 5 }, () => registration())
    await tell(it, userRegistered, people)
    const orders = people.map(({ email }) =>
      completedOrder({ buyer: { name: 'Gus Guest', email, locale: 'en' } }))
    // In one batch of the outbox, whose handlers run beside each other.
    await ctx.transaction(async tx => {
      await ctx.publish(tx, orderCompleted, orders)
      await ctx.publish(tx, emailVerified, people.map(verification))
    })
    await tell(it, emailVerified, [])
    for (const { user_id } of people) {
      expect(await purchasesOf(await it.personToken({ user_id }))).toHaveLength(1)
    }
  }
})

test('exportMyData: holds all that is kept, table by table', async () => {
  const person = await newPerson(it, { username: 'Eve Export' })
  await tell(it, orderCompleted, [completedOrder({ user_id: person.user_id })])
  const { body, headers } = await it.send(exportMyData, { token: person.token })
  expect(body.profile).toMatchObject({ id: person.user_id, username: 'Eve Export' })
  expect(body.settings.locale).toBe('en')
  expect(body.purchases).toEqual(await purchasesOf(person.token))
  expect(body.records.map(({ table, rows }) => [table, rows.length]))
    .toEqual([['users.purchases', 1], ['users.people', 1]])
  expect(headers['content-disposition']).toContain('attachment')
  expect((await it.send(exportMyData, {})).status).toBe(401)
})

test('deleteMe: erases everything that leads to the person, also what comes later', async () => {
  const person = await newPerson(it, { username: 'Era Example' })
  await tell(it, emailVerified, [verification(person)])
  const order = completedOrder({ user_id: person.user_id })
  await tell(it, orderCompleted, [order])
  expect((await it.send(deleteMe, {})).status).toBe(401)
  expect((await it.send(deleteMe, { token: person.token })).status).toBe(204)
  expect(deleted).toContain(person.user_id)
  await tell(it, credentialsDeleted, [deletion(person)])
  await tell(it, orderRefunded, [refundOf(order)])
  await tell(it, userRegistered, [person])
  expect(await traces(person.email, 'Era Example', order.order_id)).toEqual([])
  expect((await it.send(getMyProfile, { token: person.token })).status).toBe(404)
})

test('eraseProfiles: a person whom auth deleted leaves no trace', async () => {
  const person = await newPerson(it, { username: 'Ira Example', email_verified: true })
  const buyer = { name: 'Ira Example', email: person.email, locale: 'en' as const }
  await tell(it, orderCompleted,
    [completedOrder({ buyer }), completedOrder({ user_id: person.user_id })])
  await tell(it, credentialsDeleted, [deletion(person)])
  expect(await traces(person.email, 'Ira Example')).toEqual([])
  expect(await purchasesOf(person.token)).toEqual([])
})

test('eraseProfiles: an address that was not proven takes nobody\'s orders along', async () => {
  const person = await newPerson(it)
  const order = completedOrder({ buyer: { name: 'True Owner', email: person.email, locale: 'en' } })
  await tell(it, orderCompleted, [order])
  await tell(it, credentialsDeleted, [deletion(person)])
  expect(await traces(order.order_id)).toHaveLength(1)
})

test('deleteUser: is for administrators and erases one person', async () => {
  const person = await newPerson(it)
  const params = { id: person.user_id }
  expect((await it.send(deleteUser, { params })).status).toBe(401)
  expect((await it.send(deleteUser, { params, token: person.token })).status).toBe(403)
  const token = await it.personToken({ roles: ['admin'] })
  expect((await it.send(deleteUser, { params, token })).status).toBe(204)
  expect((await it.send(deleteUser, { params, token })).status).toBe(404)
  expect(await traces(person.email)).toEqual([])
})

test('deleteMe: deleteUser: the last administrator stays, with all their data', async () => {
  const admin = await newPerson(it, { user_id: last_admin_id, roles: ['admin'] })
  for (const answer of [
    await it.send(deleteMe, { token: admin.token }),
    await it.send(deleteUser, { token: admin.token, params: { id: last_admin_id } }),
  ]) {
    expect([answer.status, answer.problem.type]).toEqual([409, '/problems/users/last-admin'])
  }
  expect((await it.send(getMyProfile, { token: admin.token })).status).toBe(200)
})
