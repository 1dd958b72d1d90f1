import { credentialsDeleted } from '@fermata/contracts/auth'
import { eventCanceled, eventPublished } from '@fermata/contracts/events'
import { deadlineReached, getDeadline, listDeadlines } from '@fermata/contracts/expiration'
import type { EventFacts } from '@fermata/contracts/fields'
import { orderCompleted, orderPlaced } from '@fermata/contracts/orders'
import { idAt, idsTogether, originOf, uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'

// get-deadline, list-deadlines, publish-due, track-holds and track-reminders work on one table and
// are tested together.

let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('expiration')
})
afterAll(() => it.stop())

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()

function order (
  overrides: { order_id?: string, user_id?: string | null, expires_at?: string } = {},
) {
  return {
    order_id: uuidv7(),
    code: 'FR7K2M9Q',
    event_id: uuidv7(),
    event_title: 'Winter concert',
    user_id: null,
    buyer: { name: 'Ann Example', email: 'ann@example.com', locale: 'en' as const },
    total_minor: 1200,
    currency: 'EUR',
    items: [{ ticket_type_id: uuidv7(), name: 'Adult', quantity: 1, unit_price_minor: 1200 }],
    created_at: inSeconds(0), expires_at: inSeconds(900), ...overrides,
  }
}

function event (overrides: Partial<EventFacts> = {}): EventFacts {
  return {
    id: uuidv7(),
    slug: 'winter-concert',
    title: 'Winter concert',
    organizer_id: uuidv7(),
    organizer_name: 'Town choir',
    starts_at: inSeconds(7 * 86_400),
    ends_at: inSeconds(7 * 86_400 + 7200),
    timezone: 'Europe/Paris',
    venue: { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' },
    category: 'music',
    currency: 'EUR',
    image: null,
    status: 'published',
    version: 1,
    ...overrides,
  }
}

const complete = (placed: ReturnType<typeof order>) => ({
  ...placed,
  completed_at: inSeconds(0),
  payment_id: null,
  event: event({ id: placed.event_id }),
  access_token: 'fo_x'.padEnd(40, 'x'),
})

const publish: Ctx['publish'] = (_, definition, data) =>
  ctx.transaction(tx => ctx.publish(tx, definition, data))

const deadlineOf = (kind: 'order_hold' | 'event_reminder', subject_id: string) =>
  it.eventually(async () => {
    const answer = await it.send(getDeadline, {
      params: { kind, subject_id },
      token: await it.personToken({ roles: ['admin'] }),
    })
    return answer.status === 200 && answer.body
  }, `a ${kind}`)

test('getDeadline: a placed order has a deadline that its order token and its owner see, and nobody else', async () => {
  const user_id = uuidv7()
  const placed = order({ user_id })
  await publish(null as never, orderPlaced, [placed])

  const deadline = await deadlineOf('order_hold', placed.order_id)

  expect(deadline).toMatchObject({ status: 'waiting', due_at: placed.expires_at, reached_at: null })
  expect(deadline.seconds_left).toBeGreaterThan(890)
  const params = { kind: 'order_hold' as const, subject_id: placed.order_id }
  expect((await it.send(getDeadline, { params, token: it.orderToken(placed.order_id) })).status)
    .toBe(200)
  expect((await it.send(getDeadline, { params, token: await it.personToken({ user_id }) })).status)
    .toBe(200)
  expect((await it.send(getDeadline, { params, token: it.orderToken(uuidv7()) })).status).toBe(404)
  expect((await it.send(getDeadline, { params, token: await it.personToken() })).status).toBe(404)
  expect((await it.send(getDeadline, { params })).status).toBe(401)
})

test('publishDue: tells once of each hold that ends, and leaves the others waiting', async () => {
  const due = [order({ expires_at: inSeconds(-1) }), order({ expires_at: inSeconds(-2) })]
  const later = order()
  await publish(null as never, orderPlaced, [...due, later])

  await it.eventually(
    async () =>
      (await deadlineOf('order_hold', due[0]!.order_id)).status === 'reached' &&
      (await deadlineOf('order_hold', due[1]!.order_id)).status === 'reached',
    'both deadlines reached',
  )

  expect((await deadlineOf('order_hold', later.order_id)).status).toBe('waiting')
  const told = await ctx.db.selectFrom('expiration.outbox_events').select('data').where(
    'type',
    '=',
    deadlineReached.type,
  ).execute()
  const subjects = told.map(row => (row.data as { subject_id: string }).subject_id)
  expect(subjects.filter(id => due.some(one => one.order_id === id)).sort()).toEqual(
    due.map(one => one.order_id).sort(),
  )
  expect(subjects).not.toContain(later.order_id)
})

test('endHolds: a paid order has no deadline, even when the news of its payment comes first', async () => {
  const placed = order({ expires_at: inSeconds(1) })
  await publish(null as never, orderCompleted, [complete(placed)])
  expect((await deadlineOf('order_hold', placed.order_id)).status).toBe('dropped')

  await publish(null as never, orderPlaced, [placed])
  const marker = order()
  await publish(null as never, orderPlaced, [marker])
  await deadlineOf('order_hold', marker.order_id)

  expect((await deadlineOf('order_hold', placed.order_id)).status).toBe('dropped')
})

test('startReminders: a published event is remembered a day before it starts, and forgotten when canceled', async () => {
  const concert = event()
  await publish(null as never, eventPublished, [concert])
  const deadline = await deadlineOf('event_reminder', concert.id)
  expect(Date.parse(concert.starts_at) - Date.parse(deadline.due_at)).toBe(86_400_000)

  await publish(null as never, eventCanceled, [{
    event: { ...concert, status: 'canceled', version: 2 },
    canceled_at: inSeconds(0),
    reason: null,
  }])
  await it.eventually(
    async () => (await deadlineOf('event_reminder', concert.id)).status === 'dropped',
    'the reminder dropped',
  )
})

test('listDeadlines: administrators page through what is due, soonest first', async () => {
  const holds = [
    order({ expires_at: inSeconds(5000) }),
    order({ expires_at: inSeconds(4000) }),
    order({ expires_at: inSeconds(6000) }),
  ]
  await publish(null as never, orderPlaced, holds)
  for (const hold of holds) await deadlineOf('order_hold', hold.order_id)
  const token = await it.personToken({ roles: ['admin'] })

  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await it.send(listDeadlines, {
      token,
      query: { kind: 'order_hold', status: 'waiting', limit: 2, cursor } as never,
    })
    seen.push(...page.body.items.map(item => item.due_at))
    cursor = page.body.next_cursor ?? undefined
  } while (cursor)

  expect(seen).toEqual([...seen].sort())
  for (const hold of holds) expect(seen).toContain(hold.expires_at)
})

test('listDeadlines: refuses others than administrators, and a cursor it did not give', async () => {
  expect((await it.send(listDeadlines)).status).toBe(401)
  expect(
    (await it.send(listDeadlines, { token: await it.personToken({ roles: ['operator'] }) })).status,
  ).toBe(403)
  const answer = await it.send(listDeadlines, {
    token: await it.personToken({ roles: ['admin'] }),
    query: { cursor: 'nonsense' },
  })
  expect(answer).toMatchObject({ status: 400, problem: { errors: [{ field: 'cursor' }] } })
})

test('forgetOwners: a deadline of somebody erased stays, and is nobody\'s', async () => {
  const user_id = uuidv7()
  const placed = order({ user_id })
  await ctx.transaction(tx => ctx.publish(tx, orderPlaced, [placed]))
  const owners = () => ctx.db.selectFrom('expiration.owners').select('user_id')
    .where('subject_id', '=', placed.order_id).execute()
  await it.eventually(async () => (await owners()).length === 1)
  await ctx.transaction(tx => ctx.publish(tx, credentialsDeleted,
    [{ user_id, email: 'ann@example.com', deleted_at: inSeconds(0) }]))
  await it.eventually(async () => (await owners()).length === 0)
  expect((await deadlineOf('order_hold', placed.order_id)).status).toBe('waiting')
})

interface Kept { held: string, dropped: string, reached: string, is_waiting: boolean }

const rowsOf = (shared: string) => sql<Kept>`
  select held, dropped, reached, is_waiting from expiration.deadlines where id = ${shared}`.rows(ctx.db)

test('startHolds: orders of one sale share a row, and each is paid, given up and told of by itself', async () => {
  const ids = idsTogether(6)
  const shared = originOf(ids[0]!).id
  const sold = ids.map(order_id => order({ order_id, expires_at: inSeconds(900) }))
  // The news of the second overtakes all others, and the sale's own arrives in two parts.
  await publish(null as never, orderCompleted, [complete(sold[1]!)])
  await it.eventually(async () => (await rowsOf(shared)).length === 1)
  expect(await rowsOf(shared)).toMatchObject([{ held: '{}', is_waiting: false }])
  await publish(null as never, orderPlaced, sold.slice(0, 4))
  await publish(null as never, orderPlaced, sold.slice(4))
  await publish(null as never, orderCompleted, [complete(sold[4]!)])
  await it.eventually(async () =>
    (await deadlineOf('order_hold', ids[4]!)).status === 'dropped', 'the fifth dropped')
  expect(await rowsOf(shared)).toEqual([
    { held: '{[1,7)}', dropped: '{[2,3),[5,6)}', reached: '{}', is_waiting: true }])

  await sql`update expiration.deadlines set due_at = now() where id = ${shared}`.run(ctx.db)
  await it.eventually(async () =>
    (await deadlineOf('order_hold', ids[0]!)).status === 'reached', 'the first reached')
  const told = (await ctx.db.selectFrom('expiration.outbox_events').select('data')
    .where('type', '=', deadlineReached.type).execute())
    .map(({ data }) => (data as { subject_id: string }).subject_id).filter(id => ids.includes(id))
  expect(told.toSorted()).toEqual([ids[0], ids[2], ids[3], ids[5]])

  // What is paid after its end was told stays told of.
  await publish(null as never, orderCompleted, [complete(sold[2]!)])
  const late = order({ order_id: idAt(shared, 9), expires_at: inSeconds(900) })
  await publish(null as never, orderPlaced, [late])
  const [seventh] = await it.eventually(async () => {
    const rows = await rowsOf(shared)
    return rows[0]?.reached.includes('9') && rows
  }, 'who came late told of at once, for the others were')
  expect(seventh).toMatchObject({ held: '{[1,7),[9,10)}', is_waiting: false })
  expect((await deadlineOf('order_hold', ids[2]!)).status).toBe('reached')
})

test('startHolds: all of a sale paid, and its row waits no more', async () => {
  const ids = idsTogether(3)
  const sold = ids.map(order_id => order({ order_id, expires_at: inSeconds(2) }))
  await publish(null as never, orderPlaced, sold)
  for (const one of sold) await publish(null as never, orderCompleted, [complete(one)])
  await it.eventually(async () => (await rowsOf(originOf(ids[0]!).id))[0]?.is_waiting === false)
  for (const id of ids) expect((await deadlineOf('order_hold', id)).status).toBe('dropped')
})
