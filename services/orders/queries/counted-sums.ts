import { sql } from '@fermata/platform/sql'
import { has_tickets } from './expiry.ts'

/** What the orders that draw from a pool add up to: `held` and `sold`, null where there are none. */
export const sumsOfPool = (pool_id: string) => sql`
  select sum(i.quantity) filter (where o.status = 'pending')::integer as held,
         sum(i.quantity) filter (where o.status = 'completed')::integer as sold
    from orders.ticket_type_pools d
    join orders.order_items i on i.ticket_type_id = d.ticket_type_id
    join orders.orders o on o.id = i.order_id join orders.events e on e.id = o.event_id
   where d.pool_id = ${sql.ref(pool_id)} and ${has_tickets}`

/** What orders have used of a promo code: `uses`, null where there are none. */
export const usesOfPromoCode = (promo_code_id: string) => sql`
  select sum(u.uses)::integer as uses
    from orders.promo_uses u
    join orders.orders o on o.id = u.order_id join orders.events e on e.id = o.event_id
   where u.promo_code_id = ${sql.ref(promo_code_id)} and ${has_tickets}`
