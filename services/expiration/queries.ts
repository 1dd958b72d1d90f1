import type { DeadlineKind, DeadlineStatus } from '@fermata/contracts/expiration'
import { plainArray } from '@fermata/platform/array-text'
import type { StatementLine } from '@fermata/contracts/reconciliation'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import { within, type Lines } from '@fermata/platform/statement-queries'
import type { Statements } from '@fermata/platform/statements'

export interface DeadlineRow {
  kind: DeadlineKind
  subject_id: string
  due_at: string
  status: DeadlineStatus
  user_id: string | null
  reached_at: string | null
  seconds_left: number
}

export interface NewDeadline {
  kind: DeadlineKind
  subject_id: string
  due_at: string
  user_id: string | null
}

/**
 * A later due date replaces an earlier one while the deadline waits. One that was dropped before it
 * arrived stays dropped: events may come in any order, and what ended needs no deadline.
 */
export const setDeadlines = (tx: Tx, rows: NewDeadline[]) => sql`
  insert into expiration.deadlines (kind, subject_id, due_at, user_id)
  select * from unnest(
    ${plainArray(rows.map(row => row.kind))}::text[],
    ${plainArray(rows.map(row => row.subject_id))}::uuid[],
    ${plainArray(rows.map(row => row.due_at))}::timestamptz[],
    ${plainArray(rows.map(row => row.user_id))}::uuid[])
  on conflict (kind, subject_id) do update set due_at = excluded.due_at
    where deadlines.status = 'waiting'`.run(tx)

/** Inserts the row when the event that ends it overtakes the one that sets it. */
export const dropDeadlines = (tx: Tx, kind: DeadlineKind, subject_ids: string[]) => sql`
  insert into expiration.deadlines (kind, subject_id, due_at, status)
  select ${kind}, id, now(), 'dropped' from unnest(${subject_ids}::uuid[]) as id
  on conflict (kind, subject_id) do update set status = 'dropped' where deadlines.status = 'waiting'`.run(tx)

/**
 * Due by the database's clock, which no process can set wrong; `skip locked` lets replicas share
 * the work.
 */
export const takeDue = (tx: Tx, limit: number) => sql<DeadlineRow>`
  update expiration.deadlines as d set status = 'reached', reached_at = now()
    from (select kind, subject_id from expiration.deadlines
           where status = 'waiting' and due_at <= now()
           order by due_at limit ${limit} for update skip locked) as due
   where d.kind = due.kind and d.subject_id = due.subject_id
  returning d.*, 0 as seconds_left`.rows(tx)

const columns = sql.raw(`kind, subject_id, due_at, status, user_id, reached_at,
  greatest(0, ceil(extract(epoch from due_at - now())))::integer as seconds_left`)

export const findDeadline = (db: Db, kind: DeadlineKind, subject_id: string) =>
  sql<DeadlineRow>`
  select ${columns} from expiration.deadlines where kind = ${kind} and subject_id = ${subject_id}`.first(db)

export interface DeadlineFilter {
  kind?: DeadlineKind
  status?: DeadlineStatus
  after: { due_at: string, subject_id: string } | null
  limit: number
}

export const listDueFirst = (db: Db, filter: DeadlineFilter) => sql<DeadlineRow>`
  select ${columns} from expiration.deadlines
   where (${filter.kind ?? null}::text is null or kind = ${filter.kind ?? null})
     and (${filter.status ?? null}::text is null or status = ${filter.status ?? null})
     and (${filter.after?.due_at ?? null}::timestamptz is null
          or (due_at, subject_id) > (${filter.after?.due_at ?? null}::timestamptz, ${
    filter.after?.subject_id ?? null
  }::uuid))
   order by due_at, subject_id limit ${filter.limit}`.rows(db)

/** Deadlines whose time has come and that nobody was told of. */
const listDue = (db: Db, lines: Lines) => sql<StatementLine>`
  select subject_id as id, due_at as since,
         json_build_object('kind', kind, 'due_at', due_at) as figures
    from expiration.deadlines
   where status = 'waiting' and due_at <= now() and ${within(lines, 'subject_id')}
   order by subject_id limit ${lines.limit}`.rows(db)

export const statements: Statements = { due: { read: listDue } }
