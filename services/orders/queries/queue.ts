import type { EventFacts } from '@fermata/contracts/fields'
import type { Client, Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import { id_bytes } from '../queue-tokens.ts'
import type { PassUse } from '../rules/pass-uses.ts'

/** All SQL of the waiting room. */

export interface QueueRow {
  event_id: string, enabled: boolean, opens_at: string
  max_in_checkout: number, pass_seconds: number
  draw_key: Buffer, joined: number, batches: number, joins_digest: Buffer
  drawn_at: string | null, drawn_count: number | null, admitted_up_to: number
  advanced_at: string | null, in_checkout: number
  left_per_second: number, admitted_per_second: number
  free_joins_per_network: number, max_joins_per_network: number
}

export const findQueue = (db: Db | Tx, event_id: string) => sql<QueueRow>`
  select * from orders.queues where event_id = ${event_id}`.first(db)

export interface QueueChange {
  event_id: string, enabled: boolean, opens_at: string
  /** Null keeps what is set. */
  max_in_checkout: number | null, pass_seconds: number | null
  free_joins_per_network: number | null, max_joins_per_network: number | null
  defaults: {
    max_in_checkout: number, pass_seconds: number
    free_joins_per_network: number, max_joins_per_network: number
  }
  /** Used for a new room only. */
  draw_key: Buffer
}

/** The key of a room never changes: its hash is a promise. */
export const storeQueue = (tx: Tx, change: QueueChange) => sql<QueueRow>`
  insert into orders.queues (event_id, enabled, opens_at, max_in_checkout, pass_seconds,
    free_joins_per_network, max_joins_per_network, draw_key)
  values (${change.event_id}, ${change.enabled}, ${change.opens_at},
    ${change.max_in_checkout ?? change.defaults.max_in_checkout},
    ${change.pass_seconds ?? change.defaults.pass_seconds},
    ${change.free_joins_per_network ?? change.defaults.free_joins_per_network},
    ${change.max_joins_per_network ?? change.defaults.max_joins_per_network}, ${change.draw_key})
  on conflict (event_id) do update set
    enabled = excluded.enabled, opens_at = excluded.opens_at,
    max_in_checkout = coalesce(${change.max_in_checkout}::integer, queues.max_in_checkout),
    pass_seconds = coalesce(${change.pass_seconds}::integer, queues.pass_seconds),
    free_joins_per_network = coalesce(${change.free_joins_per_network}::integer, queues.free_joins_per_network),
    max_joins_per_network = coalesce(${change.max_joins_per_network}::integer, queues.max_joins_per_network)
  returning *`.one(tx)

export interface RoomRow extends QueueRow {
  now: string, status: EventFacts['status'], ends_at: string
  /** Tickets neither held nor sold, held, and of all kinds there are. */
  available: number, held: number, capacity: number
  missed_up_to: number
  admissions: { up_to: number, at: string }[]
}

const rooms_at_most = 1000

/**
 * Every room that is on, with all that answers about it need. A shared pool may be counted for
 * several types, so the event's own pool limits the sum.
 */
export const findRooms = (db: Db, event_ids: string[] | null) => sql<RoomRow>`
  select q.*, clock_timestamp() as now, e.status, e.ends_at /* present: ends_at */, s.available, s.held, s.capacity,
         (select coalesce(max(a.up_to), 0) from orders.queue_admissions a
           where a.event_id = q.event_id and a.at <= clock_timestamp() - q.pass_seconds * interval '1 second') as missed_up_to,
         (select coalesce(json_agg(json_build_object('up_to', a.up_to, 'at', a.at) order by a.up_to), '[]')
            from orders.queue_admissions a
           where a.event_id = q.event_id and a.at > clock_timestamp() - q.pass_seconds * interval '1 second') as admissions
    from orders.queues q
    join orders.events e on e.id = q.event_id
    cross join lateral (
      select least(coalesce(sum(t.available), 0),
               (select p.capacity - p.held - p.sold from orders.pools p where p.event_id = q.event_id and p.kind = 'event')
             )::integer as available,
             coalesce(sum(t.held), 0)::integer as held, coalesce(sum(t.capacity), 0)::bigint as capacity
        from (select min(p.capacity - p.held - p.sold) as available, min(own.held) as held, min(own.capacity) as capacity
                from orders.ticket_types k
                join orders.pools own on own.id = k.id
                join orders.ticket_type_pools d on d.ticket_type_id = k.id
                join orders.pools p on p.id = d.pool_id
               where k.event_id = q.event_id and (k.sales_end is null or k.sales_end > clock_timestamp())
               group by k.id) as t) as s
   where q.enabled and e.ends_at > clock_timestamp() and (${event_ids}::uuid[] is null or q.event_id = any(${event_ids}::uuid[]))
   order by q.opens_at limit ${rooms_at_most}`.rows(db)

/**
 * The lock behind which places are given out and the number moves: what is read after it stays
 * true.
 */
export const lockQueue = async (tx: Tx, event_id: string, wait: boolean) => (await sql`
  select from orders.queues where event_id = ${event_id} and enabled
     for no key update ${wait ? sql`` : sql`skip locked`}`.rows(tx)).length > 0

export const readLockedQueue = (tx: Tx, event_id: string) => sql<QueueRow & {
  now: string, is_due: boolean, seconds: number | null }>`
  select *, clock_timestamp() as now, clock_timestamp() >= opens_at as is_due,
         extract(epoch from clock_timestamp() - advanced_at)::double precision as seconds
    from orders.queues where event_id = ${event_id}`.one(tx)

/** From here on places are those of arrival. */
export const closeDraw = (tx: Tx, event_id: string) => sql`
  update orders.queues set drawn_at = clock_timestamp(), drawn_count = joined
   where event_id = ${event_id} and drawn_at is null`.run(tx)

export interface JoinBatch {
  event_id: string, number: number, first_place: number | null, ids: Buffer, networks: Buffer,
  joined_once: Buffer,
  count: number, joins_digest: Buffer, at: string
}

/** The batch and the counters it moves, in one statement. */
export const appendJoins = (tx: Tx, batch: JoinBatch) => sql`
  with appended as (
    insert into orders.queue_joins (event_id, number, first_place, ids, networks, joined_once, at)
    values (${batch.event_id}, ${batch.number}, ${batch.first_place}, ${batch.ids}, ${batch.networks},
      ${batch.joined_once}, ${batch.at})
  )
  update orders.queues set joined = joined + ${batch.count}, batches = ${batch.number},
         joins_digest = ${batch.joins_digest}
   where event_id = ${batch.event_id}`.run(tx)

export interface JoinsRow {
  number: number, first_place: number | null, ids: Buffer, networks: Buffer | null
  joined_once: Buffer | null, at: string
}

export const listJoins = (db: Db | Tx, event_id: string, after: number, limit: number) => sql<JoinsRow>`
  select number, first_place, ids, networks, joined_once, at from orders.queue_joins
   where event_id = ${event_id} and number > ${after} order by number limit ${limit}`.rows(db)

export interface FoundJoin { id: Buffer, first_place: number | null, at: string, offset: number }

/** Where ids stand in their batches, in bytes; one that is not in its batch is left out. */
export const findJoins = (
  db: Db, event_id: string, asked: readonly { id: Buffer, number: number }[]
) => sql<FoundJoin>`
  select asked.id, first_place, at, position(asked.id in ids) - 1 as offset
    from ${sql.rows(asked, { number: 'integer', id: 'bytea' })} as asked
    join orders.queue_joins using (number)
   where event_id = ${event_id} and position(asked.id in ids) % ${id_bytes} = 1`.rows(db)

/** Those who take part in the draw, some batches at a time. */
export const listDrawn = (db: Db, event_id: string, after: number, limit: number) => sql<JoinsRow>`
  select number, first_place, ids, networks, joined_once, at from orders.queue_joins
   where event_id = ${event_id} and number > ${after} and first_place is null
   order by number limit ${limit}`.rows(db)

interface CheckoutRow { choosing: number, paying: number }

/** Who is in the checkout now: admitted without an order yet, and holding tickets. */
export const countCheckout = (tx: Tx, event_id: string, pass_seconds: number) =>
  sql<CheckoutRow>`
  with missed as (
    select coalesce(max(up_to), 0) as up_to from orders.queue_admissions
     where event_id = ${event_id} and at <= clock_timestamp() - ${pass_seconds} * interval '1 second'
  )
  select (select q.admitted_up_to - missed.up_to - (
            select count(*) from orders.queue_uses u where u.event_id = ${event_id} and u.place > missed.up_to)
            from orders.queues q, missed where q.event_id = ${event_id})::integer as choosing,
         (select count(*) from orders.orders
           where status = 'pending' and expires_at > clock_timestamp() and event_id = ${event_id})::integer as paying`.one(tx)

export interface Step {
  event_id: string, admitted: number, in_checkout: number
  /** When what the step is made of was read, and what of the time before it did not use. */
  now: string, unused_seconds: number
  left_per_second: number, admitted_per_second: number
}

/** Moves the number and notes when, in one statement. */
export const storeStep = (tx: Tx, step: Step) => sql`
  with moved as (
    update orders.queues set admitted_up_to = admitted_up_to + ${step.admitted},
           advanced_at = ${step.now}::timestamptz - ${step.unused_seconds}::float8 * interval '1 second',
           in_checkout = ${step.in_checkout}, left_per_second = ${step.left_per_second},
           admitted_per_second = ${step.admitted_per_second}
     where event_id = ${step.event_id}
    returning event_id, admitted_up_to
  )
  insert into orders.queue_admissions (event_id, up_to, at)
  select event_id, admitted_up_to, clock_timestamp() from moved where ${step.admitted} > 0`.run(tx)

/**
 * What passes were used for so far; read behind the event's lock, so a twin that has just bought is
 * seen.
 */
export const findPassUses = (client: Client, event_id: string, places: number[]) => sql<PassUse>`
  select place, orders, buyer from orders.queue_uses
   where event_id = ${event_id} and place = any(${places}::integer[])`.rows(client)

export const recordPassUses = (client: Client, event_id: string, uses: PassUse[]) => sql`
  insert into orders.queue_uses (event_id, place, orders, buyer)
  select ${event_id}, u.* from ${sql.rows(uses, { place: 'integer', orders: 'integer', buyer: 'bytea' })} as u
  on conflict (event_id, place) do update set orders = queue_uses.orders + excluded.orders`.run(client)
