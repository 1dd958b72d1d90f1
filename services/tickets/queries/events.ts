import type { EventFacts } from '@fermata/contracts/fields'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import { numberPrefixOf } from '../rules/ticket-number.ts'
import type { SigningKey } from '../ticket-keys.ts'

/**
 * Keeps what is printed of events, each once and with its newest version. In id order, here and
 * wherever event rows are locked, so that two batches queue instead of deadlocking.
 */
export const keepEvents = (tx: Tx, events: EventFacts[]) => sql`
  insert into tickets.events as e
    (id, facts, version, title, starts_at, canceled, number_prefix)
  select (facts ->> 'id')::uuid, facts, (facts ->> 'version')::integer, facts ->> 'title',
         (facts ->> 'starts_at')::timestamptz, facts ->> 'status' = 'canceled',
         number_prefix
    from ${sql.rows(events.map(event => ({
      facts: JSON.stringify(event), number_prefix: numberPrefixOf(event.title, event.slug),
    })), { facts: 'jsonb', number_prefix: 'text' })} as new
   order by 1
  on conflict (id) do update set facts = excluded.facts, version = excluded.version,
    title = excluded.title, starts_at = excluded.starts_at, canceled = excluded.canceled
    where e.version < excluded.version`.run(tx)

export interface Numbers { event_id: string, number_prefix: string, first_number: number }

/**
 * Takes running numbers of events, the first of which is returned; the rows stay locked until
 * commit.
 */
export const takeNumbers = (
  tx: Tx, wanted: { event_id: string, count: number }[]
) => sql<Numbers>`
  with locked as (
    select id from tickets.events where id = any(${wanted.map(one => one.event_id)}::uuid[])
     order by id for no key update)
  update tickets.events as e set last_number = last_number + wanted.count
    from locked
    join ${sql.rows(wanted, { event_id: 'uuid', count: 'integer' })} as wanted on wanted.event_id = locked.id
   where e.id = locked.id
  returning e.id as event_id, e.number_prefix, e.last_number - wanted.count + 1 as first_number
  `.rows(tx)

export const insertKeys = (tx: Tx, keys: SigningKey[]) => sql`
  insert into tickets.keys (kid, event_id, public_key)
  select * from ${sql.rows(keys, { kid: 'text', event_id: 'uuid', public_key: 'bytea' })} as given
   order by 1 on conflict do nothing`.run(tx)

export const findEventFacts = async (
  db: Db, id: string
) => (await sql<{ facts: EventFacts }>`
  select facts from tickets.events where id = ${id}`.first(db))?.facts

/** Whether an event is this organiser's. */
export const isOf = async (
  db: Db, { id, organizer_id }: { id: string, organizer_id: string }
) => (await sql`
  select from tickets.events where id = ${id} and organizer_id = ${organizer_id}`.rows(db)).length > 0

export interface KeyRow { kid: string, event_id: string, public_key: Buffer }

export const findKey = (db: Db, kid: string): Promise<KeyRow | undefined> =>
  db.selectFrom('tickets.keys').select(['kid', 'event_id', 'public_key'])
    .where('kid', '=', kid).executeTakeFirst()

/** Newest first. */
export const listKeys = (
  db: Db, { event_id, limit }: { event_id?: string, limit: number }
): Promise<KeyRow[]> =>
  db.selectFrom('tickets.keys').select(['kid', 'event_id', 'public_key'])
    .$if(event_id !== undefined, query => query.where('event_id', '=', event_id!))
    .orderBy('created_at', 'desc').orderBy('kid').limit(limit).execute()

export interface AdmissionCount {
  ticket_type_id: string, issued: number, admitted: number, voided: number
}

/** Void tickets were issued as well. */
export const countAdmissions = (db: Db, event_id: string) => sql<AdmissionCount>`
  select ticket_type_id, count(*)::integer as issued,
         (count(*) filter (where status = 'used'))::integer as admitted,
         (count(*) filter (where status = 'void'))::integer as voided
    from tickets.tickets where event_id = ${event_id}
   group by ticket_type_id order by ticket_type_id`.rows(db)
