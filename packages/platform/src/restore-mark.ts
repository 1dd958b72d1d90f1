import { sql } from 'kysely'
import { isDatabaseAway, type Db } from './database.ts'

/**
 * A restore that was cut off leaves some services of then and some of now. While the mark is there
 * no process serves them; the next restore begins anew and takes it away.
 */

const schema = sql.ref('fermata_restore')
const state = sql.ref('fermata_restore.state')

export async function markRestoring (db: Db, backup_id: string): Promise<void> {
  await sql`create schema if not exists ${schema}`.execute(db)
  await sql`create table if not exists ${state} (
    backup_id uuid not null, began_at timestamptz not null default now())`.execute(db)
  await sql`insert into ${state} (backup_id) values (${backup_id})`.execute(db)
}

/** @returns the backup that a restore was cut off in, or null */
export async function findRestoring (db: Db): Promise<string | null> {
  const { rows: [found] } = await sql<{ there: boolean }>`
    select to_regclass('fermata_restore.state') is not null as there`.execute(db)
  if (!found!.there) return null
  return (await sql<{ backup_id: string }>`
    select backup_id from ${state} order by began_at desc limit 1`.execute(db)).rows[0]?.backup_id
    ?? null
}

export const clearRestoring = (db: Db) =>
  sql`drop schema if exists ${schema} cascade`.execute(db)

/** @throws with a sentence while a restore is not done */
export async function refuseHalfRestored (db: Db): Promise<void> {
  const backup_id = await findRestoring(db).catch((error: unknown) => {
    // Whoever asks next says so in a sentence of their own.
    if (isDatabaseAway(error)) return null
    throw error
  })
  if (backup_id !== null) throw new Error(
    `A restore of the backup ${backup_id} was cut off, and half of it is there. Do it again: ` +
    'npm run restore -- --from <folder or s3://bucket/folder>')
}
