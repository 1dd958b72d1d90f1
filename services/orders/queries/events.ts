import type { EventFacts } from '@fermata/contracts/fields'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from 'kysely'
import type { DB } from '../database.ts'

/** What is known of events. Older facts never replace newer ones: events arrive in any order. */
export const storeFacts = (db: Db<DB> | Tx<DB>, facts: EventFacts[]) => sql`
  insert into orders.events (id, facts, title, status, ends_at, version)
  select f.id, f.facts, f.facts ->> 'title', f.facts ->> 'status', (f.facts ->> 'ends_at')::timestamptz, f.version
    from unnest(${facts.map(one => one.id)}::uuid[], ${facts.map(one => JSON.stringify(one))}::jsonb[],
      ${facts.map(one => one.version)}::integer[]) as f (id, facts, version)
   order by f.id
  on conflict (id) do update set facts = excluded.facts, title = excluded.title, status = excluded.status,
         ends_at = excluded.ends_at, version = excluded.version
    where events.version < excluded.version`.execute(db)

/** The event-wide pool may be set before anything else is known of the event. */
export const ensureEvent = (tx: Tx<DB>, event_id: string) => sql`
  insert into orders.events (id) values (${event_id}) on conflict do nothing`.execute(tx)

export const findFacts = async (db: Db<DB> | Tx<DB>, event_ids: string[]) => {
  const { rows } = await sql<{ id: string, facts: EventFacts }>`
    select id, facts from orders.events where id = any(${event_ids}::uuid[]) and facts is not null`.execute(db)
  return new Map(rows.map(row => [row.id, row.facts]))
}

/** Whether the public may know of the event. */
export const isAnnounced = async (db: Db<DB>, event_id: string) => (await sql`
  select from orders.events where id = ${event_id} and status <> 'draft'`.execute(db)).rows.length > 0

/**
 * The lock behind which stock and orders of these events change, taken in id order so that nobody
 * deadlocks.
 */
export const lockEvents = (tx: Tx<DB>, event_ids: string[]) => sql`
  select from orders.events where id = any(${event_ids}::uuid[]) order by id for no key update`.execute(tx)
