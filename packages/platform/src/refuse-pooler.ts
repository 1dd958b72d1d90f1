import type pg from 'pg'
import { createPool, explainAway } from './database.ts'

/**
 * A pooler such as PgBouncer that gives each transaction another connection takes away what we
 * stand on: deadlines of statements and locks that every connection is opened with, statements
 * prepared by name, the listener of jobs, the lock that keeps backup and restore apart. All of it
 * would seem to work, until two processes shared a connection.
 */
const refusal = (place: string, reason: string) => new Error(
  `A pooler such as PgBouncer stands before the database at ${place}: ${reason}. Fermata pools its ` +
  'connections itself and needs ones of its own: name the address of PostgreSQL itself.')

/** What PgBouncer says of a setting that it cannot pass on. */
const isPoolersRefusal = (error: unknown) =>
  error instanceof Error && /unsupported startup parameter/.test(error.message)

/** That many looks at whose turn it is; others may use the same pooler meanwhile. */
const looks = 5

interface Told { pid: number, timeout: string }

const processOf = async (client: pg.PoolClient) => (await client.query<Told>(
  `select pg_backend_pid() as pid, current_setting('statement_timeout') as timeout`)).rows[0]!

/** @throws Error with a sentence for whoever set the address */
export async function refusePooler (url: string): Promise<void> {
  const { host } = new URL(url)
  const place = host || 'this address'
  const pool = createPool({ url, max_connections: 2, application_name: 'fermata-owner' })
  const clients: pg.PoolClient[] = []
  try {
    clients.push(await pool.connect(), await pool.connect())
    const [first, second] = clients as [pg.PoolClient, pg.PoolClient]
    const { pid, timeout } = await processOf(first)
    if (timeout === '0') throw refusal(place, 'what a connection is opened with does not reach it')
    for (let look = 0; look < looks; look++) {
      await second.query('begin')
      const other = await processOf(second)
      const again = other.pid === pid ? other : await processOf(first)
      await second.query('rollback')
      if (other.pid === pid || again.pid !== pid) {
        throw refusal(place, 'two connections to it are one')
      }
    }
  } catch (error) {
    if (isPoolersRefusal(error)) throw refusal(place, (error as Error).message)
    throw explainAway(`at ${place}`, error)
  } finally {
    for (const client of clients) client.release()
    await pool.end()
  }
}
