import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { placeOrder } from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { createDatabase, createPool } from '@fermata/platform/database'
import { uuidv7 } from '@fermata/platform/ids'
import { migrate } from '@fermata/platform/migrate'
import { findRestoring, markRestoring } from '@fermata/platform/restore-mark'
import { makeCopy } from '@fermata/server/copies/make-copy'
import { describeLost, findLost } from '@fermata/server/copies/find-lost'
import { restoreCopy } from '@fermata/server/copies/restore-copy'
import { settle } from '@fermata/server/copies/settle'
import { folderStore, openStored, type Contents } from '@fermata/server/copies/stored'
import { allServices } from '@fermata/server/services'
import { verify } from '@fermata/server/verify/verify'
import { createTestDatabase, type TestDatabase } from '@fermata/testkit/postgres'
import { startTestSystem, testSecrets, type TestSystem } from '@fermata/testkit/start'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buyer, eventually, must, putOnSale } from '../end-to-end/sell.ts'
import { clientOf } from '../platform/client-of.ts'

/** What an administrator reads before and after a restore, and that what is there then agrees. */

const secrets = testSecrets()
const databases: TestDatabase[] = []
let folder: string
/** Of an installation with one paid order. */
let copy: Contents
let url: string
/** Paid after the copy. */
let later: { id: string, email: string }

const store = () => folderStore(join(folder, 'copies'))
const makeDatabase = async (from?: string) => {
  const made = await createTestDatabase(from && new URL(from).pathname.slice(1))
  databases.push(made)
  return made.url
}
const urlsOf = (one: string) => new Map(serviceNames.map(name => [name, one]))

async function ask<T extends pg.QueryResultRow> (
  at: string, question: string, values: unknown[] = []
) {
  const client = new pg.Client({ connectionString: at })
  await client.connect()
  try {
    return (await client.query<T>(question, values)).rows
  } finally {
    await client.end()
  }
}

const allTold = async (at: string) => {
  const rows = await ask<{ events: number }>(at, serviceNames.map(name =>
    `select count(*)::int as events from ${name}.outbox where sent_at is null`).join(' union all '))
  return rows.every(({ events }) => events === 0)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fermata-agreement-'))
  url = await makeDatabase()
  const it: TestSystem = await startTestSystem(Object.values(allServices),
    { ...secrets, BACKUP_DIR: join(folder, 'own') }, url)
  try {
    await it.system.app.listen({ host: '127.0.0.1', port: 0 })
    const organizer = clientOf(it, await it.personToken({ user_id: uuidv7(), roles: ['event_creator'] }))
    const { event, ticket_type } = await putOnSale(organizer)
    const sell = async () => {
      const who = buyer()
      const order = await must(clientOf(it)(placeOrder, { body: { event_id: event.id, buyer: who,
        items: [{ ticket_type_id: ticket_type.id, quantity: 2 }] } }), placeOrder)
      await must(clientOf(it, order.access_token)(startPayment, { body: {
        order_id: order.id, provider: 'simulated', method: { test_card: 'success' } } }), startPayment)
      await eventually(async () => (await ask(url,
        `select from tickets.tickets where order_id = $1 and status = 'active'`, [order.id])).length === 2 &&
        await allTold(url), 'the tickets')
      return { id: order.id, email: who.email }
    }
    await sell()
    copy = await makeCopy({ store: store(), key: Buffer.from(secrets.BACKUP_KEY),
      services: serviceNames, urlOf: () => url })
    later = await sell()
  } finally {
    await it.stop()
  }
}, 240_000)
afterAll(async () => {
  for (const database of databases) await database.drop()
  await rm(folder, { recursive: true, force: true })
})

interface Ended { code?: number, stdout: string, stderr: string }
const program = fileURLToPath(new URL('../../apps/server/restore.ts', import.meta.url))
const command = (at: string, words: string[]) =>
  promisify(execFile)(process.execPath,
    [program, '--from', join(folder, 'copies'), '--yes', ...words], { env: {
      PATH: process.env.PATH, FERMATA_DATA: join(folder, 'none'), NODE_ENV: 'test',
      BACKUP_DIR: join(folder, 'own'), DATABASE_URL: at, ...secrets,
    } }).catch((error: unknown) => error as Ended) as Promise<Ended>

/** Nobody is there to send mails. */
const disagreeing = async (at: string) => {
  const { mismatches } = await verify(urlsOf(at), { settle_ms: 0, older_than_ms: 0 })
  return mismatches.map(({ kind }) => kind).filter(kind => kind !== 'mail_overdue')
}

test('npm run restore: says what cannot be known before, and ends with the counts of what agrees', async () => {
  const at = await makeDatabase()
  const { stdout, stderr, code } = await command(at, [])
  expect([stderr, code]).toEqual(['', undefined])
  expect(stdout).toContain('How much that is cannot be known')
  expect(stdout).toMatch(/orders\.orders +1\n/)
  expect(stdout).toContain('0 mismatches of 0 kinds, 0 on the way')
  expect(await disagreeing(at)).toEqual([])
  // What was on its way is mailed by nobody's decision but a person's.
  expect(await ask(at, `select from notifications.deliveries where status in ('pending', 'failed')`))
    .toEqual([])
}, 240_000)

test('settle: after a restore of orders alone money goes back and tickets become void, by name', async () => {
  const at = await makeDatabase(url)
  const lost = describeLost(copy.taken_at, await findLost(copy.taken_at, ['orders'], () => at))
  expect(lost[0]).toContain('will be gone: 1 orders.')
  expect(lost[1]).toContain(`<${later.email}>`)
  const stored = await openStored(store(), [Buffer.from(secrets.BACKUP_KEY)], copy.id)
  const parts = stored.manifest.parts.filter(({ service }) => service === 'orders')
  await restoreCopy({ store: store(), stored, parts, endings: [], urlOf: () => at })
  // The control: rows alone do not agree.
  expect(await disagreeing(at)).toEqual(
    expect.arrayContaining(['payment_without_order', 'ticket_without_order']))

  const options = { folder, urls: urlsOf(at), restored: ['orders' as const] }
  await expect(settle({ ...options, environment: {} })).rejects.toThrow('JWT_EXTERNAL_SIGNATURE')
  const { result, mended } = await settle({ ...options,
    environment: { NODE_ENV: 'test', BACKUP_DIR: join(folder, 'own'), ...secrets } })

  expect(result.mismatches).toEqual([])
  expect(mended.find(({ name }) => name === 'give-up')!.wrong.map(({ id }) => id)).toEqual([later.id])
  const [payment] = await ask(at, 'select status from payments.payments where order_id = $1', [later.id])
  expect(payment!.status).toBe('refunded')
  const tickets = await ask(at, 'select status from tickets.tickets where order_id = $1', [later.id])
  expect(tickets.map(({ status }) => status)).toEqual(['void', 'void'])
}, 240_000)

test('npm run restore: fails where something does not agree', async () => {
  const at = await makeDatabase()
  const broken = await makeDatabase(url)
  await ask(broken, 'update orders.orders set total_minor = total_minor + 1 where id = $1', [later.id])
  const own = folderStore(join(folder, 'copies'))
  const { id } = await makeCopy({ store: own, key: Buffer.from(secrets.BACKUP_KEY),
    services: serviceNames, urlOf: () => broken })
  const { stdout, code } = await command(at, ['--backup', id])
  expect(code).toBe(1)
  expect(stdout).toContain(`order_total_differs: 1\n    orders ${later.id}`)
  await own.remove(id)
}, 240_000)

test('restoreCopy: a copy of older tables is brought up to date before what follows a restore', async () => {
  const [older, at] = [await makeDatabase(), await makeDatabase()]
  const names = copy.parts.find(({ service }) => service === 'auth')!.migrations
  const old = names.filter(name => !/^service_000[2-9]/.test(name))
  expect(old.length).toBeLessThan(names.length)
  const db = createDatabase(createPool({
    url: older, max_connections: 1, application_name: 'test' }))
  await migrate(db, 'auth', allServices.auth.migrations, old)
  await db.destroy()
  const place = folderStore(join(folder, 'older'))
  const key = Buffer.from(secrets.BACKUP_KEY)
  const { id } = await makeCopy({ store: place, key, services: ['auth'], urlOf: () => older })
  const stored = await openStored(place, [key], id)
  expect(stored.manifest.parts[0]!.migrations).toEqual(old)
  const notes = await restoreCopy({ store: place, stored, parts: stored.manifest.parts, endings: [],
    urlOf: () => at })
  expect(notes.map(({ what }) => what)).toEqual(['events_due', 'logins_ended'])
}, 60_000)

test('restoreCopy: one of some services takes no mark away from those that were cut off', async () => {
  const at = await makeDatabase()
  const stored = await openStored(store(), [Buffer.from(secrets.BACKUP_KEY)], copy.id)
  const restore = (names: readonly ServiceName[], tell?: () => void) => restoreCopy({
    store: store(), stored, endings: [], urlOf: () => at, ...tell && { tell },
    parts: stored.manifest.parts.filter(({ service }) => names.includes(service)) })
  await expect(restore(serviceNames, () => { throw new Error('cut off') })).rejects.toThrow('cut off')
  await restore(['orders'])
  const db = createDatabase(createPool({
    url: at, max_connections: 1, application_name: 'test' }))
  try {
    const others = serviceNames.filter(name => name !== 'orders').toSorted()
    expect((await findRestoring(db)).map(({ service }) => service)).toEqual(others)
    await restore(others)
    expect(await findRestoring(db)).toEqual([])
  } finally {
    await db.destroy()
  }
}, 240_000)

test('npm run restore: what was only marked is counted, and given up by nobody but --replace', async () => {
  const at = await makeDatabase(url)
  const db = createDatabase(createPool({
    url: at, max_connections: 1, application_name: 'test' }))
  try {
    await markRestoring(db, { backup_id: copy.id, services: serviceNames }, serviceNames)
  } finally {
    await db.destroy()
  }
  const { stdout, stderr, code } = await command(at, [])
  expect(code).toBe(1)
  expect(stderr).toContain('Nothing was touched')
  expect(stdout).toMatch(/orders holds [1-9]\d* rows/)
  expect(stdout).toContain('1 orders')
  expect(await ask(at, 'select from orders.orders where id = $1', [later.id])).toHaveLength(1)
}, 240_000)
