import { defineEvent, defineRoute } from '@fermata/contracts/define'
import { listDeadLettersRoute, retryDeadLetterRoute } from '@fermata/contracts/platform'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { Type } from 'typebox'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createConsumer } from './consumer.ts'
import { uuidv7 } from './ids.ts'
import { on, type EventOf, type StoredEvent } from './messages.ts'
import { defineService, route, type Context, type Request } from './service.ts'

/**
 * Outbox, relay, bus, inbox and dead letters together, between two small services: `events` tells,
 * `tickets` counts.
 */

const noted = defineEvent(
  'events.noted.v1', Type.Object({ subject: Type.String(), n: Type.Integer() })
)
const note = defineRoute({
  method: 'POST', path: '/api/events/notes', access: 'public', summary: 'Tell of something',
  body: Type.Object({
    subject: Type.String(), n: Type.Integer(), roll_back: Type.Optional(Type.Boolean())
  }),
  reply: { 200: Type.Object({ id: Type.String() }) },
  problems: [],
})

async function tell (ctx: Context, request: Request<typeof note>) {
  const { subject, n, roll_back } = request.body
  await ctx.transaction(async tx => {
    await ctx.publish(tx, noted, [{ subject, n }], request.id)
    if (roll_back) throw new Error('changed my mind')
  })
  return { id: request.id }
}

/** Subjects whose events the handler cannot take at the moment. */
const broken = new Set<string>()
const batches: EventOf<typeof noted>[][] = []

async function count (
  ctx: Context, tx: Parameters<Parameters<Context['transaction']>[0]>[0],
  events: EventOf<typeof noted>[]
) {
  for (const event of events) {
    if (broken.has(event.data.subject)) throw new Error(`cannot take ${event.data.subject}`)
  }
  // After the failures only, but before the commit: what the test sees here had its effect once it
  // is in the table.
  batches.push(events)
  await tx.insertInto('tickets.effects').values(events.map(event =>
    ({ event_id: event.id, subject: event.data.subject, n: event.data.n,
      request_id: event.request_id }))).execute()
}

const teller = defineService<Context>({ name: 'events', routes: [route(note, tell)] })
const counter = defineService<Context>({
  name: 'tickets', routes: [], subscriptions: [on(noted, count, data => data.n >= 0)],
  async start (ctx) {
    await ctx.pool.query(`create table if not exists tickets.effects (
      position bigint generated always as identity, event_id uuid, subject text, n integer,
      request_id text)`)
    return {}
  },
})

let it: TestSystem
let ctx: Context
let admin: string

beforeAll(async () => {
  it = await startTestSystem([teller, counter], { LOG_LEVEL: 'fatal' })
  ctx = it.context('events')
  admin = await it.personToken({ roles: ['admin'] })
})
beforeEach(async () => {
  broken.clear()
  batches.length = 0
  // The outbox first and alone: that waits for the relay, whose handlers need the other tables to
  // finish.
  await ctx.pool.query('truncate events.outbox')
  await ctx.pool.query('truncate tickets.effects, tickets.inbox, tickets.dead_letters')
})
afterAll(() => it.stop())

const effects = async (subject: string): Promise<{
  event_id: string, n: number, request_id: string | null
}[]> =>
  (
    await ctx.pool.query(
      'select * from tickets.effects where subject = $1 order by position', [subject]
    )
  ).rows
const publish = (subject: string, ns: number[]) =>
  ctx.transaction(tx => ctx.publish(tx, noted, ns.map(n => ({ subject, n })), 'request-1'))
/** Retries are due now, not after their pause. */
const hurry = async () => {
  await ctx.pool.query('update events.outbox set available_at = now() where sent_at is null')
  ctx.wakeRelay()
}
const letters = async () =>
  (await it.send(listDeadLettersRoute('tickets'), { token: admin })).body.items
const unsent = async () =>
  (await ctx.pool.query('select * from events.outbox where sent_at is null order by id')).rows
const sent = () => it.eventually(async () => (await unsent()).length === 0, 'an empty outbox')

test('publish: an event reaches its handler with its request\'s id', async () => {
  await it.send(
    note, { body: { subject: 'a', n: 1 }, headers: { 'x-request-id': 'request-of-ann' } }
  )

  const [effect] = await it.eventually(async () => (await effects('a')).length > 0 && effects('a'))
  expect(effect).toMatchObject({ n: 1, request_id: 'request-of-ann' })
})

test('publish: what a rolled back transaction told never leaves', async () => {
  const failed = await it.send(note, { body: { subject: 'a', n: 1, roll_back: true } })
  await publish('b', [2])
  await sent()

  expect(failed.status).toBe(500)
  expect(await effects('b')).toHaveLength(1)
  expect(await effects('a')).toEqual([])
  expect((await ctx.pool.query('select from events.outbox')).rowCount).toBe(1)
})

test('consume: an event that does not concern the handler is sent and leaves no inbox row', async () => {
  await publish('a', [1, -1])
  await sent()
  expect((await effects('a')).map(effect => effect.n)).toEqual([1])
  expect((await ctx.pool.query('select from tickets.inbox')).rowCount).toBe(1)
})
test('consume: the same event delivered again has one effect', async () => {
  await publish('a', [1])
  await sent()
  await ctx.pool.query('update events.outbox set sent_at = null')
  await hurry()
  await sent()
  const { event_id } = (await effects('a'))[0]!
  const tickets = it.context('tickets')
  const consumer = createConsumer({
    service: 'tickets', subscription: on(noted, count), ctx: tickets, log: tickets.log,
    transaction: tickets.transaction, tracing: tickets.tracing
  })
  const again: StoredEvent = {
    id: event_id, type: noted.type, data: { subject: 'a', n: 1 }, request_id: null, attempts: 0,
    created_at: ''
  }
  const fresh = { ...again, id: uuidv7() }

  expect(await consumer.consume([again, fresh, fresh, again])).toEqual([])
  expect(await consumer.consume([fresh])).toEqual([])

  expect((await effects('a')).map(effect => effect.event_id)).toEqual([event_id, fresh.id])
})

test('consume: two that handle the same event at once give it one effect', async () => {
  const tickets = it.context('tickets')
  const consumer = createConsumer({
    service: 'tickets', subscription: on(noted, count), ctx: tickets, log: tickets.log,
    transaction: tickets.transaction, tracing: tickets.tracing
  })
  const events = Array.from({ length: 50 }, (_, n): StoredEvent =>
    ({ id: uuidv7(), type: noted.type, data: { subject: 'twins', n }, request_id: null, attempts: 0,
      created_at: '' }))

  await Promise.all([
    consumer.consume(events), consumer.consume(events.toReversed()), consumer.consume(events)
  ])

  expect(await effects('twins')).toHaveLength(50)
})

test('deliver: events of one subject keep their order within a batch', async () => {
  const ns = Array.from({ length: 300 }, (_, n) => n)
  await ctx.transaction(async tx => {
    for (const n of ns) await ctx.publish(tx, noted, [{ subject: 'line', n }])
  })
  await sent()

  expect((await effects('line')).map(effect => effect.n)).toEqual(ns)
})

test('deliver: whoever waited for a row tells after whom it waited for', async () => {
  const [older, newer] = await Promise.all([ctx.pool.connect(), ctx.pool.connect()])
  const insert = (client: typeof older, n: number) => client.query(
    'insert into events.outbox (id, type, data) values ($1, $2, $3)', [uuidv7(), noted.type,
      { subject: 'queue', n }])
  await older.query('begin')
  await older.query('select now()')
  await newer.query('begin')
  await insert(newer, 1)
  await newer.query('commit')
  await insert(older, 2)
  await older.query('commit')
  older.release()
  newer.release()
  const rows = await ctx.pool.query(
    'select data->>\'n\' as n from events.outbox order by available_at, id'
  )

  expect(rows.rows.map(row => row.n)).toEqual(['1', '2'])
  await sent()
})

test('handler: a failing event is parted from its neighbours and comes again later', async () => {
  broken.add('bad')
  await ctx.transaction(tx => ctx.publish(tx, noted, [
    ...[0, 1, 2, 3, 4].map(n => ({ subject: 'good', n })), { subject: 'bad', n: 0 },
    ...[5, 6, 7].map(n => ({ subject: 'good', n })),
  ]))

  await it.eventually(async () => (await effects('good')).length === 8)
  const [waiting, ...others] = await it.eventually(
    async () => (await unsent()).some(row => row.attempts > 0) && unsent()
  )
  expect(others).toEqual([])
  expect(waiting).toMatchObject({ attempts: 1, data: { subject: 'bad' } })
  expect(Date.parse(waiting!.available_at as string) - Date.now()).toBeGreaterThan(0)

  broken.clear()
  await hurry()
  await sent()
  expect(await effects('bad')).toHaveLength(1)
  expect(await effects('good')).toHaveLength(8)
})

test('handler: pauses double from a second to a minute', async () => {
  broken.add('bad')
  await publish('bad', [1])
  const pauses: number[] = []
  for (const attempts of [1, 2, 3, 4]) {
    const [row] = await it.eventually(
      async () => (await unsent()).some(one => one.attempts === attempts) && unsent()
    )
    const { rows } = await ctx.pool.query(
      'select extract(epoch from available_at - now()) as seconds from events.outbox where id = $1',
      [row!.id]
    )
    pauses.push(rows[0].seconds as number)
    await hurry()
  }

  for (const [index, seconds] of [1, 2, 4, 8].entries()) {
    expect(pauses[index]).toBeLessThanOrEqual(seconds)
    expect(pauses[index]).toBeGreaterThan(seconds - 1)
  }
})

test('dead letters: what failed eight times is listed, and retried when asked', async () => {
  broken.add('bad')
  await publish('bad', [1])
  await it.eventually(async () => {
    await hurry()
    return (await letters()).length === 1
  })
  expect(await unsent()).toEqual([])
  const [letter] = await letters()
  expect(letter).toMatchObject({
    event_type: noted.type, handler: 'count', attempts: 8, request_id: 'request-1',
    data: { subject: 'bad', n: 1 }
  })
  expect(letter!.error).toContain('cannot take bad')

  const early = await it.send(
    retryDeadLetterRoute('tickets'), { params: { id: letter!.id }, token: admin }
  )
  expect([early.status, early.body.retried_at]).toEqual([202, null])
  expect(await letters()).toHaveLength(1)

  broken.clear()
  const retried = await Promise.all([1, 2, 3].map(() =>
    it.send(retryDeadLetterRoute('tickets'), { params: { id: letter!.id }, token: admin })))
  expect(retried.map(answer => answer.status).toSorted()).toEqual([202, 404, 404])
  expect(await effects('bad')).toHaveLength(1)
  expect(await letters()).toEqual([])
})

test('dead letters: a payload that does not fit its contract goes there at once', async () => {
  await ctx.pool.query(
    'insert into events.outbox (id, type, data) values ($1, $2, $3)',
    [uuidv7(), noted.type, { subject: 'odd', n: 'one' }]
  )
  await publish('good', [1])
  await sent()

  expect(await effects('good')).toHaveLength(1)
  const [letter] = await letters()
  expect(letter).toMatchObject({
    data: { subject: 'odd', n: 'one' }, error: `The payload does not fit ${noted.type}`
  })
  const retried = await it.send(
    retryDeadLetterRoute('tickets'), { params: { id: letter!.id }, token: admin }
  )
  expect(retried.body.retried_at).toBeNull()
  expect(await letters()).toHaveLength(1)
})

test('dead letters: a letter whose handler is gone stays, and says so', async () => {
  const id = uuidv7()
  await ctx.pool.query(`insert into tickets.dead_letters (id, event_id, handler, type, data, error)
    values ($1, $2, 'countOnce', $3, '{"subject":"a","n":1}', 'x')`, [id, uuidv7(), noted.type])

  await it.send(retryDeadLetterRoute('tickets'), { params: { id }, token: admin })

  expect(await letters()).toMatchObject([{
    id, error: 'Error: Nothing here is called countOnce any more'
  }])
})

test('dead letters: only administrators see and retry them', async () => {
  const operator = await it.personToken({ roles: ['operator', 'event_creator'] })
  const routes = [
    { contract: listDeadLettersRoute('tickets'), params: {} },
    { contract: retryDeadLetterRoute('tickets'), params: { id: uuidv7() } }
  ]
  for (const { contract, params } of routes) {
    expect((await it.send(contract as never, { params: params as never })).status).toBe(401)
    expect(
      (await it.send(contract as never, { params: params as never, token: operator })).status
    ).toBe(403)
  }
  expect(
    (
      await it.send(retryDeadLetterRoute('tickets'), { params: { id: uuidv7() }, token: admin })
    ).status
  ).toBe(404)
})

test('relay: two processes on one database deliver each event once', async () => {
  const second = await startTestSystem([teller, counter], { LOG_LEVEL: 'fatal' }, it.database_url)
  try {
    const other = second.context('events')
    await Promise.all(Array.from({ length: 30 }, async (_, round) => {
      const from = round % 2 === 0 ? ctx : other
      await from.transaction(
        tx => from.publish(
          tx, noted,
          Array.from({ length: 100 }, (_, n) => ({ subject: 'shared', n: round * 100 + n }))
        )
      )
      other.wakeRelay()
      ctx.wakeRelay()
    }))
    await sent()
    const handled = await effects('shared')
    expect(handled).toHaveLength(3000)
    expect(new Set(handled.map(effect => effect.event_id)).size).toBe(3000)
    // Handlers of rolled back batches may have run twice; the relays themselves shared the rows
    // out.
    expect(batches.flat()).toHaveLength(3000)
  } finally {
    await second.stop()
  }
})

/** What a relay would see that remembers the last id it sent and asks for greater ones. */
async function cursorPoller () {
  let last = '00000000-0000-0000-0000-000000000000'
  const seen = new Set<string>()
  return {
    seen,
    async poll () {
      for (;;) {
        const { rows } = await ctx.pool.query(
          'select id from events.outbox where id > $1 order by id limit 1000', [last]
        )
        if (rows.length === 0) return
        for (const row of rows) seen.add(last = row.id as string)
      }
    },
  }
}

test('relay: a late commit is not skipped, while a cursor over ids loses it', async () => {
  const control = await cursorPoller()
  const late = await ctx.pool.connect()
  const late_id = uuidv7()
  await late.query('begin')
  await late.query(
    'insert into events.outbox (id, type, data) values ($1, $2, $3)',
    [late_id, noted.type, { subject: 'late', n: 0 }]
  )
  for (let round = 0; round < 10; round++) {
    await publish('crowd', Array.from({ length: 500 }, (_, n) => n))
    await control.poll()
  }
  await it.eventually(async () => (await effects('crowd')).length === 5000)
  expect(await effects('late')).toEqual([])

  await late.query('commit')
  late.release()
  await sent()
  await control.poll()

  expect(await effects('late')).toHaveLength(1)
  expect(control.seen.size).toBe(10)
  expect(control.seen.has(late_id)).toBe(false)
})
