import { serviceNames } from '@fermata/contracts/services'
import type { Product } from './product.ts'

/** What a round left in the database, compared with what buyers were told. */

export interface Sums {
  acknowledged: number
  held: number
  sold: number
  orders: number
  tickets: number
  /** Idempotency keys and events in the outbox, written in the order's transaction. */
  keys: number
  outbox: number
  /** Orders that a buyer was told of and that are not there. */
  missing: number
  oversold: number
}

/** Reads the sums of one event. @param run the prefix of the keys its buyers sent */
export async function readSums (
  { pool }: Product, event: { event_id: string, ticket_type_id: string }, run: string,
  order_ids: string[]
): Promise<Sums> {
  const { rows: [row] } = await pool.query<Omit<Sums, 'acknowledged'>>(`
    select p.held, p.sold, greatest(0, p.held + p.sold - p.capacity) as oversold,
           (select count(*) from orders.orders where event_id = $1) as orders,
           (select coalesce(sum(i.quantity), 0) from orders.order_items i
              join orders.orders o on o.id = i.order_id
             where o.event_id = $1 and o.status in ('pending', 'completed')) as tickets,
           (select count(*) from orders.idempotency_keys
             where starts_with(key, $3 || '-') and status = 201) as keys,
           (select count(*) from orders.outbox_events
             where type = 'orders.order_placed.v1' and data ->> 'event_id' = $1::text) as outbox,
           (select count(*) from unnest($4::uuid[]) as told (id)
             where not exists (select from orders.orders o
                                where o.id = told.id and o.event_id = $1)) as missing
      from orders.pools p where p.id = $2`,
  [event.event_id, event.ticket_type_id, run, order_ids])
  return { acknowledged: order_ids.length, ...row! }
}

/** Why the sums make a round void; null when they agree. */
export function disagreement (sums: Sums): string | null {
  const { acknowledged, held, sold, orders, tickets, keys, outbox, missing, oversold } = sums
  const same = [held + sold, orders, tickets, keys, outbox].every(one => one === acknowledged)
  return same && missing === 0 && oversold === 0 ? null : JSON.stringify(sums)
}

/** How long the events of a round may take to be handled before the next. */
const settle_within_ms = 180_000
const look_every_ms = 50

const outboxes = serviceNames.map(name =>
  `select from ${name}.outbox where sent_at is null and available_at <= now()`)
const is_waiting = `select ${outboxes.map(one => `exists (${one})`).join(' or ')} as waiting`

/**
 * Waits until every event is handled, so that no side pays for what another began.
 * @returns the seconds that took
 */
export async function settle ({ pool }: Pick<Product, 'pool'>): Promise<number> {
  const began = performance.now()
  for (let quiet = 0; quiet < 2;) {
    const { rows: [row] } = await pool.query<{ waiting: boolean }>(is_waiting)
    quiet = row!.waiting ? 0 : quiet + 1
    if (performance.now() - began > settle_within_ms) {
      throw new Error('The events of a round were not handled in time')
    }
    await new Promise(resolve => setTimeout(resolve, look_every_ms))
  }
  return (performance.now() - began) / 1000
}
