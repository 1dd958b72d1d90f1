import type { TwoProcesses } from './two-processes.ts'

/** What the rows of one event add up to, each time in one statement, so of one moment. */

export interface Sums {
  /** Pools that hold or have sold more than there is, by their orders. */
  oversold: number
  /** Pools whose counters differ from the orders they count. */
  miscounted: number
  overspent: number
  mispent: number
  /** People with more tickets of a limited type than the limit. */
  over_limit: number
  /** Passes with more orders than a pass is good for. */
  overused_passes: number
  orders: number
  pending: number
  completed: number
  /** Idempotency keys of the event's orders. */
  keys: number
}

const orders_per_pass = 3

export const readSums = async ({ pools }: TwoProcesses, event_id: string): Promise<Sums> =>
  (await pools.orders.query<Sums>(`
  with counted as (
    -- Tickets of a hold that was released are free, whether or not its order says so yet.
    select o.id, o.status from orders.orders o join orders.events e on e.id = o.event_id
     where o.event_id = $1 and (o.status = 'completed' or
           (o.status = 'pending' and o.expires_at > e.released_up_to))
  ), taken as (
    select d.pool_id, coalesce(sum(i.quantity) filter (where c.status = 'pending'), 0) as held,
           coalesce(sum(i.quantity) filter (where c.status = 'completed'), 0) as sold
      from counted c join orders.order_items i on i.order_id = c.id
      join orders.ticket_type_pools d on d.ticket_type_id = i.ticket_type_id group by d.pool_id
  ), pools as (
    select p.capacity, p.held, p.sold, coalesce(t.held, 0) as true_held, coalesce(t.sold, 0) as true_sold
      from orders.pools p left join taken t on t.pool_id = p.id where p.event_id = $1
  ), promos as (
    select p.max_uses, p.used, coalesce((
             select sum(u.uses) from orders.promo_uses u join counted c on c.id = u.order_id
              where u.promo_code_id = p.id), 0) as true_used
      from orders.promo_codes p where p.event_id = $1
  ), limited as (
    select l.ticket_type_id, l.email_key, l.user_id, l.quantity, t.max_per_buyer
      from orders.limited_purchases l join counted c on c.id = l.order_id
      join orders.ticket_types t on t.id = l.ticket_type_id
  )
  select (select count(*) from pools where true_held + true_sold > capacity)::integer as oversold,
         (select count(*) from pools where held <> true_held or sold <> true_sold)::integer as miscounted,
         (select count(*) from promos where true_used > max_uses)::integer as overspent,
         (select count(*) from promos where used <> true_used)::integer as mispent,
         (select count(*) from (select from limited group by ticket_type_id, email_key
                                having sum(quantity) > min(max_per_buyer)) as many)::integer as over_limit,
         (select count(*) from orders.queue_uses
           where event_id = $1 and orders > ${orders_per_pass})::integer as overused_passes,
         (select count(*) from orders.orders where event_id = $1)::integer as orders,
         (select count(*) from counted where status = 'pending')::integer as pending,
         (select count(*) from counted where status = 'completed')::integer as completed,
         (select count(*) from orders.idempotency_keys k
            join orders.orders o on o.id::text = k.reply #>> '{}'
           where o.event_id = $1)::integer as keys`, [event_id])).rows[0]!

/** Orders that a buyer was told of and that are not there. */
export const countMissing = async (
  { pools }: TwoProcesses, event_id: string, order_ids: string[]
): Promise<number> => (await pools.orders.query<{ missing: number }>(`
  select count(*)::integer as missing from unnest($2::uuid[]) as told (id)
   where not exists (select from orders.orders o where o.id = told.id and o.event_id = $1)`,
[event_id, order_ids])).rows[0]!.missing

/** Whether events or payments of the sale still have to take effect. */
export async function isUnderWay ({ pools }: TwoProcesses): Promise<boolean> {
  const open = await Promise.all([
    pools.orders.query(`select from orders.orders where status = 'pending' limit 1`),
    pools.payments.query(`select from payments.payments where status = 'pending' limit 1`),
    ...(['orders', 'payments', 'expiration'] as const).map(name =>
      pools[name].query(`select from ${name}.outbox where sent_at is null limit 1`)),
  ])
  return open.some(({ rowCount }) => rowCount! > 0)
}
