import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import { offOpenHolds } from './open-holds.ts'

/**
 * A hold whose tickets were given back: its order is expired, though its row may still say
 * `pending`. `o` is the order, `e` its event.
 */
export const is_released =
  sql.raw(`(o.status = 'pending' and o.expires_at <= e.released_up_to)`)

/** An order that counts: its tickets are held or sold. */
export const has_tickets = sql.raw(
  `(o.status = 'completed' or (o.status = 'pending' and o.expires_at > e.released_up_to))`)

/** Over by the database's clock, and its tickets are still held. */
const is_due = sql.raw(`o.status = 'pending' and o.expires_at > e.released_up_to
  and o.expires_at <= statement_timestamp()`)

/** Events of one look; what it leaves out the next ones find, as these are done by then. */
const max_events = 1000

/**
 * Events that are being sold. Jumps through the index of pending orders from event to event, so it
 * costs a lookup for each, however many orders wait.
 */
const selling = sql`
  with recursive selling as (
    (select event_id from orders.orders where status = 'pending' order by event_id limit 1)
    union all
    select (select o.event_id from orders.orders o
             where o.status = 'pending' and o.event_id > s.event_id order by o.event_id limit 1)
      from selling s where s.event_id is not null
  )
  select e.id from selling s join orders.events e on e.id = s.event_id`

/** Events in which holds are over and their tickets still held. */
export const findEventsWithDue = async (db: Db) => (await sql<{ id: string }>`
  ${selling} where exists (select from orders.orders o where o.event_id = e.id and ${is_due})
   order by e.id limit ${max_events}`.rows(db)).map(row => row.id)

/** Events with released orders that nobody has written down, this long after their hold ended. */
export const findEventsWithUntold = async (db: Db, after_seconds: number) =>
  (await sql<{ id: string }>`
  ${selling} where exists (select from orders.orders o where o.event_id = e.id and ${is_released}
     and o.expires_at <= statement_timestamp() - ${after_seconds} * interval '1 second')
   order by e.id limit ${max_events}`.rows(db)).map(row => row.id)

/** Events of these orders in which some of them are over and still held. */
export const findDueEvents = async (tx: Tx, order_ids: string[]) => (await sql<{ id: string }>`
  select distinct e.id from orders.orders o join orders.events e on e.id = o.event_id
   where o.id = any(${order_ids}::uuid[]) and ${is_due} order by e.id`.rows(tx)).map(row => row.id)

/**
 * Gives back the tickets, and the uses of promo codes, of the event's holds that are over, oldest
 * first: counters and `released_up_to` move, no order is written. The caller has locked the event.
 * @param limit of holds; those that ended in the same instant as the last go with it
 * @returns how many were released
 */
export const releaseHolds = async (tx: Tx, event_id: string, limit: number) =>
  (await sql<{ released: number }>`
  with line as (
    select e.released_up_to as since, (
             select max(expires_at) from (
               select o.expires_at from orders.orders o where o.event_id = e.id and ${is_due}
                order by o.expires_at limit ${limit}) as oldest) as up_to
      from orders.events e where e.id = ${event_id}
  ), due as (
    -- Bounds that are known beforehand: else the index is read from the first hold ever released.
    select o.id, o.id as order_id, o.event_id, o.network from orders.orders o
     where o.event_id = ${event_id} and o.status = 'pending'
       and o.expires_at > (select since from line) and o.expires_at <= (select up_to from line)
  ), stock as (
    update orders.pools p set held = p.held - m.quantity
      from (select d.pool_id, sum(t.quantity)::integer as quantity
              from (select i.ticket_type_id, sum(i.quantity) as quantity
                      from due join orders.order_items i on i.order_id = due.id
                     group by i.ticket_type_id) as t
              join orders.ticket_type_pools d on d.ticket_type_id = t.ticket_type_id
             group by d.pool_id) as m
     where p.id = m.pool_id
  ), budget as (
    update orders.promo_codes p set used = p.used - m.uses
      from (select u.promo_code_id, sum(u.uses)::integer as uses
              from due join orders.promo_uses u on u.order_id = due.id
             group by u.promo_code_id) as m
     where p.id = m.promo_code_id
  ), ${offOpenHolds('due')}
  update orders.events e set released_up_to = line.up_to from line
   where e.id = ${event_id} and line.up_to is not null
  returning (select count(*) from due) as released`.first(tx))?.released ?? 0

/**
 * Released orders that nobody has written down yet, locked. What another transaction has at hand
 * is its own to finish: a payment that takes the tickets again, a twin that tells.
 */
export const lockUntold = async (tx: Tx, event_id: string, limit: number) =>
  (await sql<{ id: string }>`
  select o.id from orders.orders o
   where o.event_id = ${event_id} and o.status = 'pending'
     and o.expires_at <= (select released_up_to from orders.events where id = ${event_id})
   order by o.expires_at limit ${limit} for update of o skip locked`.rows(tx)).map(row => row.id)

/** Released orders that nobody told of yet, among those that somebody named. */
export const lockUntoldOf = async (tx: Tx, order_ids: string[]) =>
  (await sql<{ id: string }>`
  select o.id from orders.orders o join orders.events e on e.id = o.event_id
   where o.id = any(${order_ids}::uuid[]) and ${is_released}
   order by o.id for update of o skip locked`.rows(tx)).map(row => row.id)

/** An order expired when its hold ended, whenever that was noticed. */
export const writeExpired = (tx: Tx, order_ids: string[]) => sql`
  update orders.orders set status = 'expired', expired_at = expires_at, network = null
   where id = any(${order_ids}::uuid[])`.run(tx)
