import { createDatabase, createPool, type Db } from '@fermata/platform/database'

type Pool = ReturnType<typeof createPool>

/**
 * One connection of its owner to a database that no service is looking at, for as long as `work`.
 */
export async function withDatabase<T> (
  url: string, work: (db: Db, pool: Pool) => Promise<T>
): Promise<T> {
  const pool = createPool({ url, max_connections: 1, application_name: 'fermata-restore' })
  const db = createDatabase(pool)
  try {
    return await work(db, pool)
  } finally {
    await db.destroy()
  }
}
