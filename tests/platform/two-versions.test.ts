import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { placeOrder } from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { allServices } from '@fermata/server/services'
import { startTestSystem, testSecrets, type TestSystem } from '@fermata/testkit/start'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buyer, putOnSale } from '../end-to-end/sell.ts'
import { clientOf } from './client-of.ts'

/**
 * A new version begins beside the old one, on its database: it adds a column to the table into
 * which the old one sells at this moment.
 */

const secrets = testSecrets()
const buyers = 4
const pause_ms = 20
/**
 * A fifth of a second is what a migration may hold up a sale; a busy machine needs more. Below the
 * three seconds after which the box office refuses.
 */
const slowest_ms = 2500

let folder: string
let systems: TestSystem[]
let old: TestSystem

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fermata-versions-'))
  await cp(fileURLToPath(allServices.orders.migrations!), folder, { recursive: true })
  await writeFile(join(folder, '9999_new_version.sql'),
    "alter table orders add column of_a_new_version text not null default 'old'")
  systems = []
  old = await start(Object.values(allServices))
}, 90_000)
afterEach(async () => {
  for (const system of systems.toReversed()) await system.stop()
  await rm(folder, { recursive: true })
})

async function start (
  services: Parameters<typeof startTestSystem>[0], database_url?: string
): Promise<TestSystem> {
  const system = await startTestSystem(services, secrets, database_url)
  systems.push(system)
  await system.system.app.listen({ host: '127.0.0.1', port: 0 })
  return system
}

const startNew = () => start([{ ...allServices.orders,
  migrations: pathToFileURL(`${folder}/`) }], old.database_url)

/** People who order again and again, from whom `shops` names at that time. */
async function rush (shops: TestSystem[]) {
  const organizer = await old.personToken({ user_id: uuidv7(), roles: ['event_creator'] })
  const { event, ticket_type } = await putOnSale(clientOf(old, organizer), { capacity: 1_000_000 })
  const body = { event_id: event.id, buyer: buyer(),
    items: [{ ticket_type_id: ticket_type.id, quantity: 1 }] }
  const answers: { status: number, took_ms: number }[] = []
  let over = false
  const buying = Promise.all(Array.from({ length: buyers }, async (_, index) => {
    for (let turn = index; !over; turn++) {
      const began_ms = performance.now()
      const { status } = await clientOf(shops[turn % shops.length]!)(placeOrder, { body })
      answers.push({ status, took_ms: performance.now() - began_ms })
      await new Promise(resolve => setTimeout(resolve, pause_ms))
    }
  }))
  const more = async (count: number) => {
    const until = answers.length + count
    await expect.poll(() => answers.length, { timeout: 30_000 }).toBeGreaterThan(until)
  }
  await more(20)
  return {
    answers, more,
    failed: () => answers.filter(({ status }) => status !== 201),
    slowest: () => Math.max(...answers.map(({ took_ms }) => took_ms)),
    async end () {
      over = true
      await buying
    },
  }
}

const ask = async (client: pg.Client, text: string) =>
  (await client.query<Record<string, unknown>>(text)).rows

async function connected (): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: old.database_url })
  await client.connect()
  return client
}

const countBy = `select of_a_new_version as version, count(*)::integer as orders
  from orders.orders group by 1`
const hasColumn = `select from information_schema.columns
  where table_schema = 'orders' and column_name = 'of_a_new_version'`

test('migrate: a new version adds its column while the old one sells, and both sell', async () => {
  const shops = [old]
  const sale = await rush(shops)

  shops.push(await startNew())
  await sale.more(40)
  await sale.end()

  expect(sale.failed()).toEqual([])
  expect(sale.slowest()).toBeLessThan(slowest_ms)
  const client = await connected()
  expect(await ask(client, countBy)).toEqual([{ version: 'old', orders: sale.answers.length }])
  await client.end()
}, 90_000)

test('migrate: behind a long transaction it gives up, and the old version sells all the while', async () => {
  const reader = await connected()
  await reader.query('begin; select count(*) from orders.orders')
  const sale = await rush([old])

  await expect(startNew()).rejects.toThrow(/service_9999_new_version .*lock timeout/)

  await sale.more(20)
  await sale.end()
  expect(sale.failed()).toEqual([])
  expect(sale.slowest()).toBeLessThan(slowest_ms)
  expect(await ask(reader, hasColumn)).toEqual([])
  await reader.query('commit')
  await startNew()
  expect(await ask(reader, hasColumn)).toEqual([{}])
  await reader.end()
}, 90_000)

test('migrate: one that waited there in a single try would hold up all sales (control)', async () => {
  const [reader, migration] = [await connected(), await connected()]
  await reader.query('begin; select count(*) from orders.orders')
  const sale = await rush([old])

  await expect(migration.query("set lock_timeout = '5s'; " +
    'alter table orders.orders add column of_a_new_version text')).rejects.toThrow('lock timeout')

  await sale.end()
  expect(sale.failed().length > 0 || sale.slowest() > slowest_ms).toBe(true)
  await reader.query('commit')
  await reader.end()
  await migration.end()
}, 90_000)
