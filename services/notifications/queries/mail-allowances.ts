import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import type { Action } from '../rules/outgoing.ts'

export interface AllowanceRow {
  key: Buffer
  spent_until: string
  waiting_id: string | null
  now: string
}

/**
 * Locked in the order of their keys, so that two batches about the same people queue. The clock is
 * read when the locks are had: a moment that was waited away would be counted twice.
 */
export async function lockAllowances (tx: Tx, keys: Buffer[]): Promise<AllowanceRow[]> {
  const sorted = keys.toSorted(Buffer.compare)
  await sql`
    insert into notifications.mail_allowances (key, spent_until)
    select key, now() from unnest(${sorted}::bytea[]) with ordinality as new (key, place)
     order by place on conflict do nothing`.run(tx)
  return await sql<AllowanceRow>`
    with locked as materialized (
      select key, spent_until, waiting_id from notifications.mail_allowances
       where key = any(${sorted}::bytea[]) order by key for update)
    select *, clock_timestamp() as now from locked`.rows(tx)
}

export const storeAllowances = (
  tx: Tx, rows: Pick<AllowanceRow, 'key' | 'spent_until' | 'waiting_id'>[],
) => sql`
  update notifications.mail_allowances a
     set spent_until = new.spent_until, waiting_id = new.waiting_id
    from ${sql.rows(rows, { key: 'bytea', spent_until: 'timestamptz', waiting_id: 'uuid' })} as new
   where a.key = new.key`.run(tx)

/** When the mail with these ids is sent, of those that nobody has begun to send. */
export const findWaiting = (tx: Tx, ids: string[]) => sql<{ id: string, due_at: string }>`
  select id, next_attempt_at as due_at /* present: due_at */ from notifications.deliveries
   where id = any(${ids}::uuid[]) and status = 'pending' and attempts = 0
     for update`.rows(tx)

/** Names further news in a mail that waits, each once; what is above the limit is left out. */
export const addLinks = (tx: Tx, id: string, links: Action[], most: number) => sql`
  update notifications.deliveries
     set content = jsonb_set(content, '{links}', (
           select jsonb_agg(link order by place) from (
             select link, min(place) as place from jsonb_array_elements(
               coalesce(content -> 'links', '[]'::jsonb) || ${JSON.stringify(links)}::jsonb)
               with ordinality as one (link, place)
              group by link order by place limit ${most}) as each_once))
   where id = ${id}`.run(tx)

/** What has been at its pace for a day is as good as new. */
export const deleteOldAllowances = (db: Db) => sql`
  delete from notifications.mail_allowances where spent_until < now() - interval '1 day'`.run(db)
