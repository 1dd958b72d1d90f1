import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import * as api from '@fermata/contracts/backups'
import { defineEvent } from '@fermata/contracts/define'
import { restoreMarkRoute } from '@fermata/contracts/platform'
import { firstIdAt, uuidv7 } from '@fermata/platform/ids'
import { on } from '@fermata/platform/messages'
import { defineService, type Context } from '@fermata/platform/service'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import pg from 'pg'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import service from './service.ts'

/** Events stand still while services are replaced one after the other. */

let it: TestSystem
let folder: string
let is_away = false
let letGo: Promise<void> | undefined
const told = defineEvent('auth.told.v1', Type.Object({ id: Type.String() }))
/** Longer than a relay sleeps. */
const look_ms = 2500

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fermata-still-'))
  await writeFile(join(folder, '0001_stubs.sql'), 'create table stubs (id uuid primary key);')
  const migrations = pathToFileURL(`${folder}/`)
  it = await startTestSystem([service,
    defineService<Context>({ name: 'auth', migrations, routes: [] }),
    defineService<Context>({ name: 'tickets', migrations, routes: [], subscriptions: [
      on(told, async function keepStub (_, tx, events) {
        if (is_away) throw new Error('away')
        await letGo
        await tx.insertInto('tickets.stubs').values(events.map(({ data: { id } }) => ({ id }))).execute()
      })] }),
  ], { BACKUP_DIR: join(folder, 'copies'), LOG_LEVEL: 'fatal' })
}, 60_000)
afterAll(async () => {
  await it.stop()
  await rm(folder, { recursive: true, force: true })
})

const as = async () => ({ token: await it.personToken({ roles: ['admin'] }) })
const tell = async () => {
  const [ctx, id] = [it.context<Context>('auth'), uuidv7()]
  await ctx.transaction(tx => ctx.publish(tx, told, [{ id }]))
  return id
}
const count = async (question: string, ...values: string[]) =>
  (await it.context<Context>('tickets').pool.query(question, values)).rowCount
const isKept = (id: string) => count('select from tickets.stubs where id = $1', id)
const waiting = async () => (await it.context<Context>('auth').pool.query(
  'select from auth.outbox where sent_at is null')).rowCount

test('restoreBackup: an event that was on its way has its effect after the last service is back', async () => {
  is_away = true
  const id = await tell()
  const { body: made } = await it.send(api.createBackup,
    { ...await as(), body: { services: ['auth', 'tickets'] } })
  const params = { id: made.id }
  await it.eventually(async () =>
    (await it.send(api.getBackup, { ...await as(), params })).body.status === 'completed', 'the backup')
  is_away = false
  await it.eventually(async () => await isKept(id) === 1, 'the effect')
  await it.eventually(async () => await waiting() === 0, 'the confirmation')
  const client = new pg.Client({ connectionString: it.database_url })
  await client.connect()
  try {
    // The second service waits to be replaced, and the first is back: its event is due again.
    await client.query('begin; lock table tickets.dead_letters in access share mode')
    const answer = it.send(api.restoreBackup, { ...await as(), params, body: {} })
    await it.eventually(async () => (await client.query(`select from pg_locks
      where not granted and relation = 'tickets.dead_letters'::regclass`)).rowCount, 'it to wait')
    await pause(look_ms)
    expect(await waiting()).toBe(1)
    await client.query('commit')
    expect((await answer).status).toBe(200)
  } finally {
    await client.end()
  }
  await it.eventually(async () => await waiting() === 0, 'it to be told')
  expect(await isKept(id)).toBe(1)
}, 90_000)

test('markRestore: waits for effects that are under way, and later ones wait for its end', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  letGo = promise
  const mark = (what: 'begun' | 'done') => it.context<Context>('backups').call(
    restoreMarkRoute('tickets'), { body: { backup_id: firstIdAt(0), services: ['tickets'], what } })
  const before = await tell()
  await it.eventually(async () => await count(`select from pg_locks
    where locktype = 'advisory' and mode = 'ShareLock' and granted`), 'the handler to begin')
  let is_marked = false
  const marking = mark('begun').then(() => { is_marked = true })
  await pause(300)
  expect(is_marked).toBe(false)
  resolve()
  await marking
  expect(await isKept(before)).toBe(1)

  const after = await tell()
  await pause(look_ms)
  expect([await isKept(after), await waiting()]).toEqual([0, 1])
  await mark('done')
  await it.eventually(async () => await isKept(after) === 1, 'it to go on')
}, 60_000)
