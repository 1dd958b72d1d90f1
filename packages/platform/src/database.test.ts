import { createTestDatabase, type TestDatabase } from '@fermata/testkit/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPool } from './database.ts'

let database: TestDatabase
let pool: ReturnType<typeof createPool>

beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool({ url: database.url, max_connections: 2, application_name: 'test' })
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

/** What a connection asks the server for; on a Unix socket the server has no use for it. */
const asked = (name: string) =>
  Number(new RegExp(`-c ${name}=(\\d+)`).exec(String(pool.options.options))![1])

test('createPool: who waits for a row twice gives up before a holder that was cut off is ended', async () => {
  const { rows: [row] } = await pool.query<{ ms: number }>(
    "select setting::integer as ms from pg_settings where name = 'lock_timeout'")
  const ended_after_ms = asked('tcp_user_timeout')
  expect(2 * row!.ms).toBeLessThan(ended_after_ms)
  const probed_s = asked('tcp_keepalives_idle') +
    asked('tcp_keepalives_interval') * asked('tcp_keepalives_count')
  expect(probed_s * 1000).toBeLessThanOrEqual(ended_after_ms)
})
