import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serviceNames } from '@fermata/contracts/services'
import { createPool } from '@fermata/platform/database'
import { createRehearsalDatabase, removeLeftRehearsals } from '@fermata/platform/rehearsal-databases'
import { beginCopy, digestTable, readShapes } from '@fermata/platform/table-copy'
import { createTestDatabase, type TestDatabase } from '@fermata/testkit/postgres'
import { createDataFolder, startServerProcess } from '@fermata/testkit/server-process'
import { eventually } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** Rehearsals beside an installation with the demo's events, whose data must stay as they are. */

let database: TestDatabase
let data: Awaited<ReturnType<typeof createDataFolder>>
let pool: ReturnType<typeof createPool>

beforeAll(async () => {
  database = await createTestDatabase()
  data = await createDataFolder()
  const server = await startServerProcess(data.folder, {
    DATABASE_URL: database.url, FERMATA_DEMO: 'true', SERVICES: serviceNames.join(','),
  })
  await server.stop()
  pool = createPool({ url: database.url, max_connections: 2, application_name: 'test' })
}, 120_000)
afterAll(async () => {
  await pool.end()
  await database.drop()
  await data.remove()
})

function rehearse (args: string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['bench/rehearsal/rehearse.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL: database.url,
      FERMATA_DATA: data.folder, ...environment },
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const ended = new Promise<number | null>(resolve => child.once('exit', code => resolve(code)))
  const says = (what: string) => eventually(
    () => Promise.resolve(output.includes(what)), `"${what}" in:\n${output}`, 60_000)
  const folder = join(tmpdir(), `fermata-rehearsal-${child.pid}`)
  return { child, ended, says, folder, output: () => output }
}

/** Every row of every table of every service. */
async function digest (): Promise<string> {
  const client = await pool.connect()
  const hash = createHash('sha256')
  try {
    await beginCopy(client, 'read only')
    for (const service of serviceNames) {
      for (const shape of await readShapes(client, service)) {
        const table = await digestTable(client, service, shape)
        hash.update(JSON.stringify([service, shape.name, table]))
      }
    }
    await client.query('commit')
  } finally {
    client.release()
  }
  return hash.digest('hex')
}

async function rehearsalDatabases (): Promise<string[]> {
  const { rows } = await pool.query<{ datname: string }>(`
    select datname::text from pg_database, (select oid from pg_database where datname = current_database()) own
     where starts_with(datname, 'fermata_rehearsal_' || own.oid || '_')`)
  return rows.map(row => row.datname)
}

const connectionsTo = async (name: string) =>
  (await pool.query<{ count: number }>('select count(*) from pg_stat_activity where datname = $1',
    [name])).rows[0]!.count

test('rehearse: 200 buyers and 50 tickets leave every table of the installation as it was', async () => {
  const before = await digest()
  const { ended, output, folder } = rehearse(['--event', 'polite-disasters', '--buyers', '200',
    '--tickets', '50', '--minutes', '0.2', '--seed', '7', '--with-queue'])
  const code = await ended
  const said = output()

  expect(said.replace(/\s+/g, ' ')).toContain('50 tickets of 2 kinds, with a waiting room')
  for (const name of ['holds', 'stock', 'money', 'tickets']) {
    expect(said).toMatch(new RegExp(`${name} +✓ [\\d,]+ `))
  }
  expect(said).toMatch(/Safe +\S/)
  expect(said).toMatch(/Bottleneck +\S/)
  expect(code, said).toBe(0)
  expect(await digest()).toBe(before)
  expect(await rehearsalDatabases()).toEqual([])
  expect(existsSync(folder)).toBe(false)
}, 180_000)

test('rehearse: kill -9 ends its processes, and the next one removes what is left', async () => {
  const before = await digest()
  const killed = rehearse(['--buyers', '50', '--minutes', '0.2'])
  await killed.says('How many buyers a minute?')
  const [left] = await rehearsalDatabases()
  killed.child.kill('SIGKILL')
  await killed.ended
  expect(await rehearsalDatabases()).toEqual([left])
  await eventually(async () => await connectionsTo(left!) === 0, 'the killed server to be gone')

  const next = rehearse(['--event', 'not-there'])
  expect(await next.ended).toBe(1)
  expect(next.output()).toContain(left)
  expect(next.output()).toContain('There is no event “not-there” here.')
  expect(await rehearsalDatabases()).toEqual([])
  expect([killed.folder, next.folder].some(folder => existsSync(folder))).toBe(false)
  expect(await digest()).toBe(before)
}, 180_000)

test('rehearse: Ctrl-C removes the copy before it ends', async () => {
  const { child, ended, says, output, folder } = rehearse(['--buyers', '50', '--minutes', '0.2'])
  await says('How many buyers a minute?')
  child.kill('SIGINT')
  expect(await ended).toBe(130)
  expect(output()).toContain('the copy is removed')
  expect(await rehearsalDatabases()).toEqual([])
  expect(existsSync(folder)).toBe(false)
}, 120_000)

test('npm start: removes what a killed rehearsal left', async () => {
  const { rows: [own] } = await pool.query<{ oid: number }>(
    'select oid from pg_database where datname = current_database()')
  await pool.query(`create database fermata_rehearsal_${own!.oid}_left`)
  const server = await startServerProcess(data.folder, {
    DATABASE_URL: database.url, FERMATA_DEMO: 'true', SERVICES: serviceNames.join(','),
  })
  try {
    await eventually(async () => (await rehearsalDatabases()).length === 0, 'it to be dropped')
    expect(await rehearsalDatabases()).toEqual([])
  } finally {
    await server.stop()
  }
}, 90_000)

test('removeLeftRehearsals: leaves a rehearsal alone that is under way', async () => {
  const living = await createRehearsalDatabase(database.url)
  expect(await removeLeftRehearsals(database.url)).toEqual([])
  expect(await rehearsalDatabases()).toEqual([living.name])
  await living.drop()
  expect(await rehearsalDatabases()).toEqual([])
})

test('rehearse: a role that may not create databases is told what allows it', async () => {
  await pool.query('create role rehearsal_reader; grant pg_read_all_data to rehearsal_reader')
  try {
    const url = new URL(database.url)
    url.searchParams.set('options', '-c role=rehearsal_reader')
    const { ended, output } = rehearse([], { DATABASE_URL: url.href })
    expect(await ended).toBe(1)
    expect(output()).toContain('ALTER ROLE "rehearsal_reader" CREATEDB;')
  } finally {
    await pool.query('drop role rehearsal_reader')
  }
}, 60_000)

test('rehearse: refuses while a sale opens within the hour, unless it is forced', async () => {
  await pool.query(`update orders.ticket_types t set sales_start = now() + interval '20 minutes'
    from events.events e where e.id = t.event_id and e.slug = 'oud-by-the-sea'`)
  const { ended, output } = rehearse(['--buyers', '20'])
  expect(await ended).toBe(1)
  expect(output()).toContain('“Oud by the Sea” goes on sale in 20 minutes')
  expect(output()).toContain('--force')
}, 60_000)

test('rehearse: a database that cannot be reached is said in words', async () => {
  const { ended, output } = rehearse([], { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' })
  expect(await ended).toBe(1)
  expect(output()).toContain('cannot be reached')
  expect(output()).not.toContain('    at ')
}, 60_000)
