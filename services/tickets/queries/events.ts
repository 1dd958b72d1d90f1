import type { EventFacts } from '@fermata/contracts/fields'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from 'kysely'
import type { DB } from '../database.ts'
import { numberPrefixOf } from '../rules/ticket-number.ts'
import type { SigningKey } from '../ticket-keys.ts'

/**
 * Keeps what is printed of events, each once and with its newest version. In id order, here and
 * wherever event rows are locked, so that two batches queue instead of deadlocking.
 */
export const keepEvents = (tx: Tx<DB>, events: EventFacts[]) => sql`
  insert into tickets.events as e
    (id, facts, version, title, starts_at, canceled, number_prefix)
  select (facts ->> 'id')::uuid, facts, (facts ->> 'version')::integer, facts ->> 'title',
         (facts ->> 'starts_at')::timestamptz, facts ->> 'status' = 'canceled',
         number_prefix
    from unnest(${events.map(event => JSON.stringify(event))}::jsonb[],
      ${events.map(event => numberPrefixOf(event.title, event.slug))}::text[])
      as new (facts, number_prefix)
   order by 1
  on conflict (id) do update set facts = excluded.facts, version = excluded.version,
    title = excluded.title, starts_at = excluded.starts_at, canceled = excluded.canceled
    where e.version < excluded.version`.execute(tx)

export interface Numbers { event_id: string, number_prefix: string, first_number: number }

/**
 * Takes running numbers of events, the first of which is returned; the rows stay locked until
 * commit.
 */
export const takeNumbers = async (
  tx: Tx<DB>, wanted: { event_id: string, count: number }[]
) => (await sql<Numbers>`
  with locked as (
    select id from tickets.events where id = any(${wanted.map(one => one.event_id)}::uuid[])
     order by id for no key update)
  update tickets.events as e set last_number = last_number + wanted.count
    from locked
    join unnest(${wanted.map(one => one.event_id)}::uuid[], ${wanted.map(one => one.count)}::integer[])
      as wanted (event_id, count) on wanted.event_id = locked.id
   where e.id = locked.id
  returning e.id as event_id, e.number_prefix, e.last_number - wanted.count + 1 as first_number
  `.execute(tx)).rows

export const insertKeys = (tx: Tx<DB>, keys: SigningKey[]) => sql`
  insert into tickets.keys (kid, event_id, public_key)
  select * from unnest(${keys.map(key => key.kid)}::text[], ${keys.map(key => key.event_id)}::uuid[],
    ${keys.map(key => key.public_key)}::bytea[])
   order by 1 on conflict do nothing`.execute(tx)

export const findEventFacts = async (
  db: Db<DB>, id: string
) => (await sql<{ facts: EventFacts }>`
  select facts from tickets.events where id = ${id}`.execute(db)).rows[0]?.facts

/** Whether an event is this organiser's. */
export const isOf = async (
  db: Db<DB>, { id, organizer_id }: { id: string, organizer_id: string }
) => (await sql`
  select from tickets.events where id = ${id} and organizer_id = ${organizer_id}`.execute(db))
  .rows.length > 0

export interface KeyRow { kid: string, event_id: string, public_key: Buffer }

export const findKey = (db: Db<DB>, kid: string): Promise<KeyRow | undefined> =>
  db.selectFrom('tickets.keys').select(['kid', 'event_id', 'public_key'])
    .where('kid', '=', kid).executeTakeFirst()

/** Newest first. */
export const listKeys = (
  db: Db<DB>, { event_id, limit }: { event_id?: string, limit: number }
): Promise<KeyRow[]> =>
  db.selectFrom('tickets.keys').select(['kid', 'event_id', 'public_key'])
    .$if(event_id !== undefined, query => query.where('event_id', '=', event_id!))
    .orderBy('created_at', 'desc').orderBy('kid').limit(limit).execute()

export interface AdmissionCount {
  ticket_type_id: string, issued: number, admitted: number, voided: number
}

/** Void tickets were issued as well. */
export const countAdmissions = async (db: Db<DB>, event_id: string) => (await sql<AdmissionCount>`
  select ticket_type_id, count(*)::integer as issued,
         (count(*) filter (where status = 'used'))::integer as admitted,
         (count(*) filter (where status = 'void'))::integer as voided
    from tickets.tickets where event_id = ${event_id}
   group by ticket_type_id order by ticket_type_id`.execute(db)).rows
