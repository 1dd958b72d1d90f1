import { createPool } from '@fermata/platform/database'
import type { Found, FoundOrder } from './check-history.ts'

/** The rows of one event after everything came back, read past the services. */
export async function readFound (
  database_url: string, event_id: string, ticket_type_id: string
): Promise<Found> {
  const pool = createPool({ url: database_url, max_connections: 1, application_name: 'faults' })
  try {
    // One moment: a hold that ends between two of these would be in one of them only.
    await pool.query('begin isolation level repeatable read')
    const { rows: orders } = await pool.query<FoundOrder>(`
      select o.id, case when o.status = 'pending' and o.expires_at <= e.released_up_to then 'expired' else o.status end as status,
             o.expires_at <= clock_timestamp() as hold_is_over, (select sum(quantity)::integer from orders.order_items where order_id = o.id) as seats,
             (select count(*)::integer from tickets.tickets where order_id = o.id) as tickets
        from orders.orders o join orders.events e on e.id = o.event_id where o.event_id = $1`, [event_id])
    const { rows: [stock] } = await pool.query<Found['pool']>(
      'select capacity, held, sold from orders.pools where id = $1', [ticket_type_id])
    const { rows: [keys] } = await pool.query<{ count: number }>(`
      select count(*)::integer as count from orders.idempotency_keys k
        join orders.orders o on o.id::text = k.reply #>> '{}' where o.event_id = $1`, [event_id])
    return { orders, pool: stock!, keys: keys!.count }
  } finally {
    await pool.end()
  }
}
