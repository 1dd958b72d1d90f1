import { randomBytes } from 'node:crypto'
import { best, conclude, type Bench, type GoalResult } from '../bench.ts'
import { costOf, costSides, readMeter, type Cost } from '../cost.ts'
import type { Product } from '../product.ts'
import { round } from '../statistics.ts'
import { settle } from '../sums.ts'

const connections = 256
const finish_within_ms = 180_000
const look_every_ms = 50

/** P5: whole purchases, from the order to the queued mail, beside naive holds. */
export async function measurePurchases (bench: Bench): Promise<GoalResult[]> {
  const { plan, holds, say } = bench
  const control = await best(plan.control_clients, count => holds.run(count, plan.seconds * 0.4))
  const paid: number[] = []
  const naive: number[] = []
  const bad: string[] = []
  const costs: (Cost | null)[] = []
  const details: unknown[] = []
  await purchaseRound(bench)
  for (let one = 1; one <= plan.rounds; one++) {
    naive.push(await holds.run(control.count, plan.seconds))
    const before = await readMeter(bench.product)
    const { per_second, reason, ...rest } = await purchaseRound(bench)
    const after = await readMeter(bench.product)
    costs.push(before && after && costOf(before, after, rest.orders))
    paid.push(per_second)
    if (reason) bad.push(reason)
    details.push(rest)
    say(`  round ${one}: ${per_second.toFixed(0)} paid orders/s (${rest.orders} orders in ` +
      `${rest.all_finished_s} s), ${naive.at(-1)!.toFixed(0)} holds/s`)
  }
  return [conclude({
    id: 'P5', title: 'Complete paid orders / one-statement holds by pgbench (B1)',
    target: { at_least: 0.3, unit: 'x' },
    may_not_claim: 'Payments by the simulated provider, which moves no money and is not a ' +
      'network away; mails are queued, not sent. One ticket an order.',
  }, { rounds: paid.map((rate, at) => rate / naive[at]!), void: bad,
    details: { rounds: details, control: holds.tool, control_clients: control },
    sides: [{ name: 'paid orders with tickets', unit: '/s', values: paid },
      { name: 'B1', unit: '/s', values: naive }, ...costSides(costs)] })]
}

/** Buyers order and pay for a while; the round ends when the last of them has ticket and mail. */
async function purchaseRound ({ plan, product, load }: Bench) {
  const run = `p${randomBytes(5).toString('hex')}`
  const event = await product.openEvent(1_000_000)
  const began = performance.now()
  const result = await load.run({ port: product.port, ...event, run, flow: 'purchase', connections,
    warmup_ms: 0, duration_ms: plan.seconds * 1000 })
  const orders = result.acknowledged
  const sent_s = (performance.now() - began) / 1000
  await finished(product, event.event_id, orders)
  const all_finished_s = (performance.now() - began) / 1000
  const sums = await readPurchases(product, event)
  // Thousands of mails with PDFs would be sent into the rounds that follow.
  await product.pool.query(`update notifications.deliveries set status = 'dead',
    next_attempt_at = null, last_error = 'bench' where status in ('pending', 'failed')`)
  await settle(product)
  const agree = Object.values(sums).every(one => one === orders) && result.lost === 0
  return {
    orders, per_second: orders / all_finished_s, all_finished_s: round(all_finished_s),
    sent_s: round(sent_s), sums, statuses: result.statuses, latency: result.latency,
    reason: agree ? null : `${orders} orders, ${result.lost} lost, ${JSON.stringify(sums)}`,
  }
}

/**
 * Waits until as many tickets are issued and mails queued as orders were paid. A holder is written
 * with the mail, and counting holders does not read the mails of all rounds before.
 */
async function finished ({ pool }: Product, event_id: string, orders: number): Promise<void> {
  const began = performance.now()
  while (performance.now() - began < finish_within_ms) {
    const { rows: [row] } = await pool.query<{ issued: number }>(
      'select coalesce(max(last_number), 0) as issued from tickets.events where id = $1', [event_id])
    if (row!.issued >= orders && await countHolders(pool, event_id) >= orders) return
    await new Promise(resolve => setTimeout(resolve, look_every_ms))
  }
}

const countHolders = async (pool: Product['pool'], event_id: string) =>
  (await pool.query<{ holders: number }>(
    'select count(*) as holders from notifications.holders where event_id = $1 and not is_ended',
    [event_id])).rows[0]!.holders

const countMails = async (pool: Product['pool'], event_id: string) =>
  (await pool.query<{ mails: number }>(`select count(*) as mails from notifications.deliveries d
    join orders.orders o on o.id = d.attach_order_id where o.event_id = $1`, [event_id])).rows[0]!.mails

async function readPurchases (
  { pool }: Product, { event_id, ticket_type_id }: { event_id: string, ticket_type_id: string }
) {
  const { rows: [row] } = await pool.query<Record<string, number>>(`
    select p.held + p.sold as taken, p.sold,
           (select count(*) from orders.orders
             where event_id = $1 and status = 'completed') as completed,
           (select count(*) from tickets.tickets where event_id = $1) as tickets,
           (select count(*) from payments.payments
             where event_id = $1 and status = 'succeeded') as paid,
           (select count(distinct l.transaction_id) from payments.ledger_entries l
              join payments.payments y on y.id = l.payment_id where y.event_id = $1) as booked
      from orders.pools p where p.id = $2`, [event_id, ticket_type_id])
  return { ...row!, mails: await countMails(pool, event_id) }
}
