import { defineEvent } from '@fermata/contracts/define'
import { listDeadLettersRoute, retryDeadLetterRoute } from '@fermata/contracts/platform'
import { uuidv7 } from '@fermata/platform/ids'
import { on, type EventOf } from '@fermata/platform/messages'
import { defineService, type Context } from '@fermata/platform/service'
import { Type } from 'typebox'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { eventually, type TestSystem } from './start.ts'

/**
 * What every event bus must keep, whatever carries the events: the same tests run against the local
 * bus and against JetStream. `events` tells, `tickets` counts.
 */

export const noted = defineEvent(
  'events.noted.v1', Type.Object({ subject: Type.String(), n: Type.Integer() })
)
export const notedHandlers = { [noted.type]: ['tickets.count'] }

type Tx = Parameters<Parameters<Context['transaction']>[0]>[0]
type Noted = EventOf<typeof noted>

/** Subjects whose events the handler cannot take at the moment. */
export const broken = new Set<string>()

/** How often the handler was asked for events of a subject that is broken. */
const failures = new Map<string, number>()

async function count (_ctx: Context, tx: Tx, events: Noted[]): Promise<void> {
  for (const { data } of events) {
    if (!broken.has(data.subject)) continue
    failures.set(data.subject, (failures.get(data.subject) ?? 0) + 1)
    throw new Error(`cannot take ${data.subject}`)
  }
  await tx.insertInto('tickets.effects').values(events.map(({ id, data, request_id }) =>
    ({ event_id: id, subject: data.subject, n: data.n, request_id, batch_size: events.length })
  )).execute()
}

export const teller = defineService<Context>({ name: 'events', routes: [] })
export const counter = defineService<Context>({
  name: 'tickets', routes: [], subscriptions: [on(noted, count)],
  async start (ctx) {
    await ctx.pool.query(`create table if not exists tickets.effects (
      position bigint generated always as identity, event_id uuid, subject text, n integer,
      request_id text, batch_size integer)`)
    return {}
  },
})

export interface Parties {
  teller: TestSystem
  counter: TestSystem
  /** True when the carrier itself brings back what failed, after its own pauses. */
  carrier_retries: boolean
  stop: () => Promise<void>
}

/** Publishes, and looks at outbox and effects. */
export function watch ({ teller, counter }: Pick<Parties, 'teller' | 'counter'>) {
  const ctx = teller.context('events')
  return {
    ctx,
    publish: (subject: string, ns: number[]) => ctx.transaction(
      tx => ctx.publish(tx, noted, ns.map(n => ({ subject, n })), 'request-1')),
    async effects (subject: string) {
      const { rows } = await counter.context('tickets').pool.query<{
        event_id: string, n: number, request_id: string | null, batch_size: number
      }>('select * from tickets.effects where subject = $1 order by position', [subject])
      return rows
    },
    async unsent (subject: string) {
      const { rows } = await ctx.pool.query<{ id: string }>(
        `select id from events.outbox_events where sent_at is null and data->>'subject' = $1`, [subject])
      return rows
    },
    /** Retries are due now, not after their pause. */
    async hurry () {
      await ctx.pool.query('update events.outbox set available_at = now() where sent_at is null')
      ctx.wakeRelay()
    },
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

let parties: Parties | undefined
let it: ReturnType<typeof watch>

/** Registers the contract's tests. @param start a teller and a counter that share a bus */
export function testBusContract (start: () => Promise<Parties>): void {
  beforeAll(async () => {
    parties = await start()
    it = watch(parties)
  })
  beforeEach(() => broken.clear())
  afterAll(() => parties?.stop())
  testDelivery()
  testFailures()
  testDeadLetters()
}

function testDelivery (): void {
  test('bus: an event reaches its handler as it was told, and its row counts as sent', async () => {
    await it.publish('told', [7])

    await eventually(async () => (await it.unsent('told')).length === 0, 'the row to be sent')
    expect(await it.effects('told')).toMatchObject([{ n: 7, request_id: 'request-1' }])
  })

  test('bus: what a rolled back transaction told never leaves', async () => {
    await it.ctx.transaction(async tx => {
      await it.ctx.publish(tx, noted, [{ subject: 'taken back', n: 1 }])
      throw new Error('changed my mind')
    }).catch(() => {})
    await it.publish('kept', [1])

    await eventually(async () => (await it.effects('kept')).length === 1)
    expect(await it.effects('taken back')).toEqual([])
  })

  test('bus: thousands from many writers have one effect each, and come in batches', async () => {
    await Promise.all(upTo(30).map(writer =>
      it.publish('many', upTo(100).map(n => writer * 100 + n))))

    await eventually(async () => (await it.unsent('many')).length === 0, 'all to be sent', 20_000)
    const effects = await it.effects('many')
    expect(effects.map(effect => effect.n).toSorted((a, b) => a - b)).toEqual(upTo(3000))
    expect(Math.max(...effects.map(effect => effect.batch_size))).toBeGreaterThan(1)
  })

  test('bus: an event that is sent again has no second effect', async () => {
    await it.publish('again', [1])
    await eventually(async () => (await it.unsent('again')).length === 0)
    await it.ctx.pool.query(
      `update events.outbox set sent_at = null where data->>'subject' = 'again'`)
    await it.hurry()
    await it.publish('after', [1])

    await eventually(async () => (await it.effects('after')).length === 1)
    expect(await it.effects('again')).toHaveLength(1)
  })
}

function testFailures (): void {
  test('bus: a failing event holds up nobody, stays unsent and comes again', async () => {
    broken.add('bad')
    await it.ctx.transaction(tx => it.ctx.publish(tx, noted, [
      { subject: 'good', n: 1 }, { subject: 'bad', n: 1 }, { subject: 'good', n: 2 },
    ]))
    await eventually(async () => (await it.effects('good')).length === 2)
    expect(await it.unsent('bad')).toHaveLength(1)

    broken.clear()
    await it.hurry()
    await eventually(async () => (await it.effects('bad')).length === 1)
    await eventually(async () => (await it.unsent('bad')).length === 0, 'the row to be sent')
  })

  test('bus: what does not fit its contract is a dead letter of the consumer, and done', async () => {
    await it.ctx.pool.query('insert into events.outbox (id, type, data) values ($1, $2, $3)',
      [uuidv7(), noted.type, { subject: 'odd', n: 'one' }])
    it.ctx.wakeRelay()

    await eventually(async () => (await it.unsent('odd')).length === 0, 'the row to be sent')
    const token = await parties!.counter.personToken({ roles: ['admin'] })
    const { body } = await parties!.counter.send(listDeadLettersRoute('tickets'), { token })
    expect(body.items).toMatchObject([{ handler: 'count', data: { subject: 'odd', n: 'one' } }])
  })
}

const letters = async () => {
  const token = await parties!.counter.personToken({ roles: ['admin'] })
  const { body } = await parties!.counter.send(listDeadLettersRoute('tickets'), { token })
  return body.items.filter(letter => (letter.data as { subject: string }).subject === 'poison')
}

async function retry (id: string) {
  const token = await parties!.counter.personToken({ roles: ['admin'] })
  return parties!.counter.send(retryDeadLetterRoute('tickets'), { params: { id }, token })
}

function testDeadLetters (): void {
  test('bus: what fails eight times is a dead letter, its row is sent, and a retry mends it', async () => {
    broken.add('poison')
    await it.ctx.transaction(tx => it.ctx.publish(tx, noted, [
      { subject: 'beside', n: 1 }, { subject: 'poison', n: 1 }, { subject: 'beside', n: 2 },
    ], 'request-8'))
    await eventually(async () => (await it.effects('beside')).length === 2)
    expect(await it.unsent('poison')).toHaveLength(1)

    // 1 + 2 + 4 … + 64 s where the carrier counts.
    await eventually(async () => {
      if (!parties!.carrier_retries) await it.hurry()
      return (await letters()).length === 1
    }, 'the dead letter', 280_000)
    expect(failures.get('poison')).toBeGreaterThanOrEqual(8)
    await eventually(async () => (await it.unsent('poison')).length === 0, 'the row to be sent',
      60_000)
    const [letter] = await letters()
    expect(letter).toMatchObject({ event_type: noted.type, handler: 'count', attempts: 8,
      request_id: 'request-8', error: 'Error: cannot take poison' })

    expect((await retry(letter!.id)).body.retried_at).toBeNull()
    expect(await letters()).toHaveLength(1)
    broken.clear()
    expect((await retry(letter!.id)).status).toBe(202)
    expect(await letters()).toEqual([])
    expect(await it.effects('poison')).toMatchObject([{ n: 1, request_id: 'request-8' }])
    expect(await it.effects('beside')).toHaveLength(2)
  }, 360_000)
}
