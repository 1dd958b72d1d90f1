import { createPool } from '@fermata/platform/database'
import type { Found, FoundOrder } from './check-history.ts'

/** The rows of one event after everything came back, read past the services. */
export async function readFound (
  database_url: string, event_id: string, ticket_type_id: string
): Promise<Found> {
  const pool = createPool({ url: database_url, max_connections: 1, application_name: 'faults' })
  try {
    const { rows: orders } = await pool.query<FoundOrder>(`
      select o.id, o.status, (select sum(quantity)::integer from orders.order_items where order_id = o.id) as seats,
             (select count(*)::integer from tickets.tickets where order_id = o.id) as tickets
        from orders.orders o where o.event_id = $1`, [event_id])
    const { rows: [stock] } = await pool.query<Found['pool']>(
      'select capacity, held, sold from orders.pools where id = $1', [ticket_type_id])
    const { rows: [keys] } = await pool.query<{ count: number }>(`
      select count(*)::integer as count from orders.idempotency_keys where reply ->> 'event_id' = $1::text`, [event_id])
    return { orders, pool: stock!, keys: keys!.count }
  } finally {
    await pool.end()
  }
}
