import { erasedBuyer } from '@fermata/contracts/fields'
import type { StatementLine } from '@fermata/contracts/reconciliation'
import type { Db } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import { within, type Lines } from '@fermata/platform/statement-queries'
import type { Statements } from '@fermata/platform/statements'
import { sumsOfPool, usesOfPromoCode } from './counted-sums.ts'
import { is_released } from './expiry.ts'

/** What the box office states of itself, each list in one statement. */

const listOrders = (db: Db, lines: Lines) => sql<StatementLine>`
  select o.id, greatest(o.created_at, o.completed_at, o.canceled_at, o.expired_at, o.refunded_at,
           case when ${is_released} then o.expires_at end) as since,
         json_build_object(
           'is_erased', o.buyer_email = ${erasedBuyer.email},
           'status', case when ${is_released} then 'expired' else o.status end,
           'seats', coalesce(i.seats, 0), 'total_minor', o.total_minor, 'currency', o.currency,
           'items_minor', coalesce(i.items_minor, 0)) as figures
    from orders.orders o join orders.events e on e.id = o.event_id
    left join lateral (
      select sum(quantity)::integer as seats, sum(quantity * unit_price_minor)::bigint as items_minor
        from orders.order_items where order_id = o.id) as i on true
   where ${within(lines, 'o.id')} order by o.id limit ${lines.limit}`.rows(db)

/** Counters beside what the orders that draw from the pool add up to. */
const listPools = (db: Db, lines: Lines) => sql<StatementLine>`
  select p.id, null as since, json_build_object(
           'capacity', p.capacity, 'held', p.held, 'sold', p.sold,
           'held_by_orders', coalesce(m.held, 0), 'sold_by_orders', coalesce(m.sold, 0)) as figures
    from orders.pools p
    left join lateral (${sumsOfPool('p.id')}) as m on true
   where ${within(lines, 'p.id')} order by p.id limit ${lines.limit}`.rows(db)

const listPromoCodes = (db: Db, lines: Lines) => sql<StatementLine>`
  select c.id, null as since, json_build_object(
           'used', c.used, 'used_by_orders', coalesce(m.uses, 0)) as figures
    from orders.promo_codes c
    left join lateral (${usesOfPromoCode('c.id')}) as m on true
   where ${within(lines, 'c.id')} order by c.id limit ${lines.limit}`.rows(db)

/** Orders whose hold is over and that nobody has ended: their tickets may still be kept. */
const listEndedHolds = (db: Db, lines: Lines) => sql<StatementLine>`
  select o.id, o.expires_at as since, json_build_object('expires_at', o.expires_at,
           'status', case when ${is_released} then 'released' else 'held' end) as figures
    from orders.orders o join orders.events e on e.id = o.event_id
   where o.status = 'pending' and o.expires_at <= now() and ${within(lines, 'o.id')}
   order by o.id limit ${lines.limit}`.rows(db)

/** A pool of a stadium adds up a hundred thousand items. */
const pools_at_once = 20

export const statements: Statements = {
  orders: { read: listOrders },
  pools: { read: listPools, limit: pools_at_once },
  promo_codes: { read: listPromoCodes, limit: pools_at_once },
  ended_holds: { read: listEndedHolds },
}
