import { getOrder, placeOrder } from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import { serviceNames } from '@fermata/contracts/services'
import { listTickets } from '@fermata/contracts/tickets'
import { allServices } from '@fermata/server/services'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, testSecrets, type TestSystem } from '@fermata/testkit/start'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buyer, eventually, must, putOnSale } from '../end-to-end/sell.ts'
import { clientOf } from './client-of.ts'

/**
 * In a deployment the new version's migrations run while processes of this one still serve, and
 * one of them may even start afterwards. Migrations of one release only add.
 */

const secrets = testSecrets()
let systems: TestSystem[]

beforeEach(() => { systems = [] })
afterEach(async () => {
  for (const system of systems.toReversed()) await system.stop()
})

async function start (database_url?: string): Promise<TestSystem> {
  const system = await startTestSystem(Object.values(allServices), secrets, database_url)
  systems.push(system)
  await system.system.app.listen({ host: '127.0.0.1', port: 0 })
  return system
}

/** What a newer version may add while this one runs: a column to every table, and a record of it. */
async function migrateFurther (database_url: string): Promise<number> {
  const client = new pg.Client({ connectionString: database_url })
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(`
      select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_schema = any($1) and table_type = 'BASE TABLE'
         and table_name not like 'migrations%'`, [serviceNames])
    for (const { name } of tables) await client.query(
      `alter table ${name} add column of_a_newer_version text, add column counted integer default 0`)
    for (const name of serviceNames) await client.query(`
      insert into ${name}.migrations (name, timestamp)
      values ('service_9999_of_a_newer_version', '2099-01-01T00:00:00.000Z')`)
    return tables.length
  } finally {
    await client.end()
  }
}

async function buy (system: TestSystem): Promise<number> {
  const organizer = clientOf(system,
    await system.personToken({ user_id: uuidv7(), roles: ['event_creator'] }))
  const { event, ticket_type } = await putOnSale(organizer)
  const order = await must(clientOf(system)(placeOrder, { body: { event_id: event.id,
    items: [{ ticket_type_id: ticket_type.id, quantity: 2 }], buyer: buyer() } }), placeOrder)
  const own = clientOf(system, order.access_token)
  await must(own(startPayment, {
    body: { order_id: order.id, provider: 'simulated', method: { test_card: 'success' } } }))
  return eventually(async () => {
    const { status } = await must(own(getOrder, { params: { id: order.id } }), getOrder)
    const { items } = await must(own(listTickets, { query: { order_id: order.id } }), listTickets)
    return status === 'completed' && items.length
  }, 'the tickets')
}

test('migrate: this version serves on, and starts, on a database that a newer one has added to', async () => {
  const running = await start()
  expect(await buy(running)).toBe(2)

  expect(await migrateFurther(running.database_url)).toBeGreaterThan(40)

  expect(await buy(running)).toBe(2)
  const started = await start(running.database_url)
  expect(await buy(started)).toBe(2)
}, 90_000)
