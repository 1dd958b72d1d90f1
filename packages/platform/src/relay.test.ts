import { createTestDatabase } from '@fermata/testkit/postgres'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createLocalBus, type EventBus } from './bus.ts'
import { createDatabase, createPool, type Db } from './database.ts'
import { eventsOf } from './event-bundles.ts'
import { uuidv7 } from './ids.ts'
import { createLog } from './log.ts'
import { insertOutbox } from './message-queries.ts'
import type { StoredEvent } from './messages.ts'
import { migrate } from './migrate.ts'
import { startRelay } from './relay.ts'
import { sql } from './sql.ts'

let database: Awaited<ReturnType<typeof createTestDatabase>>
let db: Db

beforeAll(async () => {
  database = await createTestDatabase()
  db = createDatabase(createPool(
    { url: database.url, max_connections: 2, application_name: 'relay-test' }))
  await migrate(db, 'events')
})
afterAll(async () => {
  await db.destroy()
  await database.drop()
})

const write = async (count: number) => { await sql`
  insert into events.outbox (id, type, data) select unnest(
    ${Array.from({ length: count }, () => uuidv7())}::uuid[]), 'events.said.v1', '{}'`.run(db) }

const bundle = (count: number) => db.transaction().execute(tx => insertOutbox(tx, 'events',
  'events.said.v1', Array.from({ length: count }, () => ({ data: {}, request_id: null }))))

test('relay: a small part of the pause follows one event, and all of it follows a crowd', async () => {
  let delivered = 0
  const bus: EventBus = {
    ...createLocalBus(), pace_ms: 4000,
    async deliver (_service, batches) {
      delivered += batches.reduce(
        (sum, { text }) => sum + eventsOf(JSON.parse(text) as StoredEvent[]).length, 0)
      return { failed: [], unconfirmed: [], unsent: [] }
    },
  }
  const relay = startRelay({
    service: 'events', bus, log: createLog('test', { level: 'fatal' }),
    transaction: work => db.transaction().execute(work),
  })
  const send = async (count: number, by = write) => {
    await by(count)
    relay.wake()
  }
  const reaches = (count: number) => vi.waitUntil(() => delivered === count, { timeout: 8000 })
  await send(1)
  await reaches(1)
  // A hundred of them in turn would take as long as one whole pause.
  for (let one = 2; one <= 10; one++) {
    await send(1)
    await reaches(one)
  }

  // One row, of which two hundred are told.
  await send(200, bundle)
  await reaches(210)
  await send(1)
  // The control: what follows a crowd waits.
  await new Promise(resolve => setTimeout(resolve, 1500))
  expect(delivered).toBe(210)
  await relay.stop()
}, 30_000)
