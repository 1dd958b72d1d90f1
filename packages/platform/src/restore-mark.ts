import { sql } from 'kysely'
import { isDatabaseAway, type Db } from './database.ts'

/**
 * A restore that was cut off leaves some services of then and some of now. Which are not done is
 * written down in each of their databases before the first table is touched; while one is there no
 * process serves them, and the next restore of it begins anew.
 */

const schema = sql.ref('fermata_restore')
const state = sql.ref('fermata_restore.state')

/** What is not done: which services of which backup. */
export interface HalfRestored { service: string, backup_id: string }

/** Durable when it returns, in a transaction of its own. */
export const markRestoring = (
  db: Db, backup_id: string, services: readonly string[]
): Promise<void> => db.transaction().execute(async tx => {
  await sql`create schema if not exists ${schema}`.execute(tx)
  await sql`create table if not exists ${state} (
    service text primary key, backup_id uuid not null,
    began_at timestamptz not null default now())`.execute(tx)
  await sql`insert into ${state} (service, backup_id)
    select service, ${backup_id} from unnest(${[...services]}::text[]) as service
    on conflict (service) do update set backup_id = excluded.backup_id, began_at = now()
    `.execute(tx)
})

/** @returns the services of this database that a restore was cut off in */
export async function findRestoring (db: Db): Promise<HalfRestored[]> {
  const { rows: [found] } = await sql<{ there: boolean }>`
    select to_regclass('fermata_restore.state') is not null as there`.execute(db)
  if (!found!.there) return []
  return (await sql<HalfRestored>`
    select service, backup_id from ${state} order by service`.execute(db)).rows
}

/** These are done. What others are not done stays written down. */
export const clearRestoring = (db: Db, services: readonly string[]): Promise<void> =>
  db.transaction().execute(async tx => {
    if ((await findRestoring(tx)).length === 0) return
    await sql`delete from ${state} where service = any(${[...services]}::text[])`.execute(tx)
    if ((await findRestoring(tx)).length > 0) return
    await sql`drop schema ${schema} cascade`.execute(tx)
  })

/** @throws with a sentence while a restore is not done */
export async function refuseHalfRestored (db: Db): Promise<void> {
  const half = await findRestoring(db).catch((error: unknown) => {
    // Whoever asks next says so in a sentence of their own.
    if (isDatabaseAway(error)) return []
    throw error
  })
  if (half.length === 0) return
  const { backup_id } = half[0]!
  throw new Error(
    `A restore of the backup ${backup_id} was cut off before ` +
    `${half.map(({ service }) => service).join(', ')} were done, and half of it is there. ` +
    `Do it again: npm run restore -- --from <folder or s3://bucket/folder> --backup ${backup_id}`)
}
