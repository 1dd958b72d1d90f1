import type { DeadlineKind, DeadlineStatus } from '@fermata/contracts/expiration'
import { placeSet } from '@fermata/platform/array-text'
import type { StatementLine } from '@fermata/contracts/reconciliation'
import type { Db, Tx } from '@fermata/platform/database'
import { originOf } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { within, type Lines } from '@fermata/platform/statement-queries'
import type { Statements } from '@fermata/platform/statements'

export interface DeadlineRow {
  kind: DeadlineKind
  subject_id: string
  due_at: string
  status: DeadlineStatus
  reached_at: string | null
  seconds_left: number
}

export interface NewDeadline {
  kind: DeadlineKind
  subject_id: string
  due_at: string
}

/** The row of subjects whose ids were made together, and their places in it. */
const rowsOf = (subject_ids: readonly string[]): { id: string, places: string }[] =>
  [...Map.groupBy([...new Set(subject_ids)].map(originOf), ({ id }) => id)]
    .map(([id, own]) => ({ id, places: placeSet(own.map(({ place }) => place ?? 1)) }))

/**
 * A later due date replaces an earlier one while nobody was told. One that was dropped before it
 * arrived stays dropped: events may come in any order, and what ended needs no deadline.
 */
export async function setDeadlines (
  tx: Tx, kind: DeadlineKind, deadlines: readonly Pick<NewDeadline, 'subject_id' | 'due_at'>[]
): Promise<void> {
  const dueAt = new Map(deadlines.map(({ subject_id, due_at }) =>
    [originOf(subject_id).id, due_at]))
  const shared = rowsOf(deadlines.map(({ subject_id }) => subject_id))
    .map(row => ({ ...row, due_at: dueAt.get(row.id)! }))
  await sql`
    insert into expiration.deadlines (kind, id, due_at, held)
    select ${kind}, id, due_at, places
      from ${sql.rows(shared, { id: 'uuid', due_at: 'timestamptz', places: 'int4multirange' })} as d
    on conflict (kind, id) do update set held = deadlines.held + excluded.held,
      due_at = case when isempty(deadlines.reached) then excluded.due_at else deadlines.due_at end`.run(tx)
}

/** Inserts the row when the event that ends it overtakes the one that sets it. */
export async function dropDeadlines (
  tx: Tx, kind: DeadlineKind, subject_ids: readonly string[]
): Promise<void> {
  await sql`
    insert into expiration.deadlines (kind, id, due_at, dropped)
    select ${kind}, id, now(), places
      from ${sql.rows(rowsOf(subject_ids), { id: 'uuid', places: 'int4multirange' })} as d
    on conflict (kind, id) do update set dropped = deadlines.dropped + excluded.dropped
      where not deadlines.dropped + deadlines.reached @> excluded.dropped`.run(tx)
}

/**
 * Due by the database's clock, which no process can set wrong; `skip locked` lets replicas share
 * the work.
 * @param limit of deadlines; the row in which it falls goes whole
 */
export const takeDue = (tx: Tx, limit: number) => sql<TakenDeadline>`
  with due as (
    select kind, id, places, sum(count) over (order by due_at, id) - count as before from (
      select kind, id, due_at, held - dropped - reached as places, (
               select sum(upper(part) - lower(part))::integer
                 from unnest(held - dropped - reached) as part) as count
        from expiration.deadlines where is_waiting and due_at <= now()
       order by due_at, id limit ${limit} for update skip locked) as locked
  ), taken as (
    update expiration.deadlines as d set reached = d.reached + due.places, reached_at = now()
      from due where due.before < ${limit} and d.kind = due.kind and d.id = due.id
    returning d.kind, d.id, d.due_at, d.reached_at, due.places
  )
  /* present: reached_at */
  select t.kind, expiration.subject_at(t.id, place) as subject_id, t.due_at, t.reached_at
    from taken t cross join unnest(t.places) as part
         cross join generate_series(lower(part), upper(part) - 1) as place`.rows(tx)

interface TakenDeadline {
  kind: DeadlineKind
  subject_id: string
  due_at: string
  reached_at: string
}

const columns = sql.raw(`/* present: kind, subject_id, due_at, status */ kind, subject_id, due_at, status, reached_at,
  greatest(0, ceil(extract(epoch from due_at - now())))::integer as seconds_left`)

export const findDeadline = (db: Db, kind: DeadlineKind, subject_id: string) =>
  sql<DeadlineRow>`
  select ${columns} from expiration.each_deadline
   where kind = ${kind} and row_id = ${originOf(subject_id).id} and subject_id = ${subject_id}`
    .first(db)

/** Whose holds these are; nobody who has no account. */
export const insertOwners = (
  tx: Tx, owners: readonly { subject_id: string, user_id: string }[]
) => sql`
  insert into expiration.owners (subject_id, user_id)
  select * from ${sql.rows(owners, { subject_id: 'uuid', user_id: 'uuid' })} as o
  on conflict do nothing`.run(tx)

export const isOwner = async (db: Db, subject_id: string, user_id: string) => await sql`
  select true as is_owner from expiration.owners where subject_id = ${subject_id} and user_id = ${user_id}`.first(db) !== undefined

export interface DeadlineFilter {
  kind?: DeadlineKind
  status?: DeadlineStatus
  after: { due_at: string, subject_id: string } | null
  limit: number
}

export const listDueFirst = (db: Db, filter: DeadlineFilter) => sql<DeadlineRow>`
  select ${columns} from expiration.each_deadline
   where (${filter.kind ?? null}::text is null or kind = ${filter.kind ?? null})
     and (${filter.status ?? null}::text is null or status = ${filter.status ?? null})
     and (${filter.after?.due_at ?? null}::timestamptz is null
          or (due_at, subject_id) > (${filter.after?.due_at ?? null}::timestamptz, ${
    filter.after?.subject_id ?? null
  }::uuid))
   order by due_at, subject_id limit ${filter.limit}`.rows(db)

/** Deadlines whose time has come and that nobody was told of. */
const listDue = (db: Db, lines: Lines) => sql<StatementLine>`
  /* present: id, since */ select subject_id as id, due_at as since,
         json_build_object('kind', kind, 'due_at', due_at) as figures
    from expiration.each_deadline
   where is_waiting and status = 'waiting' and due_at <= now() and ${within(lines, 'subject_id')}
   order by subject_id limit ${lines.limit}`.rows(db)

export const statements: Statements = { due: { read: listDue } }
