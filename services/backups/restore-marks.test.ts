import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as api from '@fermata/contracts/backups'
import { restoreMarkRoute } from '@fermata/contracts/platform'
import { firstIdAt } from '@fermata/platform/ids'
import { findRestoring } from '@fermata/platform/restore-mark'
import { defineService, type Context, type ServiceDefinition } from '@fermata/platform/service'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import service from './service.ts'

/** A restore by the page that stops in the middle, what is lost by one, and what it says it did. */

let it: TestSystem
let folder: string
let is_away = false
let neighbours: ServiceDefinition[]
const made: api.Backup[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fermata-marks-'))
  await writeFile(join(folder, '0001_stubs.sql'), 'create table stubs (id uuid primary key);')
  const neighbour = (name: 'auth' | 'tickets') => defineService<Context>({
    name, migrations: pathToFileURL(`${folder}/`), routes: [],
    async madeSince (db, first_id) {
      if (is_away && name === 'tickets') throw new Error('away')
      const { length } = await db.selectFrom(`${name}.stubs`).select('id')
        .where('id', '>=', first_id).execute()
      return { what: name === 'auth' ? 'accounts' : 'tickets', count: length,
        people: [{ name: 'Ann', address: 'ann@example.com' }] }
    },
  })
  neighbours = [neighbour('auth'), neighbour('tickets')]
  it = await startTestSystem([service, ...neighbours],
    { BACKUP_DIR: join(folder, 'copies'), LOG_LEVEL: 'fatal' })
  const { body: { id } } = await it.send(api.createBackup,
    { ...await as(), body: { services: ['auth', 'tickets'] } })
  made.push(await it.eventually(async () => {
    const { body } = await it.send(api.getBackup, { ...await as(), params: { id } })
    return body.status === 'completed' && body
  }, 'the backup'))
})
afterAll(async () => {
  await it.stop()
  await rm(folder, { recursive: true, force: true })
})

const as = async () => ({ token: await it.personToken({ roles: ['admin'] }) })
const restore = async () => it.send(api.restoreBackup,
  { ...await as(), params: { id: made[0]!.id }, body: {} })
const connect = async () => {
  const client = new pg.Client({ connectionString: it.database_url })
  await client.connect()
  return client
}
const startBeside = (with_them: ServiceDefinition[] = []) =>
  startTestSystem([service, ...with_them], { LOG_LEVEL: 'fatal' }, it.database_url)
/** What a restore that is killed before its first import leaves. */
const mark = async (...services: ('auth' | 'tickets')[]) => {
  for (const name of services) await it.context<Context>('backups').call(restoreMarkRoute(name), {
    body: { backup_id: made[0]!.id, services: ['auth', 'tickets'], what: 'begun' } })
}
const marks = () => findRestoring(it.context<Context>('tickets').db)

test('getLosses: what was made since, whose it is, and of whom it is not known', async () => {
  const owner = it.context('tickets').pool
  for (const after_ms of [-60_000, 1000, 2000]) await owner.query('insert into tickets.stubs values ($1)',
    [firstIdAt(Date.parse(made[0]!.taken_at!) + after_ms)])
  const ask = async () => (await it.send(api.getLosses,
    { ...await as(), params: { id: made[0]!.id } })).body
  const people = [{ name: 'Ann', address: 'ann@example.com' }]
  expect(await ask()).toEqual({ since: made[0]!.taken_at, unanswered: [], made: [
    { what: 'accounts', count: 0, people }, { what: 'tickets', count: 2, people }] })
  is_away = true
  expect(await ask()).toMatchObject({ unanswered: ['tickets'], made: [{ what: 'accounts' }] })
  is_away = false
  const { status } = await it.send(api.getLosses, { ...await as(), params: { id: firstIdAt(0) } })
  expect(status).toBe(404)
  expect((await it.send(api.getLosses, { params: { id: made[0]!.id },
    token: await it.personToken({ roles: ['operator'] }) })).status).toBe(403)
})

test('restoreBackup: one that stops in the middle lets nothing start until it was done again', async () => {
  const owner = it.context('tickets').pool
  // What PostgreSQL refuses to empty, after the first service is done.
  const client = await connect()
  await client.query('create table public.others (id uuid references tickets.stubs)')
  try {
    const stopped = await restore()
    expect(stopped.status).toBe(409)
    expect(stopped.problem).toMatchObject({ type: api.halfRestored.type, services: ['tickets'] })
    await expect(startBeside()).rejects.toThrow(
      `A restore of the backup ${made[0]!.id} was cut off before auth, tickets were done`)
    expect((await owner.query('select from tickets.stubs')).rowCount).toBe(3)
    const progress = [['auth', 'changed'], ['tickets', 'begun']]
    const found = async () => (await marks()).map(one => [one.service, one.progress])
    expect(await found()).toEqual(progress)
    // One that fails at its first service leaves what the one before had changed.
    await client.query('create table public.more (id uuid references auth.stubs)')
    expect((await restore()).status).toBeGreaterThanOrEqual(400)
    expect(await found()).toEqual(progress)
    await client.query('drop table public.more')
  } finally {
    await client.query('drop table public.others')
    await client.end()
  }
  const { body } = await restore()
  expect(body.restore_report).toMatchObject({
    services: ['auth', 'tickets'], ended: { accounts: 0, addresses: 0, orders: 0, tickets: 0 } })
  expect(body.restore_report!.notes.map(({ what }) => what)).toEqual(['events_due', 'events_due'])
  expect((await owner.query('select from tickets.stubs')).rowCount).toBe(0)
  await (await startBeside()).stop()
}, 60_000)

test('restoreBackup: where the first service cannot be restored nothing is marked', async () => {
  const client = await connect()
  await client.query('create table public.others (id uuid references auth.stubs)')
  try {
    expect((await restore()).status).toBeGreaterThanOrEqual(500)
    await (await startBeside()).stop()
  } finally {
    await client.query('drop table public.others')
    await client.end()
  }
}, 60_000)

test('restoreBackup: one that was killed before it changed anything lets the shop start', async () => {
  await mark('auth', 'tickets')
  expect((await marks()).map(({ progress }) => progress)).toEqual(['marked', 'marked'])
  await (await startBeside()).stop()
  expect(await marks()).toEqual([])
  await mark('auth')
  await expect(startBeside()).rejects.toThrow('cannot be seen from this database')
  await (await startBeside(neighbours)).stop()
  expect(await marks()).toEqual([])
}, 60_000)

test('restoreBackup: changes nothing where a process started since it marked', async () => {
  const owner = it.context('tickets').pool
  await owner.query('insert into tickets.stubs values ($1)', [firstIdAt(Date.now())])
  const client = await connect()
  try {
    await client.query('begin; lock table auth.stubs in access share mode')
    const answer = restore()
    await it.eventually(async () => (await client.query(
      `select from pg_locks where not granted and relation = 'auth.stubs'::regclass`)).rowCount, 'it to wait')
    await (await startBeside()).stop()
    await client.query('commit')
    expect((await answer).status).toBe(503)
    expect((await owner.query('select from tickets.stubs')).rowCount).toBe(1)
    expect(await marks()).toEqual([])
  } finally {
    await client.end()
  }
}, 60_000)
