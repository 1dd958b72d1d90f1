import type { EventFacts } from '@fermata/contracts/fields'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

/** What is known of events. Older facts never replace newer ones: events arrive in any order. */
export const storeFacts = (db: Db | Tx, facts: EventFacts[]) => sql`
  insert into orders.events (id, facts, title, status, ends_at, version)
  select f.id, f.facts, f.facts ->> 'title', f.facts ->> 'status', (f.facts ->> 'ends_at')::timestamptz, f.version
    from ${sql.rows(facts.map(one => ({ ...one, facts: JSON.stringify(one) })), {
           id: 'uuid', facts: 'jsonb', version: 'integer',
         })} as f
   order by f.id
  on conflict (id) do update set facts = excluded.facts, title = excluded.title, status = excluded.status,
         ends_at = excluded.ends_at, version = excluded.version
    where events.version < excluded.version`.run(db)

/** The event-wide pool may be set before anything else is known of the event. */
export const ensureEvent = (tx: Tx, event_id: string) => sql`
  insert into orders.events (id) values (${event_id}) on conflict do nothing`.run(tx)

export const findFacts = async (db: Db | Tx, event_ids: string[]) => {
  const rows = await sql<{ id: string, facts: EventFacts }>`
    select id, facts from orders.events where id = any(${event_ids}::uuid[]) and facts is not null`.rows(db)
  return new Map(rows.map(row => [row.id, row.facts]))
}

/** Whether the public may know of the event. */
export const isAnnounced = async (db: Db, event_id: string) => (await sql`
  select from orders.events where id = ${event_id} and status <> 'draft'`.rows(db)).length > 0

/**
 * The lock behind which stock and orders of these events change, taken in id order so that nobody
 * deadlocks.
 */
export const lockEvents = (tx: Tx, event_ids: string[]) => sql`
  select from orders.events where id = any(${event_ids}::uuid[]) order by id for no key update`.run(tx)
