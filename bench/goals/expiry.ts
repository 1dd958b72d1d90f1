import { conclude, describe, sell, type Bench, type GoalResult } from '../bench.ts'
import type { Product } from '../product.ts'
import { round } from '../statistics.ts'
import { settle } from '../sums.ts'

const connections = 256
const sales_per_second = 500
/** Orders of one sale in a rush share a deadline. */
const sold_together = 50
/** Time to write the holds before the first of them ends. */
const lead_s = 12
const look_every_ms = 20
const give_up_after_ms = 60_000
/** Telling is paced, so it takes minutes; the next round must not pay for it. */
const told_within_ms = 300_000
const look_for_told_every_ms = 1000

/** P15: very many holds end within one second, and their tickets are free soon after. */
export async function measureExpiry (bench: Bench): Promise<GoalResult[]> {
  const { plan, product, say } = bench
  const free_after_s: number[] = []
  const told_after_s: number[] = []
  const calm_p99: number[] = []
  const busy_p99: number[] = []
  const bad: string[] = []
  const sales: unknown[] = []
  for (let one = 1; one <= plan.rounds; one++) {
    const calm = await sell(bench, product, { connections, per_second: sales_per_second })
    const { after_s, told_s, sale, left } = await endTogether(bench)
    free_after_s.push(after_s)
    told_after_s.push(told_s)
    calm_p99.push(calm.result.latency.p99_ms)
    busy_p99.push(sale.result.latency.p99_ms)
    for (const each of [calm, sale]) if (each.void) bad.push(each.void)
    if (left > 0) bad.push(`${left} tickets were not given back`)
    sales.push(describe(sale))
    say(`  round ${one}: all free ${after_s.toFixed(2)} s after the last ended; p99 of orders ` +
      `${busy_p99.at(-1)} ms meanwhile, ${calm_p99.at(-1)} ms before; all told after ${told_s} s`)
  }
  const sides = [{ name: 'all free after', unit: 's', values: free_after_s },
    { name: 'p99 of orders meanwhile', unit: 'ms', values: busy_p99 },
    { name: 'p99 of orders before', unit: 'ms', values: calm_p99 },
    { name: 'all told after', unit: 's', values: told_after_s }]
  const may_not_claim = `Holds of one event, written set-wise by SQL as if ordered; ${sales_per_second} ` +
    'other orders/s go on meanwhile. Not the time until every buyer has been told.'
  return [
    conclude({ id: 'P15',
      title: `${plan.ending_holds} holds ending in one second are free again`,
      target: { at_most: 2, unit: 's' }, may_not_claim },
    { rounds: free_after_s, sides, void: bad, details: { sales } }),
    conclude({ id: 'P15p', title: 'p99 of orders while they end / before',
      target: { at_most: 1.5, unit: 'x' }, may_not_claim },
    { rounds: busy_p99.map((p99, at) => p99 / calm_p99[at]!), sides, void: bad }),
  ]
}

async function endTogether (bench: Bench) {
  const { product, plan } = bench
  const event = await product.openEvent(plan.ending_holds)
  const lead = Math.max(1, lead_s * plan.ending_holds / 100_000)
  const first_at = await writeHolds(product, event, plan.ending_holds, lead)
  await settle(product)
  // Sales begin before the first hold ends and outlast the giving back.
  const until_ms = first_at - Date.now()
  const selling = sell(bench, product, {
    connections, per_second: sales_per_second,
    warmup_ms: Math.max(0, until_ms), duration_ms: plan.seconds * 1000 })
  const after_s = await allFree(product, event.ticket_type_id, first_at + 1000)
  const sale = await selling
  const { rows: [row] } = await product.pool.query<{ held: number }>(
    'select held from orders.pools where id = $1', [event.ticket_type_id])
  const told_s = await allTold(product, event.event_id, first_at + 1000)
  return { after_s: round(after_s, 3), told_s: round(told_s, 1), sale, left: row!.held }
}

/** Seconds from the end of the last hold until every order is written down as expired and told of. */
async function allTold (
  product: Product, event_id: string, last_at: number
): Promise<number> {
  for (;;) {
    const { rows: [row] } = await product.pool.query<{ waiting: boolean, now_ms: number }>(`
      select exists (select from orders.orders where event_id = $1 and status = 'pending')
             or exists (select from expiration.deadlines where is_waiting and due_at <= now()) as waiting,
             extract(epoch from clock_timestamp())::float8 * 1000 as now_ms`, [event_id])
    const told_ms = row!.now_ms - last_at
    if (!row!.waiting) {
      await settle(product)
      return told_ms / 1000
    }
    if (told_ms > told_within_ms) throw new Error('Not every ended hold was told of in time')
    await new Promise(resolve => setTimeout(resolve, look_for_told_every_ms))
  }
}

/**
 * Orders whose holds end evenly spread over one second, with what a placed order leaves elsewhere.
 * @returns when the first ends, in milliseconds since 1970 by the database's clock
 */
async function writeHolds (
  { pool }: Product, event: { event_id: string, ticket_type_id: string }, count: number,
  lead: number
): Promise<number> {
  const { rows: [row] } = await pool.query<{ first_ms: number }>(`
    with clock as (select now() + make_interval(secs => $4) as first),
    sales as (
      select overlay(uuidv7()::text placing '8' from 15) as shared, sale,
             first + make_interval(secs => sale::float8 * $5 / $3) as ends
        from generate_series(0, ($3::integer - 1) / $5::integer) as sale, clock),
    wanted as (
      select overlay(shared placing lpad(to_hex(place), 3, '0') from 34)::uuid as id, ends
        from sales cross join generate_series(1, least($5, $3 - sale * $5)) as place),
    placed as (
      insert into orders.orders (id, code, event_id, status, buyer_name, buyer_email, buyer_locale,
        total_minor, currency, created_at, expires_at)
      select id, 'B' || upper(right(replace(id::text, '-', ''), 12)), $1, 'pending', 'Guest', 'guest@example.com',
             'en', 4500, 'EUR', now(), ends from wanted),
    lines as (
      insert into orders.order_items (order_id, ticket_type_id, name, quantity, unit_price_minor)
      select id, $2, 'Seat', 1, 4500 from wanted),
    deadlines as (
      insert into expiration.deadlines (kind, id, due_at, held)
      select 'order_hold', overlay(shared placing '000' from 34)::uuid, ends,
             int4multirange(int4range(1, least($5, $3 - sale * $5) + 1)) from sales),
    stock as (update orders.pools set held = held + $3 where id = $2)
    select extract(epoch from first)::float8 * 1000 as first_ms from clock`,
  [event.event_id, event.ticket_type_id, count, lead, sold_together])
  return row!.first_ms
}

/** Seconds from the end of the last hold until none of the tickets is held. */
async function allFree ({ pool }: Product, pool_id: string, last_at: number): Promise<number> {
  while (Date.now() < last_at + give_up_after_ms) {
    const { rows: [row] } = await pool.query<{ held: number, now_ms: number }>(`
      select held, extract(epoch from clock_timestamp())::float8 * 1000 as now_ms
        from orders.pools where id = $1`, [pool_id])
    if (row!.held === 0) return Math.max(0, row!.now_ms - last_at) / 1000
    await new Promise(resolve => setTimeout(resolve, look_every_ms))
  }
  return give_up_after_ms / 1000
}
