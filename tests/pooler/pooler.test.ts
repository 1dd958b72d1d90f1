import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool } from '@fermata/platform/database'
import { findServer } from '@fermata/platform/embedded-postgres/postmaster'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@fermata/platform/embedded-postgres/supervisor'
import { refusePooler } from '@fermata/platform/refuse-pooler'
import { allServices } from '@fermata/server/services'
import { eventually, startTestSystem } from '@fermata/testkit/start'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { figure } from '../proofs/proof.ts'
import { ignoring, startPgbouncer, type Pgbouncer } from './run-pgbouncer.ts'

/** What is between us and PostgreSQL, and what is left of a connection after a restart. */

let folder: string
let postgres: EmbeddedPostgres
let pooler: Pgbouncer | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fermata-pooled-'))
  await chmod(folder, 0o711)
  postgres = await startEmbeddedPostgres({ folder, transport: 'tcp', no_sync_initdb: true })
})
afterEach(async () => {
  await pooler?.stop()
  pooler = undefined
})
afterAll(async () => {
  await postgres?.stop()
  await rm(folder, { recursive: true, force: true })
})

const services = Object.values(allServices)
const sentence = /A pooler such as PgBouncer stands before the database at 127\.0\.0\.1/

test.each(services.map(service => [service.name, service] as const))(
  'R20: %s refuses PgBouncer in transaction mode with a sentence', async (_, service) => {
    for (const lines of [['pool_mode = transaction'], ['pool_mode = transaction', ignoring]]) {
      pooler = await startPgbouncer(postgres.url, lines)
      await expect(startTestSystem([service], {}, pooler.url)).rejects.toThrow(sentence)
      await pooler.stop()
      pooler = undefined
    }
  })

test('R20: one that passes the settings of a connection on is known by whose turn it is', async () => {
  const direct = createPool({ url: postgres.url, max_connections: 1, application_name: 'test' })
  // Whoever knows that the pooler drops it may set it for the role.
  await direct.query(`alter role fermata set statement_timeout = '30s'`)
  try {
    pooler = await startPgbouncer(postgres.url, ['pool_mode = transaction', ignoring])
    await expect(refusePooler(pooler.url)).rejects.toThrow('two connections to it are one')
  } finally {
    await direct.query('alter role fermata reset statement_timeout')
    await direct.end()
  }
})

test('R20: PostgreSQL itself is not taken for one, so the tests above can fail', async () => {
  await expect(refusePooler(postgres.url)).resolves.toBeUndefined()
})

test('R20: a pool heals after PostgreSQL was restarted under it', async () => {
  const pool = createPool({ url: postgres.url, max_connections: 4, application_name: 'test' })
  const ask = () => Promise.allSettled(Array.from({ length: 8 }, () => pool.query('select 1')))
  const isWell = async () => (await ask()).every(({ status }) => status === 'fulfilled')
  const took_ms: number[] = []
  try {
    for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
      await eventually(isWell, 'all connections to work')
      const before = (await findServer(join(postgres.folder, 'data')))!.pid
      process.kill(before, signal)
      // Who asks meanwhile is refused, and leaves broken connections in the pool.
      await eventually(async () => {
        await ask()
        const now = await findServer(join(postgres.folder, 'data'))
        return now && now.pid !== before && now.status === 'ready'
      }, 'the new PostgreSQL', 30_000)
      const ready_ms = performance.now()
      await eventually(isWell, 'all connections to work', 30_000)
      took_ms.push(Math.round(performance.now() - ready_ms))
    }
  } finally {
    await pool.end()
  }
  figure('R20', `After PostgreSQL accepted connections again a pool was whole in ${
    took_ms.join(', ')} ms (fast, immediate and killed).`)
  expect(Math.max(...took_ms)).toBeLessThan(10_000)
}, 120_000)
