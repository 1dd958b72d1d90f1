import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { createTestDatabase, type TestDatabase } from '@fermata/testkit/postgres'
import { eventually } from '@fermata/testkit/start'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createDatabase, createPool } from './database.ts'
import { migrate } from './migrate.ts'

let database: TestDatabase
let folder: string
let round = 0
let schema: string
const url = (name = '') => pathToFileURL(`${join(folder, name)}/`)

beforeAll(async () => { database = await createTestDatabase() })
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fermata-migrate-'))
  schema = `round_${++round}`
  return () => rm(folder, { recursive: true })
})
afterAll(() => database.drop())

/** As a process of its own would: with its own pool. */
async function start (to = schema, files: URL | undefined = url()): Promise<void> {
  const db = createDatabase(
    createPool({ url: database.url, max_connections: 2, application_name: 'test' })
  )
  try {
    await migrate(db, to, files)
  } finally {
    await db.destroy()
  }
}

async function ask (sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[]
  } finally {
    await client.end()
  }
}
const exists = async (table: string) =>
  (await ask(`select to_regclass('${schema}.${table}') as found`))[0]!.found !== null

test('migrate: eight processes that start at once migrate once', async () => {
  // The second insert would break on the primary key.
  await writeFile(
    join(folder, '0001_seats.sql'),
    'create table seats (id integer primary key); insert into seats values (1)'
  )
  await writeFile(join(folder, '0002_more.sql'), 'insert into seats values (2)')

  await Promise.all(Array.from({ length: 8 }, () => start()))

  expect(await ask(`select id from ${schema}.seats order by id`)).toEqual([{ id: 1 }, { id: 2 }])
  expect(await ask(`select name from ${schema}.migrations
                     where name not like 'platform%' order by name`))
    .toEqual([{ name: 'service_0001_seats' }, { name: 'service_0002_more' }])
})

test('migrate: a failing migration names itself and leaves nothing', async () => {
  await writeFile(join(folder, '0001_good.sql'), 'create table good (id integer)')
  await writeFile(
    join(folder, '0002_bad.sql'), 'create table half (id integer); create table half (id integer)'
  )

  await expect(start()).rejects.toThrow(
    `Migration service_0002_bad of ${schema} failed: relation "half" already exists`
  )
  expect([
    await exists('good'), await exists('half'), await exists('outbox')
  ]).toEqual([false, false, false])

  await writeFile(join(folder, '0002_bad.sql'), 'create table half (id integer)')
  await start()
  expect([
    await exists('good'), await exists('half'), await exists('outbox')
  ]).toEqual([true, true, true])
})

test('migrate: a database that is away is said to be, with the setting that names it', async () => {
  const db = createDatabase(createPool({
    url: 'postgres://fermata:secret-word@127.0.0.1:1/fermata', max_connections: 1,
    application_name: 'test',
  }))
  const failed = await migrate(db, schema).catch((error: unknown) => error as Error)
  await db.destroy()
  expect(failed?.message).toMatch(/does not answer: .*ECONNREFUSED.*DATABASE_URL/)
  expect(failed?.message).not.toContain('secret-word')
})

test('migrate: an empty folder and no folder give the platform\'s tables', async () => {
  await mkdir(join(folder, 'empty'))
  await start(schema, url('empty'))
  await start(`${schema}_b`, undefined)

  expect(await exists('outbox')).toBe(true)
  expect(
    await ask(`select to_regclass('${schema}_b.inbox') is not null as found`)
  ).toEqual([{ found: true }])
})

test('migrate: a start with nothing to do asks one question and takes no lock', async () => {
  await start()
  const blocker = new pg.Client({ connectionString: database.url })
  await blocker.connect()
  await blocker.query(`begin; lock table ${schema}.migrations_lock in access exclusive mode`)
  const began_ms = performance.now()

  await start()

  expect(performance.now() - began_ms).toBeLessThan(1000)
  await blocker.end()
})

test('migrate: a file that is added later runs, the earlier ones do not run again', async () => {
  await writeFile(join(folder, '0001_seats.sql'), 'create table seats (id integer)')
  await start()
  await writeFile(join(folder, '0002_row.sql'), 'alter table seats add column row_name text')
  await start()

  expect(await ask(`select row_name from ${schema}.seats`)).toEqual([])
})

test.each([
  ['tables', '42P01', 'alter table jobs.name_%s rename to name_%s'],
  ['columns', '42703', 'alter table jobs.queue_300 rename column name_%s to name_%s'],
])('migrate: %s that others rename while they are listed stop no start', async (_, code, rename) => {
  const other = new pg.Client({ connectionString: database.url })
  await other.connect()
  await other.query(`drop schema if exists jobs cascade; create schema jobs;
    do $$ begin for n in 1..300 loop
      execute format('create table jobs.queue_%s (name_0 serial primary key)', n);
    end loop; end $$; alter table jobs.queue_299 rename to name_0`)
  let renaming = true
  const renames = (async () => {
    for (let name = 0; renaming; name++) {
      await other.query(`do $$ begin execute format('${rename}', ${name}, ${name + 1}); end $$`)
    }
  })()
  const db = createDatabase(
    createPool({ url: database.url, max_connections: 1, application_name: 'test' }))
  const list = () => db.introspection.getTables()
  try {
    // Control: whoever asks once is stopped by it.
    const stopped = await eventually(() => list().then(() => null, (error: unknown) => error))
    expect(stopped).toMatchObject({ code })

    const started = start()
    await sleep(1000)
    renaming = false
    await started
    expect(await exists('outbox')).toBe(true)
  } finally {
    renaming = false
    await renames
    await db.destroy()
    await other.end()
  }
}, 60_000)

test('migrate: tries for five seconds to get a lock, then leaves all as it was', async () => {
  await writeFile(join(folder, '0001_seats.sql'), 'create table seats (id integer)')
  await start()
  const seller = new pg.Client({ connectionString: database.url })
  await seller.connect()
  await seller.query(`begin; insert into ${schema}.seats values (1)`)
  await writeFile(
    join(folder, '0002_row.sql'),
    'create table other (id integer); alter table seats add column row_name text'
  )
  const began_ms = performance.now()

  await expect(start()).rejects.toThrow('service_0002_row')

  expect(performance.now() - began_ms).toBeGreaterThan(4500)
  expect(await exists('other')).toBe(false)
  await seller.query('commit')
  await seller.end()
  await start()
  expect(await exists('other')).toBe(true)
})
