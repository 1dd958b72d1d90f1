import type { Locale } from '@fermata/contracts/fields'
import type { OrderForPayment, OrderItem, OrderStatus } from '@fermata/contracts/orders'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import { mailboxKey } from '../counted-askers.ts'
import { has_tickets, is_released } from './expiry.ts'
import { bytesOf, offOpenHolds } from './open-holds.ts'

export interface OrderRow {
  id: string, code: string, event_id: string, event_title: string, status: OrderStatus,
  buyer_name: string, buyer_email: string, buyer_locale: Locale, user_id: string | null,
  total_minor: number, currency: string, payment_id: string | null, request_id: string | null,
  created_at: string, expires_at: string, completed_at: string | null, canceled_at: string | null,
  expired_at: string | null, refunded_at: string | null, items: OrderItem[]
  promo_code: string | null
  /** The database's clock when the row was read. */
  now: string
}

/** What an order is, whether or not its row says so yet. */
const status = sql`case when ${is_released} then 'expired' else o.status end`

/** Of `orders.orders o` and its event `e`. */
export const columns = sql`
  o.id, o.code, o.event_id, e.title as event_title, ${status} as status, o.buyer_name, o.buyer_email, o.buyer_locale, o.user_id,
  o.total_minor, o.currency, o.payment_id, o.request_id, o.created_at, o.expires_at, o.completed_at, o.canceled_at,
  case when ${is_released} then o.expires_at else o.expired_at end as expired_at, o.refunded_at,
  statement_timestamp() as now,
  (select json_agg(json_strip_nulls(json_build_object(
            'ticket_type_id', i.ticket_type_id, 'name', i.name, 'quantity', i.quantity,
            'unit_price_minor', i.unit_price_minor, 'discount_minor', nullif(i.discount_minor, 0)))
            order by i.ticket_type_id, i.line)
     from orders.order_items i where i.order_id = o.id) as items,
  (select c.code from orders.promo_uses u join orders.promo_codes c on c.id = u.promo_code_id
    where u.order_id = o.id) as promo_code`

export const findOrders = (db: Db | Tx, ids: string[]) => sql<OrderRow>`
  select ${columns} from orders.orders o join orders.events e on e.id = o.event_id
   where o.id = any(${ids}::uuid[]) order by o.id`.rows(db)

/**
 * Without their items, for whom the sum is enough.
 * @param with_traces whether what they belong to is told, where they are traced
 */
export const findPayable = (
  db: Db, ids: string[], with_traces: boolean
) => sql<OrderForPayment>`
  select o.id, o.code, o.status, o.event_id, e.title as event_title,
         e.facts ->> 'organizer_id' as organizer_id,
         array(select m.user_id::text from orders.members m
                where m.organizer_id = (e.facts ->> 'organizer_id')::uuid and m.role = 'owner'
                  and m.event_id is null) as organizer_owner_ids,
         o.total_minor, o.currency, o.user_id, o.expires_at,
         json_build_object('name', o.buyer_name, 'email', o.buyer_email, 'locale', o.buyer_locale) as buyer
         ${with_traces ? sql`, o.request_id as traced_as /* present: traced_as */` : sql``}
    from orders.orders o join orders.events e on e.id = o.event_id
   where o.id = any(${ids}::uuid[]) and e.facts is not null`.rows(db)

/**
 * The lock behind which orders and stock of these events change, taken in id order so that two
 * batches queue instead of deadlocking. Everything about the orders is read after it.
 */
export const lockEventsOf = (tx: Tx, order_ids: string[]) => sql`
  select from orders.events
   where id in (select event_id from orders.orders where id = any(${order_ids}::uuid[]))
   order by id for no key update`.run(tx)

export const findOfEvents = async (db: Tx, event_ids: string[], wanted: 'pending' | 'completed', limit: number) => (await sql<{ id: string }>`
  select o.id from orders.orders o join orders.events e on e.id = o.event_id
   where o.event_id = any(${event_ids}::uuid[]) and o.status = ${wanted} and not ${is_released}
   order by o.id limit ${limit}`.rows(db)).map(row => row.id)

export interface StateChange { id: string, payment_id: string | null, held: number, sold: number }

/**
 * Gives orders a new state, moves their tickets between held, sold and free, and frees or takes
 * the uses of their promo codes, in one statement.
 * The caller holds the locks of their events and knows the states they come from.
 */
export const changeState = (tx: Tx, to: OrderStatus, changes: StateChange[]) => sql<{ id: string, at: string }>`
  with change as (
    select * from ${sql.rows(changes, { id: 'uuid', payment_id: 'uuid', held: 'integer', sold: 'integer' })} as c
  ), stock as (
    update orders.pools p set held = p.held + m.held, sold = p.sold + m.sold
      from (select d.pool_id, sum(i.quantity * c.held)::integer as held, sum(i.quantity * c.sold)::integer as sold
              from change c join orders.order_items i on i.order_id = c.id
              join orders.ticket_type_pools d on d.ticket_type_id = i.ticket_type_id
             group by d.pool_id) as m
     where p.id = m.pool_id and (m.held <> 0 or m.sold <> 0)
  ), budget as (
    -- A code is used while its order holds or has sold tickets.
    update orders.promo_codes p set used = p.used + m.uses
      from (select u.promo_code_id, sum(u.uses * (c.held + c.sold))::integer as uses
              from change c join orders.promo_uses u on u.order_id = c.id group by u.promo_code_id) as m
     where p.id = m.promo_code_id and m.uses <> 0
  ), counted as (
    -- Every change ends what an order counts of its network.
    select o.event_id, o.network, o.id as order_id
      from change c join orders.orders o on o.id = c.id join orders.events e on e.id = o.event_id
     where o.network is not null and ${has_tickets}
  ), ${offOpenHolds('counted')}
  update orders.orders o set
    status = ${to}, network = null, payment_id = coalesce(c.payment_id, o.payment_id),
    completed_at = case when ${to} = 'completed' then now() else o.completed_at end,
    canceled_at = case when ${to} = 'canceled' then now() else o.canceled_at end,
    refunded_at = case when ${to} = 'refunded' then now() else o.refunded_at end
    from change c where o.id = c.id
  returning o.id, now() as at`.rows(tx)

export interface DrawRow { order_id: string, pool_id: string, quantity: number, remaining: number }

/**
 * What orders would take from each pool if they were placed again, and what is left there. The
 * budget of a promo code is one more pool.
 */
export const findDraws = (tx: Tx, order_ids: string[]) => sql<DrawRow>`
  select i.order_id, p.id as pool_id, sum(i.quantity)::integer as quantity, p.capacity - p.held - p.sold as remaining
    from orders.order_items i
    join orders.ticket_type_pools d on d.ticket_type_id = i.ticket_type_id
    join orders.pools p on p.id = d.pool_id
   where i.order_id = any(${order_ids}::uuid[])
   group by i.order_id, p.id
  union all
  select u.order_id, c.id, u.uses, coalesce(c.max_uses - c.used, 1000000000)
    from orders.promo_uses u join orders.promo_codes c on c.id = u.promo_code_id
   where u.order_id = any(${order_ids}::uuid[])`.rows(tx)

export const recordRefunds = (tx: Tx, refunds: { payment_id: string, order_id: string }[]) => sql`
  insert into orders.refunded_payments (payment_id, order_id)
  select * from ${sql.rows(refunds, { payment_id: 'uuid', order_id: 'uuid' })} as r
  on conflict do nothing`.run(tx)

export const findRefundedPayments = async (tx: Tx, payment_ids: string[]) => new Set((await sql<{ payment_id: string }>`
  select payment_id from orders.refunded_payments where payment_id = any(${payment_ids}::uuid[])`.rows(tx)).map(row => row.payment_id))

export interface OrderFilter {
  /** Whose orders; null for everybody's, which needs an event. */
  owner: { user_id: string, email: string | null } | null
  event_id: string | null
  status: OrderStatus | null
  /** Only older ones than this. */
  before: string | null
  limit: number
}

/**
 * Newest first: ids are UUIDv7, so their order is that of time. Guests' orders are found by their
 * verified address.
 */
export const listNewestFirst = (db: Db, { owner, event_id, status: wanted, before, limit }: OrderFilter) => sql<OrderRow>`
  select ${columns} from orders.orders o join orders.events e on e.id = o.event_id
   where ${owner
     ? sql`(o.user_id = ${owner.user_id} or (o.user_id is null
          and o.mailbox = ${owner.email === null ? null : bytesOf([mailboxKey(owner.email)])[0]!}
          and lower(o.buyer_email) = ${owner.email}))`
     : sql`true`}
     and ${event_id ? sql`o.event_id = ${event_id}` : sql`true`}
     and ${wanted ? sql`${status} = ${wanted}` : sql`true`}
     and ${before ? sql`o.id < ${before}` : sql`true`}
   order by o.id desc limit ${limit}`.rows(db)
