import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  startEmbeddedPostgres, type EmbeddedPostgres,
} from '@fermata/platform/embedded-postgres/supervisor'
import { allServices } from '@fermata/server/services'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { draftFor, routeTargets, type Draft, type Target } from './fuzz/drafts.ts'
import { allRoutes } from './fuzz/routes.ts'
import { createSender } from './fuzz/send.ts'
import { wireOf } from './fuzz/wire.ts'
import { public_origin, startWorld, type World } from './fuzz/world.ts'
import { placesOf, tryEach } from './places.ts'
import { atScale, figure, is_whole } from '../proofs/proof.ts'

/**
 * S23, the parameters: what SQL would be, in every place of every route that takes a value. Nothing
 * of it reaches the language of the database: no answer of 5xx, no syntax error in its log, nobody
 * asleep by it.
 */

const asleep_s = 8
const nap = `pg_sleep(${asleep_s})`
const cursorOf = (position: object) => Buffer.from(JSON.stringify(position)).toString('base64url')
const corpus: readonly unknown[] = [
  '\'', '"', '\\', '\'\'', '\\\'', '`', '\';--', `'; select ${nap}; --`, `' or ${nap} is null --`,
  `'||${nap}||'`, `1; select ${nap}`, `1 or ${nap} is null`, `1) or ${nap} is null --`,
  `(select ${nap})`, `$$; select ${nap}; $$`, `%' and 1 = (select 1 from ${nap}) --`,
  `id desc; select ${nap}; --`, `case when (select ${nap}) is null then 1 else 2 end`,
  `created_at, (select ${nap})`, '1 union select password_hash from auth.accounts',
  '\' union select null, null, null --', 'E\'\\x27\'', '{1,2}\'::text[]', 'a\'||version()||\'',
  `"' or ${nap} is null --"@example.com`, `a'or(${nap})is(null)--@example.com`,
  '\u02bc or 1=1', 'a & ! ( |', ':* <-> \'', '\'a\' & (', '%_\\%', '[[:alpha:]', '(((', '*', '{"a":',
  '$1', '$999', ':id', '?', '${x}', '0x27', 'null', 'NaN', 'infinity', '1e400', '-0', '{}', '[]',
  cursorOf({ created_at: `'; select ${nap}; --`, id: '\'' }), cursorOf({ id: `' or ${nap} is null --` }),
  cursorOf({ starts_at: '\'', id: '\'' }), cursorOf({ sent_at: '2027-01-01\'::text', id: 1 }),
  { toString: '\'' }, ['\'', `'; select ${nap}; --`], { [`'; select ${nap}; --`]: 1 },
]

let folder: string
let database: EmbeddedPostgres
let world: World
let watcher: pg.Client
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fermata-injection-'))
  await chmod(folder, 0o711)
  // Its own server, so that its log tells of nobody else.
  database = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), no_sync_initdb: true,
    settings: { fsync: 'off' } })
  process.env.FERMATA_TEST_DATABASE_URL = database.url
  world = await startWorld(allServices)
  watcher = new pg.Client({ connectionString: database.url })
  await watcher.connect()
}, 120_000)
afterAll(async () => {
  await watcher?.end()
  await world?.stop()
  await database?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const complaints = () => readFileSync(join(database.folder, 'server.log'), 'utf8').split('\n')
  .filter(line => /ERROR:.*(syntax error|unterminated|at end of input|malformed array)/.test(line))

/** By process: the server reads text and wait at two moments, and one may tell of what was before. */
const sleepers = async () => (await watcher.query<{ pid: number, query: string }>(
  `select pid, query from pg_stat_activity where wait_event = 'PgSleep' or query like '%${nap}%'
      and pid <> pg_backend_pid() and state = 'active'`)).rows

/** Looks again and again, beside what is sent. @returns whoever slept */
async function watch<T> (work: () => Promise<T>): Promise<{ result: T, slept: string[] }> {
  const slept = new Map<number, string>()
  let is_over = false
  const looking = (async () => {
    while (!is_over) {
      for (const { pid, query } of await sleepers()) slept.set(pid, query)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  })()
  try {
    return { result: await work(), slept: [...slept.values()] }
  } finally {
    is_over = true
    await looking
  }
}

test('S23: the control, SQL put together from text is noticed by all of this', async () => {
  const before = complaints().length
  const careless = (text: string) => watcher.query(`select '${text}'`)
  await expect(careless('\'')).rejects.toMatchObject({ code: '42601' })
  expect(complaints().length).toBe(before + 1)
  const other = new pg.Client({ connectionString: database.url })
  await other.connect()
  const { slept } = await watch(() => other.query(`select '' || ${nap.replace('8', '0.5')} || ''`))
  expect(slept.length).toBe(1)
  await other.end()
}, 30_000)

/** Streams of whole tables, which take no value. */
const without_values = /^(exportRoute|importRoute)$/

test('S23: what would be SQL is a value, in every place of every route', async () => {
  const targets = routeTargets(await allRoutes()).flatMap(target =>
    target.is === 'route' && !without_values.test(target.served.name) ? [target] : [])
  const before = complaints().length
  const sender = createSender(world.port, 4)
  let sent = 0
  let turn = 0
  let places = 0
  const failed: string[] = []

  async function send (name: string, draft: Draft, value: unknown): Promise<void> {
    const wire = wireOf(draft, { known: world.known, tokenOf: world.tokenOf, public_origin })
    const answer = await sender.send(wire)
    sent++
    if (answer && answer.status >= 500) failed.push(`${answer.status} ${name} ${wire.path} ` +
      `${JSON.stringify(value)} ${wire.body?.slice(0, 200) ?? ''}`)
  }

  async function tryTarget (target: Target & { is: 'route' }): Promise<void> {
    const [sample] = fc.sample(draftFor([target]), { numRuns: 1, seed: 23 })
    const draft: Draft = { ...sample!, with_cookie: false, twist: null, key: null }
    for (const putIn of placesOf(draft, target, world.known)) {
      places++
      // In the slice each place gets two in turn, so that over all places each is used.
      const values = is_whole ? corpus
        : [corpus[turn++ % corpus.length], corpus[turn * 7 % corpus.length]]
      for (const value of values) await send(target.name, putIn(value), value)
    }
  }

  const { slept } = await watch(() => tryEach(world, targets, tryTarget))
  sender.close()
  expect(failed).toEqual([])
  expect(slept).toEqual([])
  expect(complaints().slice(before)).toEqual([])
  expect(sent).toBeGreaterThan(atScale(500, 10_000))
  figure('S23', `${sent} requests with SQL in ${places} places of ${targets.length} routes: ` +
    'no answer of 5xx, no syntax error in the database\'s log, nobody asleep by pg_sleep.')
}, atScale(120_000, 900_000))
