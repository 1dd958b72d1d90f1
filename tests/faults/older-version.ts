import { join } from 'node:path'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { createDatabase, createPool } from '@fermata/platform/database'
import { ownerOf } from '@fermata/platform/embedded-postgres/owner'
import { startEmbeddedPostgres } from '@fermata/platform/embedded-postgres/supervisor'
import { migrate } from '@fermata/platform/migrate'
import { allServices } from '@fermata/server/services'
import { dropService } from '@fermata/server/copies/queries'
import pg from 'pg'
import { databaseUrlOf, postmasterOf } from './postmaster-of.ts'

/** Data of an older version, and how far the next one has come with them. */

/** How many migrations each service has when it is up to date. */
export type Whole = ReadonlyMap<ServiceName, number>

/**
 * Takes the data of a stopped installation back to an earlier version of each service's tables,
 * which are empty then.
 */
export async function makeOlder (
  folder: string, random: (below: number) => number
): Promise<Whole> {
  const whole = new Map<ServiceName, number>()
  const server = await startEmbeddedPostgres({ folder: join(folder, 'postgres') })
  const pool = createPool(
    { url: await ownerOf(server), max_connections: 1, application_name: 'older' })
  const db = createDatabase(pool)
  try {
    for (const name of serviceNames) {
      const { rows } = await pool.query<{ name: string }>(
        `select name from ${name}.migrations order by name`)
      whole.set(name, rows.length)
      await dropService(db, name)
      // At least one is missing, so that there is something to do.
      const kept = rows.slice(0, 1 + random(rows.length - 1)).map(row => row.name)
      await migrate(db, name, allServices[name].migrations, kept)
    }
    return whole
  } finally {
    await db.destroy()
    await server.stop()
  }
}

/** How many services are up to date; none while nobody can say. */
export async function countUpgraded (folder: string, whole: Whole): Promise<number> {
  if (!(await postmasterOf(folder).catch(() => undefined))?.accepts) return 0
  const client = new pg.Client({ connectionString: await databaseUrlOf(folder) })
  client.on('error', () => {})
  try {
    await client.connect()
    let upgraded = 0
    for (const [name, count] of whole) {
      const { rowCount } = await client.query(`select from ${name}.migrations`)
      if (rowCount === count) upgraded++
    }
    return upgraded
  } catch {
    // It is only starting, or was killed.
    return 0
  } finally {
    await client.end().catch(() => {})
  }
}
