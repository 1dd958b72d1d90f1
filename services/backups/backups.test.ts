import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as api from '@fermata/contracts/backups'
import type { DataOf } from '@fermata/contracts/define'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { uuidv7 } from '@fermata/platform/ids'
import { on, type EventOf } from '@fermata/platform/messages'
import { defineService, type Context } from '@fermata/platform/service'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import { scheduleBackup } from './operations/create-backup.ts'
import { runBackups } from './operations/run-backups.ts'
import { readManifest } from './copies/manifest.ts'
import { withLock } from './queries/lock.ts'
import service from './service.ts'

/**
 * With two neighbours whose tables are their own: tickets with rows that refer to others, and auth.
 */

const migration = `
create table holders (id uuid primary key, name text not null);
create table stubs (id bigint generated always as identity primary key, holder_id uuid not null references holders,
  seat text not null unique, issued_at timestamptz not null default now());`

let it: TestSystem
let ctx: Ctx
let tickets: Context
let folder: string
let dir: string
const heard: DataOf<typeof api.backupFailed>[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fermata-backups-'))
  dir = join(folder, 'copies')
  await writeFile(join(folder, '0001_stubs.sql'), migration)
  const hearFailure = async (
    _ctx: Context,
    _tx: unknown,
    events: EventOf<typeof api.backupFailed>[],
  ) => {
    for (const { data } of events) heard.push(data)
  }
  const neighbour = (name: ServiceName) => defineService<Context>({
    name, migrations: pathToFileURL(`${folder}/`), routes: [],
    subscriptions: name === 'auth' ? [on(api.backupFailed, hearFailure)] : [] })
  it = await startTestSystem([service, neighbour('tickets'), neighbour('auth')],
    { BACKUP_DIR: dir, BACKUP_KEEP_LAST: '3', BACKUP_KEEP_DAYS: '1', LOG_LEVEL: 'fatal' })
  ctx = it.context<Ctx>('backups')
  tickets = it.context('tickets')
  const { rows: [holder] } = await tickets.pool.query(
    `insert into tickets.holders values (gen_random_uuid(), 'Ann') returning id`,
  )
  await tickets.pool.query(
    `insert into tickets.stubs (holder_id, seat) select $1, 'A' || i from generate_series(1, 500) i`,
    [holder.id],
  )
})
afterEach(() => settled())
afterAll(async () => {
  await it.stop()
  await rm(folder, { recursive: true, force: true })
})

const admin_id = uuidv7()
const admin = () => it.personToken({ user_id: admin_id, roles: ['admin'] })
const create = async (services?: ServiceName[], key?: string) =>
  it.send(api.createBackup, { token: await admin(), body: services ? { services } : {}, key })
const get = async (id: string) =>
  (await it.send(api.getBackup, { token: await admin(), params: { id } })).body
const settled = () =>
  it.eventually(async () => {
    const rows =
      await sql`select from backups.backups where status in ('pending', 'in_progress')`.rows(ctx.db)
    return rows.length === 0
  }, 'no backup to be open')
const pathOf = (folder: string, id: string, name: ServiceName) => join(folder, id, `${name}-00001`)
const here: ServiceName[] = ['auth', 'backups', 'tickets']

async function made (services = here): Promise<api.Backup> {
  const { body } = await create(services)
  await settled()
  return get(body.id)
}

const contents = async () => (await tickets.pool.query(`select
  (select md5(string_agg(t::text, '|' order by id)) from tickets.stubs t) as stubs,
  (select md5(string_agg(t::text, '|' order by id)) from tickets.holders t) as holders`)).rows[0]

async function flip (path: string): Promise<void> {
  const bytes = await readFile(path)
  bytes[bytes.length >> 1]! ^= 4
  await writeFile(path, bytes)
}

test('createBackup: copies every named service, itself included, and proves each copy before it is completed', async () => {
  const started = await create(here)
  expect(started.status).toBe(201)
  expect(started.body).toMatchObject({ status: 'pending', trigger: 'request', completed_at: null })
  expect(started.body.parts.map(part => part.service)).toEqual(here)
  await settled()
  const backup = await get(started.body.id)
  expect(backup).toMatchObject({ status: 'completed', error: null })
  expect(backup.verified_at).not.toBeNull()
  for (const part of backup.parts) {
    expect(part).toMatchObject({ status: 'completed', error: null })
    const file = await stat(pathOf(dir, backup.id, part.service))
    expect(file.size).toBe(part.bytes)
    expect(file.mode & 0o777).toBe(0o600)
  }
  expect(backup.bytes).toBe(backup.parts.reduce((sum, part) => sum + part.bytes, 0))
  expect(backup.parts.find(part => part.service === 'tickets')!.rows).toBeGreaterThanOrEqual(501)
  expect((await stat(join(dir, backup.id))).mode & 0o777).toBe(0o700)
  expect((await readdir(join(dir, backup.id))).sort()).toEqual(
    [...here.map(name => `${name}-00001`), 'manifest.json'].sort(),
  )
  const manifest = await readFile(join(dir, backup.id, 'manifest.json'), 'utf8')
  expect(readManifest(Buffer.from(manifest)).parts.map(part => part.service).sort()).toEqual(here)
  // Without the key nothing of a person is to be read.
  expect((await readFile(pathOf(dir, backup.id, 'tickets'))).includes('A500')).toBe(false)
  expect(manifest).not.toContain('Ann')
})

test('restoreBackup: rows that were changed, deleted and added are as they were, by digest', async () => {
  const before = await contents()
  const backup = await made()
  await tickets.pool.query(`delete from tickets.stubs where id % 3 = 0`)
  await tickets.pool.query(`update tickets.stubs set seat = 'stolen ' || id where id % 3 = 1`)
  await tickets.pool.query(`insert into tickets.holders values (gen_random_uuid(), 'Mallory')`)
  expect(await contents()).not.toEqual(before)

  const reply = await it.send(api.restoreBackup, {
    token: await admin(),
    params: { id: backup.id },
    body: { services: ['tickets'] },
  })

  expect(reply.status).toBe(200)
  expect(reply.body.restored_at).not.toBeNull()
  expect(await contents()).toEqual(before)
  await tickets.pool.query(
    `insert into tickets.stubs (holder_id, seat) select id, 'B1' from tickets.holders`,
  )
  await tickets.pool.query(`delete from tickets.stubs where seat = 'B1'`)
})

test('restoreBackup: of everything, itself included, keeps the list of copies that are on the disk', async () => {
  const backup = await made()
  const later = await made(['tickets'])
  const reply = await it.send(api.restoreBackup, {
    token: await admin(),
    params: { id: backup.id },
    body: {},
  })
  expect(reply.status).toBe(200)
  expect(reply.body).toMatchObject({ id: backup.id, status: 'completed' })
  expect(await get(later.id)).toEqual(later)
})

test('verifyBackup: a good one is verified again, one with a flipped byte fails with its reason and is told', async () => {
  const backup = await made()
  const verify = async () =>
    it.send(api.verifyBackup, { token: await admin(), params: { id: backup.id } })
  const good = await verify()
  expect(good.status).toBe(200)
  expect(good.body.verified_at! > backup.verified_at!).toBe(true)

  await flip(pathOf(dir, backup.id, 'tickets'))
  const bad = await verify()

  expect(bad.status).toBe(409)
  expect(bad.problem).toMatchObject({ type: api.damaged.type, services: ['tickets'] })
  const failed = await get(backup.id)
  expect(failed).toMatchObject({
    status: 'failed',
    error: 'tickets: The file is not the one that was written.',
  })
  expect(failed.parts.map(part => part.status)).toEqual(['completed', 'completed', 'failed'])
  const event = await it.eventually(async () => heard.find(one => one.backup_id === backup.id))
  expect(event).toMatchObject({ services: ['tickets'], error: failed.error })
  expect((await verify()).problem).toMatchObject({ type: api.damaged.type })

  // Its neighbours can be restored meanwhile, and whole again it counts again.
  const restored = await it.send(api.restoreBackup, {
    token: await admin(), params: { id: backup.id }, body: { services: ['auth'] },
  })
  expect(restored.status).toBe(200)
  await flip(pathOf(dir, backup.id, 'tickets'))
  expect((await verify()).body).toMatchObject({ status: 'completed', error: null })
})

test('restoreBackup: a damaged or lost copy is refused before anything is touched', async () => {
  for (const damage of [flip, (path: string) => rm(path)]) {
    const backup = await made()
    await damage(pathOf(dir, backup.id, 'auth'))
    await tickets.pool.query(`update tickets.stubs set issued_at = now()`)
    const before = await contents()
    const reply = await it.send(api.restoreBackup, {
      token: await admin(),
      params: { id: backup.id },
      body: {},
    })
    expect(reply.problem).toMatchObject({ type: api.damaged.type, services: ['auth'] })
    expect(await contents()).toEqual(before)
    expect(
      (await it.send(api.restoreBackup, {
        token: await admin(),
        params: { id: backup.id },
        body: {},
      })).problem.type,
    ).toBe(api.damaged.type)
  }
})

test('restoreBackup: a copy that says it is whole and is not is found by its digests', async () => {
  const backup = await made(['tickets'])
  const wrong = JSON.stringify([{ name: 'stubs', rows: 500, sha256: '0'.repeat(64) }])
  await sql`update backups.parts set tables = ${wrong}::jsonb where backup_id = ${backup.id}`.run(ctx.db)
  const reply = await it.send(api.verifyBackup, { token: await admin(), params: { id: backup.id } })
  expect(reply.problem.detail).toBe('The table stubs reads back differently.')
})

test('restoreBackup: only what the backup holds can be restored', async () => {
  const backup = await made(['auth'])
  const reply = await it.send(api.restoreBackup, {
    token: await admin(),
    params: { id: backup.id },
    body: { services: ['tickets'] },
  })
  expect(reply.status).toBe(400)
  expect(reply.problem.errors).toEqual([{
    field: 'services',
    message: 'this backup has no copy of tickets',
  }])
})

test('createBackup: of two at once one is made and the other told so; the same key is one backup', async () => {
  // It would be done before the other asks, so its copying waits for who holds this table.
  const holder = await tickets.pool.connect()
  await holder.query('begin; lock table tickets.stubs in access exclusive mode')
  const [one, two] = await Promise.all([create(here), create(here)])
  await holder.query('commit')
  holder.release()
  expect([one.status, two.status].sort()).toEqual([201, 409])
  expect([one, two].find(reply => reply.status === 409)!.problem.type).toBe(api.underWay.type)
  await settled()
  const first = await create(['auth'], 'k-1')
  const again = await create(['auth'], 'k-1')
  expect(again.body).toEqual(first.body)
})

test('createBackup: nothing begins while a restore is at work, nor the other way round', async () => {
  const backup = await made(['auth'])
  const params = { id: backup.id }
  await withLock(ctx, 'backups', async () => {
    expect((await create()).problem.type).toBe(api.underWay.type)
    expect((await it.send(api.verifyBackup, { token: await admin(), params })).problem.type).toBe(
      api.underWay.type,
    )
    expect(
      (await it.send(api.restoreBackup, { token: await admin(), params, body: {} })).problem.type,
    ).toBe(api.underWay.type)
  })
})

test(
  'failBackup: a service that does not answer is a failed part, and its neighbours are still copied',
  async () => {
    const backup = await made(['auth', 'tickets', 'users'])
    expect(backup.status).toBe('failed')
    expect(backup.parts.map(part => [part.service, part.status])).toEqual([['auth', 'completed'], [
      'tickets',
      'completed',
    ], ['users', 'failed']])
    expect(backup.error).toContain('users')
    await it.eventually(async () =>
      heard.some(one => one.backup_id === backup.id && one.services.includes('users'))
    )
  },
  20_000,
)

test('runBackups: goes on with what a killed process left', async () => {
  const id = uuidv7()
  await ctx.transaction(async tx => {
    await sql`insert into backups.backups (id, trigger, status) values (${id}, 'request', 'in_progress')`.run(tx)
    await sql`insert into backups.parts (backup_id, service, status) values (${id}, 'auth', 'in_progress'), (${id}, 'tickets', 'pending')`.run(tx)
  })
  await settled()
  expect(await get(id)).toMatchObject({
    status: 'completed',
    parts: [{ status: 'completed' }, { status: 'completed' }],
  })
})

test('runBackups: asked to stop it leaves the backup open for the next start', async () => {
  const id = uuidv7()
  const stopping = AbortSignal.abort()
  await withLock(ctx, 'backups', async () => {
    // The service's own loop cannot take it meanwhile.
    await sql`insert into backups.backups (id, trigger) values (${id}, 'request')`.run(ctx.db)
    await sql`insert into backups.parts (backup_id, service) values (${id}, 'users')`.run(ctx.db)
  })
  await runBackups(ctx, stopping)
  expect((await get(id)).status).toMatch(/pending|in_progress/)
  await sql`update backups.parts set service = 'auth' where backup_id = ${id}`.run(ctx.db)
  await settled()
  expect((await get(id)).parts.map(part => part.service)).toEqual(['auth'])
}, 20_000)

test('runBackups: keeps as many as it should and removes the files of others', async () => {
  for (let i = 0; i < 5; i++) await made(['auth'])
  const rows = await sql<
    { id: string }
  >`select id from backups.backups where status = 'completed'`.rows(ctx.db)
  expect(rows).toHaveLength(3)
  const all = await sql<{ id: string }>`select id from backups.backups`.rows(ctx.db)
  expect((await readdir(dir)).sort()).toEqual(all.map(row => row.id).sort())
})

test('scheduleBackup: opens one of every service, and none while another is open', async () => {
  await withLock(ctx, 'backups', async () => {
    await scheduleBackup(ctx)
    await scheduleBackup(ctx)
    const { body } = await it.send(api.listBackups, {
      token: await admin(),
      query: { status: 'pending' },
    })
    expect(body.items).toHaveLength(1)
    expect(body.items[0]).toMatchObject({ trigger: 'schedule' })
    expect(body.items[0]!.parts.map(part => part.service).sort()).toEqual([...serviceNames].sort())
    await sql`delete from backups.backups where status = 'pending'`.run(ctx.db)
  })
})

test('listBackups: pages newest first and filters by status', async () => {
  const ids = [(await made(['auth'])).id, (await made(['auth'])).id].reverse()
  const token = await admin()
  const first = await it.send(api.listBackups, { token, query: { limit: 1, status: 'completed' } })
  const second = await it.send(api.listBackups, {
    token,
    query: { limit: 1, status: 'completed', cursor: first.body.next_cursor! },
  })
  expect([...first.body.items, ...second.body.items].map(item => item.id)).toEqual(ids)
  expect((await it.send(api.listBackups, { token, query: { cursor: 'x' } })).status).toBe(400)
})

test('getBackup: and every other route is for administrators alone', async () => {
  const params = { id: uuidv7() }
  for (
    const token of [
      undefined,
      await it.personToken({ roles: ['user', 'event_creator', 'operator'] }),
      it.orderToken(uuidv7()),
    ]
  ) {
    const replies = await Promise.all([
      it.send(api.listBackups, { token }),
      it.send(api.createBackup, { token, body: {} }),
      it.send(api.getBackup, { token, params }),
      it.send(api.verifyBackup, { token, params }),
      it.send(api.restoreBackup, { token, params, body: {} }),
    ])
    expect(new Set(replies.map(reply => reply.status))).toEqual(
      new Set([token?.includes('.') ? 403 : 401]),
    )
  }
  const token = await admin()
  expect((await it.send(api.getBackup, { token, params })).status).toBe(404)
  expect((await it.send(api.verifyBackup, { token, params })).status).toBe(404)
  expect((await it.send(api.restoreBackup, { token, params, body: {} })).status).toBe(404)
  for (const services of [[], ['nobody'], ['auth', 'auth']]) {
    expect((await it.send(api.createBackup, { token, body: { services } })).status).toBe(400)
  }
})
