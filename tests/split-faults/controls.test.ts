import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startSplit, type Split } from '@fermata/server/split/start-split'
import { createDataFolder } from '@fermata/testkit/server-process'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loseStore } from './lose-store.ts'
import { startOwnPostgres } from './own-postgres.ts'
import { fault_ms, surviveOn, tickets_within_ms, type Scene, type Survival } from './survival.ts'

/**
 * The faults of faults.test.ts on an installation without its guards: nobody confirms events, and
 * PostgreSQL says that a commit is durable before it is. What that file shows shows something only
 * if here orders and tickets are missed.
 */

const preload = new URL('./without-confirmations.ts', import.meta.url).href
const port_base = 21_400
/** Of loopback, but not the one where somebody's own PostgreSQL may listen. */
const database_host = '127.0.21.4'
/** Nothing waits for the disk, and what was committed is written seldom. */
const slow_to_write = { synchronous_commit: 'off', wal_writer_delay: '10s',
  wal_writer_flush_after: '1GB', wal_buffers: '128MB' }
let split: Split
let it: Survival
let store: string
const undo: (() => unknown)[] = []

beforeAll(async () => {
  const data = await createDataFolder()
  undo.push(data.remove)
  store = join(data.folder, 'split', 'nats', 'store')
  const database = await startOwnPostgres(data.folder, database_host, slow_to_write)
  undo.push(database.stop)
  split = await startSplit({
    environment: { PATH: process.env.PATH, FERMATA_DATA: data.folder, RATE_LIMITS: 'off',
      NODE_OPTIONS: `--import ${preload}`, ...database.environment },
    port_base, say: line => console.log(line),
  })
  undo.push(split.stop)
  it = surviveOn(split)
  undo.push(it.oracle.close)
})
afterAll(async () => {
  for (const step of undo.reverse()) await step()
})

test('control: without confirmations a deleted store leaves paid orders without tickets', async () => {
  const { verdict } = await it.bring('the store, without confirmations',
    scene => loseStore(split, store, it.oracle, scene), tickets_within_ms)

  expect(verdict, `seed ${it.seed}`).toMatchObject({ lost: 0 })
  expect(verdict.without_tickets, `seed ${it.seed}`).toBeGreaterThan(0)
})

test('control: commits that are not on the disk are lost with PostgreSQL', async () => {
  const { verdict } = await it.bring('PostgreSQL, not durable', async scene => {
    await untilUnwritten(scene)
    await it.oracle.killPostgres()
  }, fault_ms)

  expect(verdict.lost, `seed ${it.seed}`).toBeGreaterThan(0)
})

const unwritten_orders = 5
const look_again_ms = 10

/** Killed right after PostgreSQL happened to write, it would lose nothing. */
async function untilUnwritten ({ history }: Scene): Promise<void> {
  const client = new pg.Client({ connectionString: split.databases.get('orders')! })
  await client.connect()
  try {
    let written: string | undefined
    let orders_then = 0
    do {
      const { rows: [row] } = await client.query<{ lsn: string }>(
        'select pg_current_wal_flush_lsn()::text as lsn')
      if (row!.lsn !== written) [written, orders_then] = [row!.lsn, history.length]
      await sleep(look_again_ms)
    } while (history.length < orders_then + unwritten_orders)
  } finally {
    await client.end()
  }
}
