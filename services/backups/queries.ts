import type { BackupStatus, RestoreReport } from '@fermata/contracts/backups'
import type { ImportResult } from '@fermata/contracts/platform'
import type { ServiceName } from '@fermata/contracts/services'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import type { Kept } from './rules/retention.ts'

export interface PartRow {
  service: ServiceName
  status: BackupStatus
  rows: number
  bytes: number
  sha256: string | null
  tables: ImportResult['tables'] | null
  error: string | null
}

export interface BackupRow {
  id: string
  status: BackupStatus
  trigger: 'schedule' | 'request'
  parts: PartRow[]
  error: string | null
  request_id: string | null
  created_at: string
  taken_at: string | null
  completed_at: string | null
  verified_at: string | null
  restored_at: string | null
  restore_report: RestoreReport | null
  /** The store away from this machine in which it is. */
  elsewhere: string | null
}

const columns = sql`b.id, b.status, b.trigger, b.error, b.request_id, b.created_at, b.taken_at,
  b.completed_at, b.verified_at, b.restored_at,
  b.restore_report, b.elsewhere, (select coalesce(jsonb_agg(to_jsonb(p) - 'backup_id' order by p.service), '[]')
                    from backups.parts p where p.backup_id = b.id) as parts`

export const findBackup = (db: Db, id: string) => sql<BackupRow>`
  select ${columns} from backups.backups b where b.id = ${id}`.first(db)

/** The one that waits, or that a killed process left. */
export const findOpenBackup = (db: Db) => sql<BackupRow>`
  select ${columns} from backups.backups b where b.status in ('pending', 'in_progress')`.first(db)

export const listNewestFirst = (
  db: Db, filter: { status?: BackupStatus, after: string | null, limit: number }
) => sql<BackupRow>`
  select ${columns} from backups.backups b
   where (${filter.status ?? null}::text is null or b.status = ${filter.status ?? null})
     and (${filter.after}::uuid is null or b.id < ${filter.after}::uuid)
   order by b.id desc limit ${filter.limit}`.rows(db)

export interface NewBackup {
  id: string
  trigger: 'schedule' | 'request'
  services: ServiceName[]
  request_id: string | null
}

/** Nothing is inserted while another one is open; false then. */
export const insertBackup = async (tx: Tx, row: NewBackup) => {
  const rows = await sql`
    insert into backups.backups (id, trigger, request_id) values (${row.id}, ${row.trigger}, ${row.request_id})
    on conflict do nothing returning id`.rows(tx)
  if (rows.length === 0) return false
  await sql`insert into backups.parts (backup_id, service)
    select ${row.id}::uuid, unnest(${row.services}::text[])`.run(tx)
  return true
}

export const markBackupRunning = (db: Db, id: string) => sql`
  update backups.backups set status = 'in_progress' where id = ${id}`.run(db)

export const markTaken = (db: Db, id: string, taken_at: string) => sql`
  update backups.backups set taken_at = ${taken_at} where id = ${id}`.run(db)

export const markPartRunning = (db: Db, id: string, service: ServiceName) => sql`
  update backups.parts set status = 'in_progress' where backup_id = ${id} and service = ${service}`.run(db)

export interface Stored { rows: number, bytes: number, sha256: string, tables: ImportResult['tables'] }

export const markPartCompleted = (db: Db, id: string, service: ServiceName, stored: Stored) => sql`
  update backups.parts set status = 'completed', error = null, rows = ${stored.rows}, bytes = ${stored.bytes},
         sha256 = ${stored.sha256}, tables = ${JSON.stringify(stored.tables)}::jsonb
   where backup_id = ${id} and service = ${service}`.run(db)

export const markPartFailed = (db: Db, id: string, service: ServiceName, error: string) => sql`
  update backups.parts set status = 'failed', error = ${error}
   where backup_id = ${id} and service = ${service}`.run(db)

export const markBackupCompleted = (tx: Tx, id: string) => sql`
  update backups.backups set status = 'completed', completed_at = now(), verified_at = now()
   where id = ${id}`.run(tx)

/** A finished backup keeps the time of its completion when it turns out to be damaged later. */
export const markBackupFailed = async (tx: Tx, id: string, error: string) => (await sql<{ failed_at: string }>`
  update backups.backups set status = 'failed', error = ${error} where id = ${id}
  returning now() as failed_at`.one(tx)).failed_at

/** All its parts were proven just now, whatever was found before. */
export const markWhole = async (tx: Tx, id: string) => {
  await sql`update backups.parts set status = 'completed', error = null where backup_id = ${id}`.run(tx)
  await sql`update backups.backups set status = 'completed', error = null, verified_at = now(),
      completed_at = coalesce(completed_at, now()) where id = ${id}`.run(tx)
}

/** Those that are over and not in this store, newest first. */
export const listNotElsewhere = async (db: Db, place: string) => (await sql<{ id: string }>`
  select id from backups.backups
   where status in ('completed', 'failed') and elsewhere is distinct from ${place}
   order by id desc`.rows(db)).map(({ id }) => id)

/** One that failed for want of it alone is complete now. */
export const markElsewhere = (db: Db, id: string, place: string) => sql`
  with reasons as (
    select string_agg(service || ': ' || error, ' ' order by service) as error
      from backups.parts where backup_id = ${id} and status = 'failed'
  )
  update backups.backups b set elsewhere = ${place},
         status = case when b.status = 'failed' and r.error is null then 'completed' else b.status end,
         error = case when b.status = 'failed' then r.error end,
         completed_at = case when b.status = 'failed' and r.error is null
           then coalesce(b.completed_at, now()) else b.completed_at end,
         verified_at = case when b.status = 'failed' and r.error is null
           then coalesce(b.verified_at, now()) else b.verified_at end
    from reasons r where b.id = ${id}`.run(db)

export const markRestored = (db: Db, id: string, report: RestoreReport) => sql`
  update backups.backups set restored_at = now(), restore_report = ${JSON.stringify(report)}::jsonb
   where id = ${id}`.run(db)

/** All there are: retention keeps them few. */
export const listKept = (db: Db) => sql<Kept & { taken_at: string | null }>`
  select id, status, created_at, taken_at from backups.backups`.rows(db)

export const deleteBackup = (db: Db, id: string) => sql`
  delete from backups.backups where id = ${id} and status in ('completed', 'failed')`.run(db)

export interface Catalogue { backups: unknown, parts: unknown }

export const readCatalogue = (db: Db) => sql<Catalogue>`
  select (select coalesce(jsonb_agg(to_jsonb(b)), '[]') from backups.backups b) as backups,
         (select coalesce(jsonb_agg(to_jsonb(p)), '[]') from backups.parts p) as parts`.one(db)

/** Which copies exist is told by the disk of today, not by a copy of yesterday. */
export const replaceCatalogue = async (tx: Tx, { backups, parts }: Catalogue) => {
  await sql`delete from backups.backups`.run(tx)
  await sql`insert into backups.backups
    select * from jsonb_populate_recordset(null::backups.backups, ${JSON.stringify(backups)}::jsonb)`.run(tx)
  await sql`insert into backups.parts
    select * from jsonb_populate_recordset(null::backups.parts, ${JSON.stringify(parts)}::jsonb)`.run(tx)
}

/** In seconds, of the last one that was completed; null where there is none. */
export const findBackupAge = async (db: Db) => (await sql<{ age_seconds: number | null }>`
  select extract(epoch from now() - coalesce(
           (select max(completed_at) from backups.backups where status = 'completed'),
           (select min(timestamp)::timestamptz from backups.migrations)))::float8 as age_seconds`.one(db)).age_seconds
