import { defineEvent } from '@fermata/contracts/define'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { Type } from 'typebox'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createConsumer } from './consumer.ts'
import { createRedelivery } from './dead-letters.ts'
import { eventsOf, failedOf, isBundle, rowsOf, toRows } from './event-bundles.ts'
import { originOf, uuidv7 } from './ids.ts'
import { claimOutbox, insertOutbox, markFailed } from './message-queries.ts'
import { on, type EventHandler, type StoredEvent } from './messages.ts'
import { deleteSent } from './personal-data-queries.ts'
import { erasing_types } from './personal-data.ts'
import { defineService, type Context } from './service.ts'
import { sql } from './sql.ts'
import { findHandled } from './statement-queries.ts'
import { findMissingEffects, state } from './statements.ts'

/** What is published together: its rows, and what of them a handler has had. */

const noted = defineEvent('events.noted.v1', Type.Object({ n: Type.Integer() }))
const broken = new Set<number>()

const count: EventHandler<typeof noted, Context> = async (_ctx, tx, events) => {
  await tx.insertInto('tickets.effects').values(events.map(({ data }) => data)).execute()
  if (events.some(({ data }) => broken.has(data.n))) throw new Error('cannot take it')
}

let it: TestSystem
let ctx: Context

beforeAll(async () => {
  const names = ['events', 'tickets'] as const
  it = await startTestSystem(names.map(name => defineService<Context>({ name, routes: [] })),
    { LOG_LEVEL: 'fatal' })
  ctx = it.context('tickets')
  await ctx.pool.query('create table tickets.effects (n integer)')
})
beforeEach(async () => {
  broken.clear()
  await ctx.pool.query('truncate tickets.effects, tickets.inbox, tickets.dead_letters')
})
afterAll(() => it.stop())

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

/** Events of one bundle, as a bus hands them over. */
const stored = (count: number): StoredEvent[] =>
  toRows(noted.type, upTo(count).map(n => ({ data: `{"n":${n}}`, request_id: `request-${n}` })))
    .map(({ id, type, data, request_id }) =>
      ({ id, type, data: JSON.parse(data), request_id, attempts: 0, created_at: '' }))
const bundle = (count: number): StoredEvent[] => eventsOf(stored(count))

const consumer = () => createConsumer({
  service: 'tickets', subscription: on(noted, count), ctx, log: ctx.log,
  transaction: ctx.transaction, tracing: ctx.tracing })

const effects = async () => (await ctx.pool.query<{ n: number }>(
  'select n from tickets.effects order by n')).rows.map(({ n }) => n)
const inbox = async () => (await ctx.pool.query<{ event_id: string, done: string | null }>(
  'select event_id, done from tickets.inbox')).rows

test('toRows: events keep their order, their causes and their own ids', () => {
  const events = bundle(3)
  expect(events.map(({ data, request_id }) => [data, request_id])).toEqual([
    [{ n: 0 }, 'request-0'], [{ n: 1 }, 'request-1'], [{ n: 2 }, 'request-2']])
  expect(new Set(events.map(({ id }) => id)).size).toBe(3)
  const origins = events.map(({ id }) => originOf(id))
  expect(origins.map(({ place }) => place)).toEqual([1, 2, 3])
  expect(new Set(origins.map(({ id }) => id)).size).toBe(1)
  expect(isBundle(origins[0]!.id)).toBe(true)
  expect(rowsOf([events[1]!.id])).toEqual([events[1]!.id, origins[0]!.id])
})

test('toRows: a row has 500 events and 256 K characters, or one event', () => {
  const sizes = (lengths: number[]) => toRows('a.b.v1', lengths.map(length =>
    ({ data: JSON.stringify('x'.repeat(length)), request_id: null }))).map(({ size }) => size)
  expect(sizes(upTo(1001).map(() => 1))).toEqual([500, 500, 1])
  expect(sizes([100_000, 100_000, 100_000, 300_000, 1, 1])).toEqual([2, 1, 1, 2])
  expect(toRows('a.b.v1', [])).toEqual([])
})

test('toRows: an event that is told alone is a row as the version before wrote it', () => {
  const [row, ...more] = toRows('a.b.v1', [{ data: '{"n":1}', request_id: 'r' }])
  expect(more).toEqual([])
  expect(row).toMatchObject({ data: '{"n":1}', request_id: 'r', size: 1 })
  expect(isBundle(row!.id)).toBe(false)
  expect(originOf(row!.id)).toEqual({ id: row!.id, place: null })
})

test('toRows: what no table of letters takes is replaced, and what only looks like it stays', () => {
  const texts = ['a\ud800b', 'nul \u0000', 'Zoë 🎭', 'a backslash \\\\u0000', '\\ud800', 'tab \t']
  const [row] = toRows(noted.type, texts.map(text =>
    ({ data: JSON.stringify({ text }), request_id: null })))

  const kept = (JSON.parse(row!.data) as { data: { text: string } }[]).map(one => one.data.text)
  expect(kept).toEqual(['a\ufffdb', 'nul \ufffd', ...texts.slice(2)])
})

test('failedOf: a bundle that came back whole stays whole, and is parted when some of it went well', () => {
  const [row] = stored(3)
  const events = eventsOf([row!])
  const ids = events.map(({ id }) => id)
  const alone: StoredEvent = { ...events[0]!, id: uuidv7() }

  expect(failedOf([row!, alone], [...ids, ...ids])).toEqual([row!.id])
  expect(failedOf([row!, alone], [ids[1]!, alone.id]).toSorted())
    .toEqual([ids[1]!, row!.id, alone.id].toSorted())
  expect(failedOf([row!], [])).toEqual([])
  // What was parted before is a row under its own id.
  expect(failedOf([events[1]!], [ids[1]!])).toEqual([ids[1]!])
})

test('markFailed: a bundle that is named alone comes again as it is', async () => {
  await ctx.transaction(tx => insertOutbox(
    tx, 'tickets', noted.type, upTo(3).map(n => ({ data: { n }, request_id: null }))))
  const { batches: [batch] } = await ctx.transaction(tx => claimOutbox(tx, 'tickets', 1000))
  interface Seen { size: number, attempts: number, is_sent: boolean }
  const read = async () => (await ctx.pool.query<Seen>(
    `select size, attempts, sent_at is not null as is_sent from tickets.outbox
      where type = $1 order by id`, [noted.type])).rows

  await ctx.transaction(tx => markFailed(tx, 'tickets', batch!.ids))
  expect(await read()).toEqual([{ size: 3, attempts: 1, is_sent: false }])
  const [first] = eventsOf(JSON.parse(batch!.text) as StoredEvent[])
  await ctx.transaction(tx => markFailed(tx, 'tickets', rowsOf([first!.id])))
  expect(await read()).toMatchObject([
    { size: 1, is_sent: false }, { size: 1, is_sent: true }, { size: 1, is_sent: true }])
  await ctx.pool.query('delete from tickets.outbox where type = $1', [noted.type])
})

test('claimOutbox: replicas share a backlog of bundles', async () => {
  await ctx.transaction(async tx => {
    for (const _ of upTo(6)) await insertOutbox(
      tx, 'tickets', noted.type, upTo(500).map(n => ({ data: { n }, request_id: null })))
  })

  const claims = await ctx.transaction(async one => {
    const mine = await claimOutbox(one, 'tickets', 1000)
    const other = await ctx.transaction(tx => claimOutbox(tx, 'tickets', 1000))
    return [mine, other]
  })
  await ctx.pool.query('delete from tickets.outbox where type = $1', [noted.type])

  expect(claims.map(({ events, full }) => ({ events, full }))).toEqual([
    { events: 1000, full: true }, { events: 1000, full: true }])
  const ids = claims.flatMap(({ batches }) => batches.flatMap(batch => batch.ids))
  expect(new Set(ids).size).toBe(4)
})

test('consume: a bundle leaves one inbox row', async () => {
  const events = bundle(500)
  expect(await consumer().consume(events)).toEqual([])
  expect(await inbox()).toEqual([{ event_id: originOf(events[0]!.id).id, done: '{[1,501)}' }])
  expect(await consumer().consume(events)).toEqual([])
  expect(await effects()).toEqual(upTo(500))
})

test('consume: of a bundle that is parted by a failure it is remembered what is done', async () => {
  const events = bundle(20)
  broken.add(3).add(11)
  // A carrier may bring it twice in one batch.
  const failed = await consumer().consume([...events, ...events.slice(0, 2)])
  expect(failed).toEqual([events[3]!.id, events[11]!.id])
  expect(await inbox()).toMatchObject([{ done: '{[1,4),[5,12),[13,21)}' }])
  broken.delete(3)
  expect(await consumer().consume([...events, ...events.slice(0, 8)])).toEqual([events[11]!.id])
  broken.clear()
  // Another process, which knows of no failure.
  expect(await consumer().consume(events)).toEqual([])
  expect(await effects()).toEqual(upTo(20))
  expect(await inbox()).toMatchObject([{ done: '{[1,21)}' }])
})

test('consume: parts of a bundle in many hands at once have one effect each', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  console.log(`parts of a bundle: seed ${seed}`)
  let random = seed
  const draw = (below: number) => {
    random = (random * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor(random / 2 ** 31 * below)
  }
  const both = [bundle(40), bundle(40)].flatMap((events, at) =>
    events.map(event => ({ ...event, data: { n: (event.data as { n: number }).n + at * 40 } })))
  await Promise.all(upTo(12).map(() => {
    const [from, to] = [draw(80), draw(80)].sort((a, b) => a - b)
    return consumer().consume(both.slice(from, to! + 1))
  }))
  await consumer().consume(both)
  expect(await effects()).toEqual(upTo(80))
})

test('consume: without the lock of the inbox row parts would be done twice (control)', async () => {
  const events = bundle(10)
  await consumer().consume(events.slice(0, 1))
  // Both look before either writes, as they would if a look did not wait.
  const looks = await Promise.all([1, 2].map(() =>
    findHandled(ctx.db, 'tickets', events.map(({ id }) => ({ event_id: id, handler: 'count' })))))
  for (const known of looks) {
    const fresh = events.filter(({ id }) => !known.has(`${id} count`))
    await ctx.transaction(tx => count(ctx, tx, fresh as never))
  }
  expect(await effects()).toHaveLength(1 + 9 + 9)
})

test('consume: what the version before has handled stays handled', async () => {
  const old: StoredEvent = { id: uuidv7(), type: noted.type, data: { n: 1 }, request_id: null,
    attempts: 0, created_at: '' }
  await ctx.pool.query(
    `insert into tickets.inbox (event_id, handler) values ($1, 'count')`, [old.id])
  expect(await consumer().consume([old, ...bundle(1)])).toEqual([])
  expect(await effects()).toEqual([0])
})

test('dead letters: one of a bundle is retried alone', async () => {
  const events = bundle(5)
  broken.add(2)
  const own = consumer()
  for (let turn = 0; turn < 8; turn++) await own.consume(events)
  const { rows: [letter] } = await ctx.pool.query<{ id: string, event_id: string }>(
    'select id, event_id from tickets.dead_letters')
  expect(letter!.event_id).toBe(events[2]!.id)
  expect(await inbox()).toMatchObject([{ done: '{[1,6)}' }])

  broken.clear()
  const retry = createRedelivery(ctx, new Map([['count', own]]))
  expect((await retry(letter!.id)).retried).toBe(true)
  expect(await effects()).toEqual(upTo(5))
  expect(await inbox()).toMatchObject([{ done: '{[1,6)}' }])
})

test('erasure: of a bundle that was parted what is sent goes, and what failed stays', async () => {
  const teller = it.context('events')
  await teller.pool.query('truncate events.outbox')
  const left = await teller.transaction(async tx => {
    await insertOutbox(tx, 'events', erasing_types[0]!, upTo(3).map(n =>
      ({ data: { n }, request_id: null })))
    await sql`update events.outbox set available_at = now()`.run(tx)
    const { batches: [batch] } = await claimOutbox(tx, 'events', 10)
    const failed = eventsOf(JSON.parse(batch!.text) as StoredEvent[])[1]!
    await markFailed(tx, 'events', rowsOf([failed.id]))
    await deleteSent(tx, 'events', batch!.ids, erasing_types)
    const rows = await sql`select id, data, attempts from events.outbox`.rows(tx)
    await sql`delete from events.outbox`.run(tx)
    return { rows, failed }
  })
  expect(left.rows).toEqual([{ id: left.failed.id, data: { n: 1 }, attempts: 1 }])
})

test('statements: each sent event of a bundle is a line, page by page', async () => {
  const teller = it.context('events')
  await teller.pool.query('truncate events.outbox')
  for (const size of [450, 1, 3]) {
    await teller.transaction(tx => teller.publish(tx, noted, upTo(size).map(n => ({ n }))))
  }
  await it.eventually(async () => (await teller.pool.query(
    'select from events.outbox where sent_at is null')).rowCount === 0)
  const lines: { id: string, figures: Record<string, unknown> }[] = []
  for (let after: string | null = null, is_last = false; !is_last;) {
    const page = await state(teller.db, { name: 'events' }, { list: 'events.sent', after, ids: null })
    lines.push(...page.lines)
    after = page.lines.at(-1)?.id ?? after
    is_last = page.is_last
  }
  expect(lines.map(({ figures }) => figures.data)).toEqual(
    [450, 1, 3].flatMap(size => upTo(size).map(n => JSON.stringify({ n }))))
  expect(lines.map(({ id }) => id)).toEqual(lines.map(({ id }) => id).toSorted())
  const ids = [lines[7]!.id, lines[450]!.id]
  const two = await state(teller.db, { name: 'events' }, { list: 'events.sent', after: null, ids })
  expect(two.lines.map(({ id }) => id)).toEqual(ids)

  // Nobody here handles them, so one who says that he should misses all that he has not had.
  const events = lines.map(({ id, figures }) =>
    ({ id, type: String(figures.type), data: String(figures.data) }))
  await consumer().consume(events.slice(0, 100).map(({ id, type, data }): StoredEvent =>
    ({ id, type, data: JSON.parse(data), request_id: null, attempts: 0, created_at: '' })))
  const missing = await findMissingEffects(ctx.db,
    { name: 'tickets', subscriptions: [on(noted, count)] }, events)
  expect(missing.map(({ event_id }) => event_id)).toEqual(events.slice(100).map(({ id }) => id))
})
