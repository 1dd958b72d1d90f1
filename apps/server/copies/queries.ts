import type { CopyPart } from '@fermata/backups/copies/manifest'
import type { ServiceName } from '@fermata/contracts/services'
import type { Db } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

/** What a restore asks of databases that no service is looking at. */

const table = (service: ServiceName, name: string) => sql.ref(`${service}.${name}`)

/** Rows of a service's own tables; null where it has none yet. */
export async function countRows (db: Db, service: ServiceName): Promise<number | null> {
  const rows = await sql<{ name: string }>`
    select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = ${service} and c.relkind = 'r'
       and c.relname not in ('migrations', 'migrations_lock')`.rows(db)
  if (rows.length === 0) return null
  const counts = sql.join(
    rows.map(({ name }) => sql`(select count(*) from ${table(service, name)})`), sql` + `)
  return (await sql<{ rows: number }>`select (${counts}) as rows`.one(db)).rows
}

/** Whether a service has been installed here. */
export const hasOutbox = async (db: Db, service: ServiceName) => (await sql<{ is_there: boolean }>`
  select to_regclass(${`${service}.outbox`}) is not null as is_there`.one(db)).is_there

/** Who of Fermata is connected to the database but these commands. */
export const listUsers = async (db: Db) => (await sql<{ name: string }>`
  select distinct application_name as name /* present: name */ from pg_stat_activity
   where datname = current_database() and pid <> pg_backend_pid()
     and application_name like 'fermata-%'
     and application_name not in ('fermata-restore', 'fermata-verify')`.rows(db))
  .map(({ name }) => name)

/** Tables of before make way for those of the copy's version. */
export const dropService = (db: Db, service: ServiceName) =>
  sql`drop schema if exists ${sql.ref(service)} cascade`.run(db)

/** The backup that was under way in the copy of itself is the one that was restored. */
export async function completeBackup (
  db: Db, id: string, parts: readonly (CopyPart & { sha256: string })[]
): Promise<void> {
  for (const part of parts) await sql`
    update backups.parts set status = 'completed', error = null, rows = ${part.rows},
           bytes = ${part.bytes}, sha256 = ${part.sha256},
           tables = ${JSON.stringify(part.tables)}::jsonb
     where backup_id = ${id} and service = ${part.service}`.run(db)
  await sql`update backups.backups set status = 'completed', completed_at = now(),
      verified_at = now(), restored_at = now() where id = ${id}`.run(db)
  await sql`update backups.parts set status = 'failed', error = 'It was not done when the copy was made.'
    where status in ('pending', 'in_progress')`.run(db)
  await sql`update backups.backups set status = 'failed', error = 'It was not done when the copy was made.'
    where status in ('pending', 'in_progress')`.run(db)
}
