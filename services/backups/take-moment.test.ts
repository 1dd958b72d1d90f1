import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { buffer } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { defineEvent } from '@fermata/contracts/define'
import { exportRoute, holdTaken, snapshotGone } from '@fermata/contracts/platform'
import type { ServiceName } from '@fermata/contracts/services'
import { readExport } from '@fermata/platform/export-reader'
import { holdStill } from '@fermata/platform/hold-still'
import { closeEffectsGate } from '@fermata/platform/message-queries'
import { readFirstLine } from '@fermata/platform/first-line'
import { uuidv7 } from '@fermata/platform/ids'
import { on, type EventOf } from '@fermata/platform/messages'
import { defineService, type Context } from '@fermata/platform/service'
import { startSystem, type System } from '@fermata/platform/system'
import { createTestDatabase, type TestDatabase } from '@fermata/testkit/postgres'
import { eventually, testSecrets } from '@fermata/testkit/start'
import pg from 'pg'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import service from './service.ts'
import { askServices, takeMoment } from './take-moment.ts'

/**
 * Two services tell each other of what they do, as orders and payments do: events asks, tickets
 * answers, events remembers the answer. Each has a database of its own, and in another system both
 * share one.
 */

const asked = defineEvent('events.asked.v1', Type.Object({ id: Type.String() }))
const answered = defineEvent('tickets.answered.v1', Type.Object({ id: Type.String() }))
type Tx = Parameters<Parameters<Context['transaction']>[0]>[0]

const insert = (tx: Tx, table: string, ids: string[]) =>
  tx.insertInto(table).values(ids.map(id => ({ id }))).execute()

async function answerAll (ctx: Context, tx: Tx, events: EventOf<typeof asked>[]): Promise<void> {
  await insert(tx, 'tickets.marks', events.map(({ data }) => data.id))
  await ctx.publish(tx, answered, events.map(({ data }) => ({ id: `re ${data.id}` })))
}
const hear = (_ctx: Context, tx: Tx, events: EventOf<typeof answered>[]) =>
  insert(tx, 'events.marks', events.map(({ data }) => data.id)).then(() => undefined)

let folder: string
const databases: TestDatabase[] = []
const systems: System[] = []

async function start (databaseOf: (service: ServiceName) => TestDatabase): Promise<System> {
  const migrations = pathToFileURL(`${folder}/`)
  const system = await startSystem({
    services: [
      service,
      defineService<Context>({
        name: 'events', routes: [], migrations, subscriptions: [on(answered, hear)],
      }),
      defineService<Context>({
        name: 'tickets', routes: [], migrations, subscriptions: [on(asked, answerAll)],
      }),
    ],
    environment: { NODE_ENV: 'test', LOG_LEVEL: 'fatal', RATE_LIMITS: 'off', ...testSecrets() },
    databaseUrl: name => databaseOf(name).url,
  })
  await system.app.ready()
  systems.push(system)
  return system
}

let apart: System
let together: System
const here: ServiceName[] = ['backups', 'events', 'tickets']
const ctxOf = (system: System) => system.contexts.get('backups') as Ctx

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fermata-moment-'))
  await writeFile(join(folder, '0001_marks.sql'), 'create table marks (id text primary key);')
  databases.push(...await Promise.all([1, 2, 3].map(() => createTestDatabase())))
  apart = await start(name => databases[here.indexOf(name) % 2]!)
  together = await start(() => databases[2]!)
}, 60_000)
afterAll(async () => {
  for (const system of systems) await system.stop()
  for (const database of databases) await database.drop()
  await rm(folder, { recursive: true, force: true })
})

/** Asks as fast as it goes while `work` is done. */
async function during<T> (system: System, work: () => Promise<T>): Promise<T> {
  const ctx = system.contexts.get('events')!
  let done = false
  const asking = (async () => {
    while (!done) await ctx.transaction(async tx => {
      const ids = Array.from({ length: 5 }, () => uuidv7())
      await insert(tx, 'events.marks', ids)
      await ctx.publish(tx, asked, ids.map(id => ({ id })))
    })
  })()
  try {
    return await work()
  } finally {
    done = true
    await asking
  }
}

/** The rows of the table `marks` in a copy. */
async function marksIn (copy: Buffer): Promise<Set<string>> {
  const reader = readExport(Readable.from([copy]))
  let line = await reader.next() as { table?: string, sequences?: unknown }
  const found: string[] = []
  while (!line.sequences) {
    line = await reader.next() as typeof line
    if (!line.table) continue
    const pieces: Buffer[] = []
    for await (const piece of reader.pieces()) pieces.push(Buffer.from(piece))
    if (line.table === 'marks') found.push(...Buffer.concat(pieces).toString().split('\n'))
    await reader.next()
  }
  return new Set(found.filter(Boolean))
}

/** Effects in one copy whose cause the other lacks. */
async function orphans (events: Buffer, tickets: Buffer): Promise<string[]> {
  const [ours, theirs] = [await marksIn(events), await marksIn(tickets)]
  return [
    ...[...theirs].filter(id => !ours.has(id)),
    ...[...ours].filter(id => id.startsWith('re ') && !theirs.has(id.slice(3))),
  ]
}

async function copiesOf (system: System): Promise<Record<string, Buffer>> {
  const moment = await takeMoment(askServices(ctxOf(system)), here)
  expect([...moment.failed]).toEqual([])
  const copies: Record<string, Buffer> = {}
  for (const [name, { stream }] of moment.copies) copies[name] = await buffer(stream)
  return copies
}

test('takeMoment: no copy holds an effect whose cause another lacks, in databases apart and in one', async () => {
  for (const system of [apart, together]) await during(system, async () => {
    let with_effects = 0
    await eventually(async () => {
      const { events, tickets } = await copiesOf(system)
      expect(await orphans(events!, tickets!)).toEqual([])
      if ((await marksIn(tickets!)).size > 0) with_effects++
      return with_effects >= 5
    }, 'five copies with effects', 30_000)
  })
}, 60_000)

test('takeMoment: control, copies that are taken one after the other do not agree', async () => {
  const take = async (name: ServiceName) =>
    buffer(await ctxOf(apart).callStream(exportRoute(name), {}))
  const found = await during(apart, () => eventually(async () => {
    const events = await take('events')
    const missing = await orphans(events, await take('tickets'))
    return missing.length > 0 && missing
  }, 'copies that disagree', 30_000))
  expect(found.length).toBeGreaterThan(0)
}, 40_000)

test('takeMoment: services that share a database are copied from one snapshot', async () => {
  const pool = together.contexts.get('events')!.pool
  // One transaction writes in both: no event tells of it, so only a snapshot can keep it whole.
  let done = false
  const writing = (async () => {
    const client = new pg.Client({ connectionString: databases[2]!.url })
    await client.connect()
    while (!done) await client.query(`with one as (
      insert into events.marks select 'both ' || gen_random_uuid() returning id)
      insert into tickets.marks select id from one`)
    await client.end()
  })()
  const both = (marks: Set<string>) => [...marks].filter(id => id.startsWith('both ')).sort()
  for (let i = 0; i < 5; i++) {
    const { events, tickets } = await copiesOf(together)
    expect(both(await marksIn(events!))).toEqual(both(await marksIn(tickets!)))
  }
  done = true
  await writing
  expect((await pool.query('select from events.marks')).rowCount).toBeGreaterThan(0)
}, 20_000)

test('takeMoment: sales go on while effects are held back, and effects afterwards', async () => {
  const ctx = apart.contexts.get('events')!
  const tickets = apart.contexts.get('tickets')!
  const held = holdStill({
    url: databases[here.indexOf('tickets') % 2]!.url, schema: 'tickets', what: 'effects',
  })
  expect(JSON.parse(await readFirstLine(held))).toMatchObject({ held: true })
  const id = uuidv7()
  await ctx.transaction(async tx => {
    await insert(tx, 'events.marks', [id])
    await ctx.publish(tx, asked, [{ id }])
  })
  const arrived = async () =>
    (await tickets.pool.query('select from tickets.marks where id = $1', [id])).rowCount === 1
  await sleep(200)
  expect(await arrived()).toBe(false)
  const destroyed_ms = performance.now()
  held.destroy()
  await eventually(arrived, 'the effect that was held back')
  // By itself it would have let go two seconds after it began.
  expect(performance.now() - destroyed_ms).toBeLessThan(1500)
})

test('holdStill: lets go by itself when whoever asked is gone without a word', async () => {
  const held = holdStill({
    url: databases[2]!.url, schema: 'tickets', what: 'effects',
  })
  await readFirstLine(held)
  const began_ms = performance.now()
  await buffer(held)
  expect(performance.now() - began_ms).toBeLessThan(10_000)
  expect((await copiesOf(together)).tickets!.length).toBeGreaterThan(0)
}, 20_000)

test('holdStill: says so when another holds the service for too long', async () => {
  const tickets = apart.contexts.get('tickets')!
  await tickets.transaction(async tx => {
    await closeEffectsGate(tx, 'tickets')
    const second = holdStill({
      url: databases[here.indexOf('tickets') % 2]!.url, schema: 'tickets', what: 'effects',
    })
    await expect(buffer(second)).rejects.toThrow(holdTaken.title)
  })
}, 20_000)

test('export: says so when nobody holds the snapshot, in that database, any more', async () => {
  const at = (service: ServiceName) => databases[here.indexOf(service) % 2]!.url
  const held = holdStill({ url: at('events'), schema: 'events', what: 'snapshot' })
  const { snapshot } = JSON.parse(await readFirstLine(held)) as { snapshot: string }
  const take = async (service: ServiceName, of: string) => buffer(
    await ctxOf(apart).callStream(exportRoute(service), { query: { snapshot: of } }))
  expect((await take('events', snapshot)).length).toBeGreaterThan(0)
  for (const other of ['0', '-', 'ABC', '00000001-00000001-1']) {
    await expect(take('events', other), other).rejects.toThrow(snapshotGone.title)
    const head = { ...exportRoute('events'), method: 'HEAD' as never }
    await expect(ctxOf(apart).callStream(head, { query: { snapshot: other } })).rejects.toThrow('409')
  }
  await expect(take('tickets', snapshot)).rejects.toThrow(snapshotGone.title)
  held.destroy()
  await eventually(() => take('events', snapshot).then(() => false, (error: unknown) => {
    expect(String(error)).toContain(snapshotGone.title)
    return true
  }), 'the end of the snapshot')
}, 20_000)

test('takeMoment: an answer of another version is let go, not left open', async () => {
  const opened: Readable[] = []
  const answer = (line: unknown) => {
    const stream = Readable.from([Buffer.from(`${JSON.stringify(line)}\n`), Buffer.from('more')],
      { objectMode: false })
    opened.push(stream)
    return Promise.resolve(stream)
  }
  const held = { held: true, database: 'a', snapshot: null }
  const { failed } = await takeMoment(
    { hold: () => answer(held), exportOf: () => answer({ format: 'another' }) }, ['events'])
  expect([...failed.keys()]).toEqual(['events'])
  const other = await takeMoment(
    { hold: () => answer({ held: 'perhaps' }), exportOf: () => answer({}) }, ['events'])
  expect([...other.failed.keys()]).toEqual(['events'])
  expect(opened.map(stream => stream.destroyed)).toEqual(opened.map(() => true))
})
