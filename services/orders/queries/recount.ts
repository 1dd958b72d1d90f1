import type { Tx } from '@fermata/platform/database'
import { sql } from 'kysely'
import type { DB } from '../database.ts'
import { has_tickets } from './expiry.ts'

/**
 * Sets the counters of pools, and the uses of promo codes, to what their orders add up to. The lock
 * of the event keeps everybody else from selling meanwhile; where more was sold than there is the
 * constraint refuses, for no number makes that right.
 * @returns how many were counted anew
 */
export async function recount (tx: Tx<DB>, ids: string[]): Promise<number> {
  await sql`select from orders.events where id in (
      select event_id from orders.pools where id = any(${ids}::uuid[])
      union select event_id from orders.promo_codes where id = any(${ids}::uuid[]))
     order by id for no key update`.execute(tx)
  const pools = await sql`
    update orders.pools p set held = coalesce(m.held, 0), sold = coalesce(m.sold, 0)
      from orders.pools own left join lateral (
        select sum(i.quantity) filter (where o.status = 'pending')::integer as held,
               sum(i.quantity) filter (where o.status = 'completed')::integer as sold
          from orders.ticket_type_pools d
          join orders.order_items i on i.ticket_type_id = d.ticket_type_id
          join orders.orders o on o.id = i.order_id join orders.events e on e.id = o.event_id
         where d.pool_id = own.id and ${sql.raw(has_tickets)}) as m on true
     where own.id = p.id and p.id = any(${ids}::uuid[])`.execute(tx)
  const codes = await sql`
    update orders.promo_codes c set used = coalesce((
        select sum(u.uses)::integer from orders.promo_uses u
          join orders.orders o on o.id = u.order_id join orders.events e on e.id = o.event_id
         where u.promo_code_id = c.id and ${sql.raw(has_tickets)}), 0)
     where c.id = any(${ids}::uuid[])`.execute(tx)
  return Number(pools.numAffectedRows) + Number(codes.numAffectedRows)
}
