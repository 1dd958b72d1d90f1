import type { Client, Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import type { EarlierOrder } from '../rules/fair-shares.ts'
import { has_tickets } from './expiry.ts'
import { bytesOf, offOpenHolds } from './open-holds.ts'

/** Who bought, and whom a process remembers of them. */

/** Three indexes, each asked by itself: with `or` between them one might be read from end to end. */
const ordersOf = (event_id: string, { mailboxes, visitors, user_ids }: People) => sql`
  select id from orders.orders where event_id = ${event_id} and mailbox = any(${bytesOf(mailboxes)}::bytea[])
  union select id from orders.orders where event_id = ${event_id} and visitor = any(${bytesOf(visitors)}::bytea[])
  union select id from orders.orders where event_id = ${event_id} and user_id = any(${user_ids}::uuid[])`

export interface People { mailboxes: string[], visitors: string[], user_ids: string[] }

/** What these people hold and own of the event. */
export const findEarlier = (client: Client, event_id: string, people: People) => sql<EarlierOrder>`
  select encode(o.mailbox, 'hex') as mailbox, encode(o.visitor, 'hex') as visitor, o.user_id,
         o.status = 'pending' as is_open,
         (select sum(i.quantity)::integer from orders.order_items i where i.order_id = o.id) as tickets
    from (${ordersOf(event_id, people)}) as mine join orders.orders o on o.id = mine.id
    join orders.events e on e.id = o.event_id
   where ${has_tickets}`.rows(client)

/** From here on this process alone may believe what it remembers of the event's buyers. */
export const becomeSeller = (client: Client, event_id: string, seller: string) => sql`
  update orders.events set seller = ${seller} where id = ${event_id}`.run(client)

export interface BuyerRow {
  id: string, mailbox: string | null, visitor: string | null, user_id: string | null
}

/** Who bought for the event, some orders at a time. */
export const listBuyers = (db: Db, event_id: string, after: string, limit: number) => sql<BuyerRow>`
  select id, encode(mailbox, 'hex') as mailbox, encode(visitor, 'hex') as visitor, user_id
    from orders.orders where event_id = ${event_id} and id > ${after}
     and status in ('pending', 'completed') order by id limit ${limit}`.rows(db)

/** Events in which orders that cost nothing have counted as long as a hold lasts. */
export const findEventsWithCounted = async (db: Db) => (await sql<{ event_id: string }>`
  select distinct event_id from orders.orders
   where status = 'completed' and network is not null and expires_at <= statement_timestamp()
   order by event_id limit 1000`.rows(db)).map(row => row.event_id)

/** Orders that cost nothing stop counting. The caller has locked the event. */
export const uncountFree = async (tx: Tx, event_id: string, limit: number) => (await sql`
  with due as (
    select id as order_id, event_id, network from orders.orders
     where event_id = ${event_id} and status = 'completed' and network is not null
       and expires_at <= statement_timestamp()
     order by expires_at limit ${limit}
  ), ${offOpenHolds('due')}
  update orders.orders o set network = null from due where o.id = due.order_id
  returning o.id`.rows(tx)).length

export interface SharesRow {
  event_id: string, network_share_percent: number
  /** Null: the default; 0: none. */
  max_per_buyer: number | null
}

const shares_columns = sql.raw('id as event_id, network_share_percent, max_per_buyer')

export const findShares = (db: Db, event_id: string) => sql<SharesRow>`
  select ${shares_columns} from orders.events where id = ${event_id}`.first(db)

/** Null leaves what is set. */
export const storeShares = (
  tx: Tx, event_id: string,
  change: Pick<SharesRow, 'max_per_buyer'> & { network_share_percent: number | null }
) => sql<SharesRow>`
  update orders.events set
         network_share_percent = coalesce(${change.network_share_percent}::smallint, network_share_percent),
         max_per_buyer = coalesce(${change.max_per_buyer}::integer, max_per_buyer)
   where id = ${event_id} returning ${shares_columns}`.one(tx)

export interface LateBuyer extends EarlierOrder {
  id: string, event_id: string
  event_max_per_buyer: number | null
  types: { max_per_order: number, max_per_buyer: number | null }[]
}

const order_tickets = sql.raw(
  '(select sum(i.quantity)::integer from orders.order_items i where i.order_id = o.id) as tickets')
const order_names = sql.raw(
  `encode(o.mailbox, 'hex') as mailbox, encode(o.visitor, 'hex') as visitor, o.user_id`)

/** Who pays orders whose hold has ended, and what may be had of their events. */
export const findLateBuyers = (tx: Tx, order_ids: string[]) => sql<LateBuyer>`
  select o.id, o.event_id, ${order_names}, ${order_tickets}, false as is_open,
         e.max_per_buyer as event_max_per_buyer,
         (select json_agg(json_build_object('max_per_order', t.max_per_order, 'max_per_buyer', t.max_per_buyer))
            from orders.ticket_types t
           where t.id in (select i.ticket_type_id from orders.order_items i where i.order_id = o.id)) as types
    from orders.orders o join orders.events e on e.id = o.event_id
   where o.id = any(${order_ids}::uuid[])`.rows(tx)

/** What these people hold and own of the same events beside these orders. */
export const findBeside = (tx: Tx, order_ids: string[]) => sql<EarlierOrder & { event_id: string }>`
  with late as (select event_id, mailbox, visitor, user_id from orders.orders where id = any(${order_ids}::uuid[])),
  mine as (
    select o.id from late l join orders.orders o on o.event_id = l.event_id and o.mailbox = l.mailbox
    union select o.id from late l join orders.orders o on o.event_id = l.event_id and o.visitor = l.visitor
    union select o.id from late l join orders.orders o on o.event_id = l.event_id and o.user_id = l.user_id
  )
  select o.event_id, ${order_names}, ${order_tickets}, o.status = 'pending' as is_open
    from mine join orders.orders o on o.id = mine.id join orders.events e on e.id = o.event_id
   where ${has_tickets}`.rows(tx)
