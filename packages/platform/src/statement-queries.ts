import type { StatementLine } from '@fermata/contracts/reconciliation'
import type { Db } from './database.ts'
import { rowsOf } from './event-bundles.ts'
import { originOf } from './ids.ts'
import { sql, type Fragment } from './sql.ts'

/** What every service states of its outbox, its inbox and its dead letters. */

/** Which lines of a list are asked for. */
export interface Lines { after: string | null, ids: readonly string[] | null, limit: number }

/** The part of a `where` that chooses these lines by the column of their ids. */
export function within ({ after, ids }: Lines, column: string): Fragment<unknown> {
  const id = sql.ref(column)
  return sql`(${after === null ? sql`true` : sql`${id} > ${after}::uuid`}
    and ${ids === null ? sql`true` : sql`${id} = any(${[...ids]}::uuid[])`})`
}

/** Rows of events that nobody has taken yet, and since when each may be. */
export const listUnsentLines = (db: Db, schema: string, lines: Lines) =>
  sql<StatementLine>`
  select id, created_at as since, json_build_object('type', type, 'attempts', attempts) as figures
    from ${sql.ref(`${schema}.outbox`)} where sent_at is null and ${within(lines, 'id')}
   order by id limit ${lines.limit}`.rows(db)

/** Events whose effects were confirmed. */
export const listSentLines = (db: Db, schema: string, lines: Lines) =>
  sql<StatementLine>`
  select id, sent_at as since, json_build_object('type', type, 'data', data::text) as figures
    from ${sql.ref(`${schema}.outbox_events`)}
   where sent_at is not null and ${within(lines, 'id')}
     -- Of the bundle of the last line there may be more to tell.
     and ${lines.after === null ? sql`true` : sql`row_id >= ${originOf(lines.after).id}::uuid`}
     and ${lines.ids === null ? sql`true` : sql`row_id = any(${rowsOf(lines.ids)}::uuid[])`}
   order by row_id, id limit ${lines.limit} /* present: id */`.rows(db)

export const listDeadLetterLines = (db: Db, schema: string, lines: Lines) =>
  sql<StatementLine>`
  select id, created_at as since,
         json_build_object('type', type, 'handler', handler, 'error', left(error, 200)) as figures
    from ${sql.ref(`${schema}.dead_letters`)} where retried_at is null and ${within(lines, 'id')}
   order by id limit ${lines.limit}`.rows(db)

/** Those that have had their effect, or are dead letters that wait for somebody to look at them. */
export async function findHandled (
  db: Db, schema: string, owed: readonly { event_id: string, handler: string }[]
): Promise<Set<string>> {
  const asked = owed.map(one => {
    const { id: origin, place } = originOf(one.event_id)
    return { ...one, origin, place }
  })
  const rows = await sql<{ key: string }>`
    select o.event_id || ' ' || o.handler as key
    from ${sql.rows(asked, {
      event_id: 'uuid', handler: 'text', origin: 'uuid', place: 'integer',
    })} as o
   where exists (select from ${sql.ref(`${schema}.inbox`)} i
                  where i.event_id = o.origin and i.handler = o.handler
                    and (o.place is null or i.done @> o.place))
      or exists (select from ${sql.ref(`${schema}.dead_letters`)} d
                  where d.event_id = o.event_id and d.handler = o.handler)`.rows(db)
  return new Set(rows.map(row => row.key))
}
