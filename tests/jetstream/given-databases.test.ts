import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient, type Call } from '@fermata/contracts/client'
import { createBackup, getBackup, restoreBackup } from '@fermata/contracts/backups'
import { getOrder, listTicketTypes, placeOrder } from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import { serviceNames } from '@fermata/contracts/services'
import { listTickets } from '@fermata/contracts/tickets'
import {
  startEmbeddedPostgres, type EmbeddedPostgres,
} from '@fermata/platform/embedded-postgres/supervisor'
import { createServiceDatabases } from '@fermata/platform/service-databases'
import { databaseVariable } from '@fermata/server/server-settings'
import { startSplit, type Split } from '@fermata/server/split/start-split'
import { createDataFolder } from '@fermata/testkit/server-process'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buyer, eventually, must, putOnSale, signIn } from '../end-to-end/sell.ts'

/** `npm run start:split` with PostgreSQL of the operator's own, which it finds and does not start. */

const base = 24_000
const patient_ms = 240_000
let postgres: EmbeddedPostgres
const ground = await createDataFolder()

beforeAll(async () => {
  postgres = await startEmbeddedPostgres({ folder: join(ground.folder, 'postgres'),
    no_sync_initdb: true, settings: { max_connections: '400', fsync: 'off' } })
}, patient_ms)
afterAll(async () => {
  await postgres?.stop()
  await ground.remove()
})

async function withSplit (
  databases: Record<string, string>, work: (split: Split) => Promise<void>
): Promise<void> {
  const data = await createDataFolder()
  let split: Split | undefined
  try {
    split = await startSplit({ port_base: base, environment: {
      PATH: process.env.PATH, FERMATA_DATA: data.folder, RATE_LIMITS: 'off',
      // Nothing may be written between a copy and its restoring but what the test writes.
      BACKUP_SCHEDULE: '0 0 1 1 *', ...databases } })
    await work(split)
  } finally {
    await split?.stop()
    await data.remove()
  }
}

/** The schemas of services that a database holds. */
async function schemasIn (url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(
      'select nspname as name from pg_namespace where nspname = any($1) order by 1',
      [serviceNames])
    return rows.map(({ name }) => name)
  } finally {
    await client.end()
  }
}

const clientOf = ({ url }: Split, token?: string) => createClient({
  base_url: url, fetch: (address, init) => fetch(address, init),
  headers: token ? { authorization: `Bearer ${token}` } : {} }).call

async function buy (split: Split, event_id: string, ticket_type_id: string) {
  const order = await must(clientOf(split)(placeOrder, { body: {
    event_id, items: [{ ticket_type_id, quantity: 1 }], buyer: buyer() } }), placeOrder)
  const own = clientOf(split, order.access_token)
  await must(own(startPayment, { body: { order_id: order.id, provider: 'simulated',
    method: { test_card: 'success' } } }), startPayment)
  const code = await eventually(async () => {
    const { items } = await must(own(listTickets, { query: { order_id: order.id } }), listTickets)
    return items[0]?.code
  }, 'the ticket', patient_ms)
  return { id: order.id, own, code }
}

async function databaseFor (name: string): Promise<string> {
  const client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
  const url = new URL(postgres.url)
  url.pathname = `/${name}`
  return url.href
}

test('start:split: DATABASE_URL is for all services, DATABASE_URL_<SERVICE>_SERVICE for one', async () => {
  const shared = await databaseFor('shared')
  const own = await databaseFor('only_orders')
  const file = join(ground.folder, 'database-url')
  writeFileSync(file, `${shared}\n`)
  const given = { DATABASE_URL_FILE: file, [databaseVariable('orders')]: own,
    // As Compose hands on what nobody set.
    [databaseVariable('users')]: '' }
  await withSplit(given, async split => {
    const organizer = clientOf(split, await signIn(clientOf(split), 'eventcreator'))
    const { event, ticket_type } = await putOnSale(organizer)
    await buy(split, event.id, ticket_type.id)
    expect(await schemasIn(own)).toEqual(['orders'])
    expect(await schemasIn(shared))
      .toEqual(serviceNames.filter(name => name !== 'orders').toSorted())
  })
}, 2 * patient_ms)

const unusedLeft = async (call: Call, event_id: string) =>
  (await must(call(listTicketTypes, { query: { event_id } }), listTicketTypes)).items[0]?.available

test('start:split: a backup of ten databases puts back what was sold until then, and no more', async () => {
  const urls = await createServiceDatabases(postgres.url,
    new Map(serviceNames.map(name => [name, randomBytes(16).toString('hex')])))
  const databases = Object.fromEntries(
    [...urls].map(([name, url]) => [databaseVariable(name), url]))
  await withSplit(databases, async split => {
    for (const [name, url] of urls) expect(await schemasIn(url)).toEqual([name])
    const organizer = clientOf(split, await signIn(clientOf(split), 'eventcreator'))
    const admin = clientOf(split, await signIn(clientOf(split), 'admin'))
    const { event, ticket_type } = await putOnSale(organizer, { capacity: 10 })
    const kept = await buy(split, event.id, ticket_type.id)

    const { id } = await must(admin(createBackup, { body: {} }), createBackup)
    const backup = await eventually(async () => {
      const now = await must(admin(getBackup, { params: { id } }), getBackup)
      return now.completed_at ? now : null
    }, 'the backup', patient_ms)
    expect(backup).toMatchObject({ status: 'completed', error: null })
    expect(backup.parts.map(part => part.service).toSorted())
      .toEqual(serviceNames.toSorted())

    const later = await buy(split, event.id, ticket_type.id)
    expect(await unusedLeft(clientOf(split), event.id)).toBe(8)

    await must(admin(restoreBackup, { params: { id }, body: {} }), restoreBackup)
    // What is kept for a moment in each process is asked for anew after it.
    await eventually(async () => await unusedLeft(clientOf(split), event.id) === 9,
      'the stock of the backup', patient_ms)
    expect((await later.own(getOrder, { params: { id: later.id } })).status).toBe(404)
    expect(await must(kept.own(getOrder, { params: { id: kept.id } }), getOrder))
      .toMatchObject({ status: 'completed' })
    const { items } = await must(
      kept.own(listTickets, { query: { order_id: kept.id } }), listTickets)
    expect(items.map(({ code }) => code)).toEqual([kept.code])
    // And it goes on selling.
    await buy(split, event.id, ticket_type.id)
    expect(await unusedLeft(clientOf(split), event.id)).toBe(8)
  })
}, 2 * patient_ms)
