import { setTimeout as sleep } from 'node:timers/promises'
import { createPool } from '@fermata/platform/database'
import { settle } from '../sums.ts'

/** What the buyers were told, compared with what the rehearsal's database holds. */

/** One comparison: all of the numbers must be the same. */
export interface Check { name: string, numbers: [what: string, count: number][], agrees: boolean }

interface Row {
  orders: number, keys: number, missing: number
  held: number, sold: number, live_tickets: number, oversold: number
  paid_orders: number, payments: number, issued: number, completed_tickets: number
  debit: number, credit: number
}

const open_payments_within_ms = 30_000
const look_every_ms = 100

export interface Told {
  event_ids: string[]
  runs: string[]
  order_ids: string[]
  /** Buyers who sent a hold and never heard what became of it. */
  unheard: number
}

export async function checkSums (database_url: string, told: Told): Promise<Check[]> {
  const pool = createPool({ url: database_url, max_connections: 1, application_name: 'fermata-rehearsal' })
  try {
    await noOpenPayments(pool)
    await settle({ pool })
    const { rows: [row] } = await pool.query<Row>(sums_sql,
      [told.event_ids, told.runs, told.order_ids])
    return compare(row!, told)
  } finally {
    await pool.end()
  }
}

/** The simulated provider decides in the background. */
async function noOpenPayments (pool: ReturnType<typeof createPool>): Promise<void> {
  const began = performance.now()
  while (performance.now() - began < open_payments_within_ms) {
    const { rows: [row] } = await pool.query<{ open: boolean }>(
      "select exists (select from payments.payments where status = 'pending') as open")
    if (!row!.open) return
    await sleep(look_every_ms)
  }
}

/** A ticket type's own pool counts each of its tickets once; shared ones count them again. */
const sums_sql = `
  with our_orders as (select * from orders.orders where event_id = any($1::uuid[])),
  lines as (select o.status, o.total_minor, i.quantity from our_orders o
    join orders.order_items i on i.order_id = o.id),
  stock as (select * from orders.pools where event_id = any($1::uuid[]))
  select (select count(*) from our_orders) as orders,
         (select count(*) from orders.idempotency_keys k where k.status = 201
            and exists (select from unnest($2::text[]) as r (run) where starts_with(k.key, r.run || '-hold-'))) as keys,
         (select count(*) from unnest($3::uuid[]) as t (id)
           where not exists (select from our_orders o where o.id = t.id)) as missing,
         (select coalesce(sum(held), 0) from stock where kind = 'ticket_type') as held,
         (select coalesce(sum(sold), 0) from stock where kind = 'ticket_type') as sold,
         (select coalesce(sum(greatest(0, held + sold - capacity)), 0) from stock) as oversold,
         (select coalesce(sum(quantity), 0) from lines where status in ('pending', 'completed')) as live_tickets,
         (select coalesce(sum(quantity), 0) from lines where status = 'completed') as completed_tickets,
         (select count(*) from our_orders where status = 'completed' and total_minor > 0) as paid_orders,
         (select count(*) from payments.payments
           where event_id = any($1::uuid[]) and status = 'succeeded') as payments,
         (select count(*) from tickets.tickets where event_id = any($1::uuid[])) as issued,
         (select coalesce(sum(debit_minor), 0) from payments.ledger_entries) as debit,
         (select coalesce(sum(credit_minor), 0) from payments.ledger_entries) as credit`

function compare (row: Row, { order_ids, unheard }: Told): Check[] {
  const check = (name: string, numbers: [string, number][], is_right = true): Check =>
    ({ name, numbers, agrees: is_right && numbers.every(([, count]) => count === numbers[0]![1]) })
  const told = new Set(order_ids).size
  // Who hung up and never asked again may have an order all the same.
  const unknown = row.orders - told
  const explained = unknown >= 0 && unknown <= unheard
  return [
    check('holds', [['orders', row.orders], ['keys', row.keys],
      [unknown > 0 && explained ? 'answers, and unheard ones' : 'answers', explained ? told + unknown : told]],
    row.missing === 0),
    check('stock', [['tickets held or sold', row.held + row.sold], ['in orders', row.live_tickets]],
      row.oversold === 0),
    check('money', [['paid orders', row.paid_orders], ['payments', row.payments]],
      row.debit === row.credit),
    check('tickets', [['in paid orders', row.completed_tickets], ['issued', row.issued]]),
  ]
}
