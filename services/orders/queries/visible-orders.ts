import type { Caller } from '@fermata/platform/caller'
import type { Db } from '@fermata/platform/database'
import { mayDo } from '@fermata/platform/memberships'
import { sql, type Fragment } from '@fermata/platform/sql'
import { columns, type OrderRow } from './orders.ts'

/** A guest's order belongs to the proven address it was bought with. */
function bought (caller: Caller, verified_email: string | null): Fragment<boolean> {
  if (caller.kind === 'order') return sql<boolean>`o.id = ${caller.order_id}`
  if (caller.kind !== 'user') return sql<boolean>`false`
  return sql<boolean>`coalesce(case when o.user_id is null
    then lower(o.buyer_email) = ${verified_email}::text
    else o.user_id = ${caller.user_id} end, false)`
}

/** An event that was not heard of is an administrator's alone. */
const managed = (caller: Caller) =>
  mayDo('orders', caller, 'manage', {
    organizer_id: sql`(e.facts ->> 'organizer_id')::uuid`, event_id: sql`e.id`,
  })

/**
 * An order, if the caller may see it. One of others is no row here, as one that is not there: both
 * take the same time.
 */
export const findOrderFor = (
  db: Db, id: string, caller: Caller, verified_email: string | null
) => sql<OrderRow & { is_buyer: boolean }>`
  select ${columns}, ${bought(caller, verified_email)} as is_buyer
    from orders.orders o join orders.events e on e.id = o.event_id
   where o.id = ${id} and (${bought(caller, verified_email)} or ${managed(caller)})`.first(db)
