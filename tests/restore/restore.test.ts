import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as auth from '@fermata/contracts/auth'
import * as events from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import * as payments from '@fermata/contracts/payments'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import * as users from '@fermata/contracts/users'
import { uuidv7 } from '@fermata/platform/ids'
import { startSystem } from '@fermata/platform/system'
import { findRows, restoreCopy } from '@fermata/server/copies/restore-copy'
import { makeCopy } from '@fermata/server/copies/make-copy'
import { folderStore, openStored, readEndings, type Contents, type Ending } from '@fermata/server/copies/stored'
import { allServices } from '@fermata/server/services'
import { createTestDatabase, type TestDatabase } from '@fermata/testkit/postgres'
import { eventually, startTestSystem, testSecrets, type TestSystem } from '@fermata/testkit/start'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

/**
 * A backup that is made while tickets sell, and what comes back of it: in one database, in ten, and
 * in one again.
 */

const secrets = testSecrets()
const key = Buffer.from(secrets.BACKUP_KEY)
const databases: TestDatabase[] = []
let folder: string
let copy: Contents
/** Orders whose buyers had their answers before the moment of the copy. */
const acknowledged: string[] = []

const store = () => folderStore(join(folder, 'copies'))
const makeDatabase = async () => {
  const made = await createTestDatabase()
  databases.push(made)
  return made.url
}
const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()

async function putOnSale (it: TestSystem) {
  const token = await it.personToken({ user_id: uuidv7(), roles: ['event_creator'] })
  const event = (await it.send(events.createEvent, { token, body: {
    title: 'An evening', description: 'One evening.', category: 'music', currency: 'EUR',
    starts_at: inHours(90), ends_at: inHours(92), timezone: 'Europe/Paris',
    venue: { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' } } })).body
  const type = (await it.send(orders.createTicketType, { token, body: {
    event_id: event.id, name: 'Seat', price_minor: 1000, currency: 'EUR', capacity: 5000 } })).body
  await it.send(orders.setFairShares, { token, params: { event_id: event.id },
    body: { network_share_percent: 100, max_per_buyer: null } })
  await it.send(events.publishEvent, { token, params: { id: event.id } })
  return { event, type }
}

/** Buys and pays. @returns the order, or null while nothing is on sale yet */
async function buy (it: TestSystem, { event, type }: Awaited<ReturnType<typeof putOnSale>>) {
  const placed = await it.send(orders.placeOrder, { key: `key-${uuidv7()}`, body: {
    event_id: event.id, items: [{ ticket_type_id: type.id, quantity: 1 }],
    buyer: { name: 'Ann', email: `ann.${uuidv7()}@example.com`, locale: 'en' } } })
  if (placed.status !== 201) return null
  const { id, access_token } = placed.body
  const at = new Date().toISOString()
  await it.send(payments.startPayment, { token: access_token, key: `key-${uuidv7()}`,
    body: { order_id: id, provider: 'simulated', method: { test_card: 'success' } } })
  return { id, at }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fermata-restore-'))
  const it = await startTestSystem(Object.values(allServices),
    { ...secrets, LOG_LEVEL: 'fatal', BACKUP_DIR: join(folder, 'own') }, await makeDatabase())
  try {
    const sale = await putOnSale(it)
    await eventually(() => buy(it, sale), 'the box office to open', 30_000)
    const bought: { id: string, at: string }[] = []
    let done = false
    const buyers = Array.from({ length: 8 }, async () => {
      while (!done) bought.push(...[await buy(it, sale)].filter(one => one !== null))
    })
    await eventually(async () => bought.length > 30, 'some orders', 60_000)
    copy = await makeCopy({
      store: store(), key, services: serviceNames, urlOf: () => it.database_url,
    })
    done = true
    await Promise.all(buyers)
    acknowledged.push(...bought.filter(({ at }) => at < copy.taken_at).map(({ id }) => id))
  } finally {
    await it.stop()
  }
}, 180_000)
afterAll(async () => {
  for (const database of databases) await database.drop()
  await rm(folder, { recursive: true, force: true })
})

async function restore (
  id: string, urlOf: (service: ServiceName) => string, endings: Ending[] = []
) {
  const stored = await openStored(store(), [key], id)
  return restoreCopy({ store: store(), stored, parts: stored.manifest.parts, urlOf, endings })
}

/** What has to agree between services; asked of one database. */
async function disagreements (url: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows: [row] } = await client.query(`select
    (select count(*)::int from payments.payments p where p.status = 'succeeded' and not exists (
       select from orders.orders o where o.id = p.order_id and o.status = 'completed')) as unpaid,
    (select count(*)::int from tickets.tickets t where t.status = 'active' and not exists (
       select from orders.orders o where o.id = t.order_id and o.status = 'completed')) as unsold,
    (select count(*)::int from orders.orders where status = 'completed') -
      (select count(*)::int from tickets.tickets where status = 'active') as unissued,
    (select sum(sold)::int from orders.pools where kind = 'ticket_type') -
      (select count(*)::int from tickets.tickets where status = 'active') as uncounted,
    (select sum(debit_minor - credit_minor)::int from payments.ledger_entries) as unbalanced`)
  await client.end()
  return row as Record<string, number>
}

const waiting = async (url: string) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows: [row] } = await client.query(
    serviceNames.filter(name => name !== 'gateway').map(name =>
      `select count(*)::int as events from ${name}.outbox where sent_at is null`)
      .join(' union all ').replace(/^/, 'select sum(events)::int as events from (') + ') as all_of_them')
  await client.end()
  return row.events as number
}

test('restoreCopy: what was sold before the moment is there, and after the next start all agree', async () => {
  const url = await makeDatabase()
  const notes = await restore(copy.id, () => url)
  expect(notes.map(note => note.what)).toContain('mails_held_back')
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ id: string }>('select id from orders.orders')
  await client.end()
  const there = new Set(rows.map(({ id }) => id))
  expect(acknowledged.length).toBeGreaterThan(10)
  expect(acknowledged.filter(id => !there.has(id))).toEqual([])

  const it = await startTestSystem(Object.values(allServices),
    { ...secrets, LOG_LEVEL: 'fatal', BACKUP_DIR: join(folder, 'next') }, url)
  try {
    const settled = { unpaid: 0, unsold: 0, unissued: 0, uncounted: 0, unbalanced: 0 }
    await eventually(async () => await waiting(url) === 0 &&
      JSON.stringify(await disagreements(url)) === JSON.stringify(settled),
    'all services to agree', 60_000)
  } finally {
    await it.stop()
  }
}, 120_000)

const subjectOf = (token: string) => (JSON.parse(
  Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sub: string }).sub

test('restoreCopy: an erased person does not come back, a refunded ticket opens no door, no login goes on', async () => {
  const own = join(folder, 'endings')
  const options = { ...secrets, LOG_LEVEL: 'fatal', BACKUP_DIR: own }
  const first = await startTestSystem(Object.values(allServices), options, await makeDatabase())
  const asked = { email: `eve.${uuidv7()}@example.com`, password: 'correct horse battery' }
  let taken: Contents
  try {
    const session = (await first.send(auth.register, {
      body: { ...asked, username: 'Eve', locale: 'en' } })).body
    const eve = subjectOf(session.access_token)
    const sale = await putOnSale(first)
    const bought = await eventually(() => buy(first, sale), 'the box office to open', 30_000)
    const { pool } = first.context('tickets')
    const ticketsOf = async () => (await pool.query(
      `select status from tickets.tickets where order_id = $1`, [bought.id])).rows
    await eventually(async () => (await ticketsOf()).length === 1, 'the ticket')
    await eventually(async () => await waiting(first.database_url) === 0, 'all to be told', 30_000)
    taken = await makeCopy({
      store: folderStore(own), key, services: serviceNames, urlOf: () => first.database_url })

    const admin = await first.personToken({ roles: ['admin'] })
    const { items } = (await first.send(payments.listPayments,
      { token: admin, query: { order_id: bought.id } })).body
    const refunded = await first.send(payments.refundPayment, { token: admin,
      key: `key-${uuidv7()}`, params: { id: items[0]!.id }, body: {} })
    expect(refunded.status).toBeLessThan(300)
    expect((await first.send(users.deleteMe, { token: session.access_token })).status)
      .toBeLessThan(300)
    const kept = async () => (await readEndings([folderStore(own)], [key], taken.taken_at)).endings
    await eventually(async () => {
      const endings = await kept()
      return endings.some(({ who }) => who === eve) && endings.some(({ who }) => who === bought.id)
    }, 'both to be kept beside the copies', 30_000)

    const url = await makeDatabase()
    const stored = await openStored(folderStore(own), [key], taken.id)
    await restoreCopy({ store: folderStore(own), stored, parts: stored.manifest.parts,
      urlOf: () => url, endings: await kept() })
    const again = await startTestSystem(Object.values(allServices), options, url)
    try {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      const count = async (question: string, id: string) =>
        Number((await client.query(question, [id])).rows[0].count)
      await eventually(async () =>
        await count('select count(*) from auth.accounts where id = $1', eve) === 0 &&
        await count('select count(*) from users.people where id = $1 and erased_at is null', eve) === 0 &&
        await count(`select count(*) from tickets.tickets where order_id = $1 and status = 'active'`, bought.id) === 0,
      'what had ended to end again', 30_000)
      await client.end()
      const { status } = await again.send(auth.refresh,
        { body: { refresh_token: session.refresh_token } })
      expect(status).toBe(401)
    } finally {
      await again.stop()
    }
  } finally {
    await first.stop()
  }
}, 180_000)

/** Tables by service and name, with rows and digest. */
const tablesOf = ({ parts }: Contents) => new Map(parts.flatMap(({ service, tables }) =>
  tables.map(({ name, rows, sha256 }) => [`${service}.${name}`, `${rows} ${sha256}`])))

/** What a restore changes on purpose, in the first one: events are due, logins and mails end. */
const changed_once = /\.outbox$|^auth\.(logins|refresh_tokens|ended_logins|links|link_tokens)$|^notifications\.deliveries$/

test('restoreCopy: from one database to ten and back to one, all tables are equal', async () => {
  const urls = new Map<ServiceName, string>()
  for (const name of serviceNames) urls.set(name, await makeDatabase())
  await restore(copy.id, name => urls.get(name)!)
  const of_ten = await makeCopy({
    store: store(), key, services: serviceNames, urlOf: name => urls.get(name)!,
  })
  const url = await makeDatabase()
  await restore(of_ten.id, () => url)
  const of_one = await makeCopy({ store: store(), key, services: serviceNames, urlOf: () => url })
  expect(tablesOf(of_one)).toEqual(tablesOf(of_ten))
  const [first, last] = [tablesOf(copy), tablesOf(of_one)]
  const changed = [...first].filter(([name, digest]) => last.get(name) !== digest)
  expect(changed.map(([name]) => name).filter(name => !changed_once.test(name))).toEqual([])
  expect(last.size).toBe(first.size)
}, 120_000)

test('restoreCopy: one that was cut off lets nothing start, and is done again from the beginning', async () => {
  const url = await makeDatabase()
  const stored = await openStored(store(), [key], copy.id)
  const parts = stored.manifest.parts
  let told = 0
  await expect(restoreCopy({ store: store(), stored, parts, endings: [], urlOf: () => url, tell () {
    if (++told === 4) throw new Error('cut off')
  } })).rejects.toThrow('cut off')
  await expect(startSystem({
    services: [allServices.orders], environment: { NODE_ENV: 'test', LOG_LEVEL: 'fatal', ...secrets },
    databaseUrl: () => url,
  })).rejects.toThrow('was cut off')
  expect(await findRows({ parts, urlOf: () => url })).toEqual([])
  await restore(copy.id, () => url)
  expect((await findRows({ parts, urlOf: () => url })).length).toBeGreaterThan(5)
}, 120_000)

const run = promisify(execFile)
const program = (name: string) => fileURLToPath(new URL(`../../apps/server/${name}.ts`, import.meta.url))

test('npm run restore: lists without key or database, refuses what holds data, restores what is empty', async () => {
  const url = await makeDatabase()
  const ask = async (words: string[], environment: Record<string, string> = {}) => {
    const { stdout, stderr } = await run(process.execPath, [program('restore'),
      '--from', join(folder, 'copies'), ...words], {
      env: { PATH: process.env.PATH, FERMATA_DATA: join(folder, 'none'), ...environment },
    }).catch((error: unknown) => error as { stdout: string, stderr: string })
    return stdout + stderr
  }
  expect(await ask(['--list'])).toContain(copy.id)
  const words = ['--yes', '--backup', copy.id]
  expect(await ask(words, { DATABASE_URL: url })).toContain('The key of the copies is missing')
  expect(await ask(words, { DATABASE_URL: url, BACKUP_KEY: 'x'.repeat(32) }))
    .toContain('written with another key')
  const environment = { DATABASE_URL: url, BACKUP_KEY: secrets.BACKUP_KEY }
  expect(await ask(['--backup', copy.id], environment)).toContain('Nobody is here to type')
  expect(await ask(words, environment)).toContain('rows in')
  expect(await ask(words, environment)).toContain('Nothing was touched')
}, 120_000)
