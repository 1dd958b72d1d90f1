import { unavailable } from '@fermata/contracts/problems'
import { isDatabaseAway, type Db, type Tx } from './database.ts'
import { Problem } from './problem.ts'
import { sql } from './sql.ts'

/**
 * A restore that was cut off leaves some services of then and some of now. Which are not done is
 * written down in each of their databases before the first table is touched; while one is there no
 * process serves them, and the next restore of it begins anew. Marks of a restore that changed
 * nothing yet are taken away by the next start.
 */

/** While it is there relays and consumers of all services of the database stand still. */
export const restore_schema = 'fermata_restore'

const schema = sql.ref(restore_schema)
const state = sql.ref(`${restore_schema}.state`)

/** What is not done: which services of which backup. */
export interface HalfRestored {
  service: string
  backup_id: string
  /** All services of that restore, wherever they are. */
  services: string[]
  /**
   * `marked`: nothing of the restore was changed in this database. `begun`: this service is as it
   * was, another is not. `changed`: what it holds is the copy's, or part of it.
   */
  progress: 'marked' | 'begun' | 'changed'
}

/** Whoever reads and changes marks does so alone: the schema comes and goes with them. */
const alone = <T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> =>
  db.transaction().execute(async tx => {
    await lock(tx)
    return work(tx as Tx)
  })

const lock = (tx: Db) =>
  sql`select pg_advisory_xact_lock(hashtextextended('fermata restore marks', 0))`.run(tx)

export interface Restoring { backup_id: string, services: readonly string[] }

/**
 * Durable when it returns, in a transaction of its own. What an earlier restore has changed stays
 * known to be changed.
 * @param services of the restore that are in this database
 */
export const markRestoring = (
  db: Db, { backup_id, services: all }: Restoring, services: readonly string[]
): Promise<void> => alone(db, async tx => {
  await sql`create schema if not exists ${schema}`.run(tx)
  await sql`create table if not exists ${state} (
    service text primary key, backup_id uuid not null, services text[] not null,
    progress text not null default 'marked', began_at timestamptz not null default now())`.run(tx)
  await sql`insert into ${state} (service, backup_id, services)
    select service, ${backup_id}, ${[...all]}::text[]
      from unnest(${[...services]}::text[]) as service
    on conflict (service) do update set
      backup_id = excluded.backup_id, services = excluded.services, began_at = now()`.run(tx)
})

/** @returns the services of this database that a restore was cut off in */
export async function findRestoring (db: Db): Promise<HalfRestored[]> {
  const found = await sql<{ there: boolean }>`
    select to_regclass('fermata_restore.state') is not null as there`.first(db)
  if (!found!.there) return []
  return await sql<HalfRestored>`
    select service, backup_id, services, progress from ${state} order by service`.rows(db)
}

/**
 * In the transaction that changes the service, or before it.
 * @throws Problem `request/unavailable` where the mark is gone: a process has started since, and
 * works with what is there
 */
export async function markChanged (tx: Db, backup_id: string, service: string): Promise<void> {
  await lock(tx)
  const marks = await findRestoring(tx)
  if (!marks.some(mark => mark.service === service && mark.backup_id === backup_id)) {
    throw new Problem(unavailable, 'A process of Fermata started meanwhile. Try again.')
  }
  await sql`update ${state} set progress = case
      when service = ${service} then 'changed' when progress = 'marked' then 'begun'
      else progress end
    where backup_id = ${backup_id}`.run(tx)
}

/** These are done. What others are not done stays written down. */
export const clearRestoring = (db: Db, services: readonly string[]): Promise<void> =>
  alone(db, async tx => {
    if ((await findRestoring(tx)).length > 0) await remove(tx, services)
  })

async function remove (tx: Tx, services: readonly string[]): Promise<void> {
  await sql`delete from ${state} where service = any(${[...services]}::text[])`.run(tx)
  if ((await findRestoring(tx)).length > 0) return
  await sql`drop schema ${schema} cascade`.run(tx)
}

/** Nothing of these was changed, unless by an earlier restore, which is still not done then. */
export const forgetRestoring = (db: Db, services: readonly string[]): Promise<void> =>
  alone(db, async tx => {
    const marks = await findRestoring(tx)
    const untouched = marks.filter(({ progress }) => progress === 'marked')
      .map(({ service }) => service).filter(service => services.includes(service))
    if (untouched.length > 0) await remove(tx, untouched)
  })

/**
 * Takes marks away of a restore that ended before it changed anything: all of its services are in
 * this database, and none was changed. Where some are elsewhere nobody knows that here.
 * @param here services that are known to be in this database, marked or not
 * @returns what is not done
 */
const forgetUntouched = (db: Db, here: readonly string[]): Promise<HalfRestored[]> =>
  alone(db, async tx => {
    const marks = await findRestoring(tx)
    if (marks.length === 0) return []
    const known = new Set([...here, ...marks.map(({ service }) => service)])
    const is_untouched = marks.every(({ progress, services }) =>
      progress === 'marked' && services.every(service => known.has(service)))
    if (!is_untouched) return marks
    await remove(tx, marks.map(({ service }) => service))
    return []
  })

/**
 * @param here services that are known to be in this database
 * @throws with a sentence while a restore is not done
 */
export async function refuseHalfRestored (db: Db, here: readonly string[]): Promise<void> {
  const half = await forgetUntouched(db, here).catch((error: unknown) => {
    // Whoever asks next says so in a sentence of their own.
    if (isDatabaseAway(error)) return []
    throw error
  })
  if (half.length === 0) return
  const { backup_id } = half[0]!
  const intact = half.filter(({ progress }) => progress !== 'changed')
  const is_begun = half.some(({ progress }) => progress !== 'marked')
  const names = (marks: HalfRestored[]) => marks.map(({ service }) => service).join(', ')
  throw new Error(
    `A restore of the backup ${backup_id} was cut off before ${names(half)} were done, and ` +
    (is_begun ? 'half of it is there. '
      : 'what became of its other services cannot be seen from this database. ') +
    (intact.length > 0 ? `What ${names(intact)} held before is still there. ` : '') +
    'Do it again: npm run restore -- --from <folder or s3://bucket/folder> --backup ' +
    backup_id + (intact.length > 0 ? ' --replace' : ''))
}
