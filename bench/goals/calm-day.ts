import { randomBytes } from 'node:crypto'
import { conclude, type Bench, type GoalResult, type Plan, type Side } from '../bench.ts'
import type { LoadProcess } from '../load.ts'
import { cpuSecondsOf, memoryMbOf, startProduct, type Product } from '../product.ts'
import { startMailSink, type MailSink } from '../rehearsal/mail-sink.ts'
import { round } from '../statistics.ts'

/** Clients that each buy again as soon as they have their ticket; the first goals are of the last. */
const crowds = [1, 16, 64] as const
const most_rounds = 3
const mailed_within_ms = 120_000
const look_every_ms = 50
/** Fewer mails than these say nothing of how many a processor makes. */
const enough_to_drain = 50

interface Shop { product: Product, load: LoadProcess, plan: Plan, mails: MailSink }
type Round = Awaited<ReturnType<typeof buy>>

/** P22: whole purchases with their mails, from the shop as README starts it. */
export async function measureCalmDay ({ plan, load, say }: Bench): Promise<GoalResult[]> {
  const mails = await startMailSink()
  try {
    const product = await startProduct({ as_started: true,
      environment: { MAIL_HOSTNAME: '127.0.0.1', MAIL_PORT: String(mails.port) } })
    try {
      const shop = { product, load, plan, mails }
      const rounds = new Map<number, Round[]>(crowds.map(clients => [clients, []]))
      // A new process reads its fonts and compiles its code.
      await buy(shop, 16)
      for (let one = 1; one <= Math.min(plan.rounds, most_rounds); one++) {
        for (const [clients, results] of rounds) {
          const result = await buy(shop, clients)
          results.push(result)
          say(`  round ${one}, ${clients} clients: ${describe(result)}`)
        }
      }
      return concludeAll(rounds)
    } finally {
      await product.stop()
    }
  } finally {
    mails.close()
  }
}

const describe = ({ result, node_ms, oldest_s, mails_per_core, memory_mb }: Round) =>
  `${result.per_second.toFixed(0)}/s, p50 ${result.latency.p50_ms} ms, p99 ` +
  `${result.latency.p99_ms} ms, ${node_ms.toFixed(1)} ms of Node each; ` +
  `${mails_per_core.toFixed(0)} mails a second of Node, the oldest ${oldest_s.toFixed(1)} s; ` +
  `${memory_mb} MB`

/** One round: buyers for a while, then as long as it takes until the last has ticket and mail. */
async function buy ({ product, load, plan, mails }: Shop, connections: number) {
  const run = `c${randomBytes(5).toString('hex')}`
  const event = await product.openEvent(1_000_000)
  const taken_before = mails.count()
  const node_s = () => cpuSecondsOf(product.pid) ?? 0
  const began_s = node_s()
  const result = await load.run({ port: product.port, ...event, run, flow: 'ticket', connections,
    warmup_ms: 0, duration_ms: plan.seconds * 600 })
  const sold = { node_s: node_s(), mails: mails.count() }
  const orders = result.acknowledged
  const sums = await mailed(product, event.event_id, orders)
  const taken = mails.count() - taken_before
  const drained = mails.count() - sold.mails
  const ended_s = node_s()
  const agree = [sums.tickets, sums.sent, taken].every(one => one === orders) && result.lost === 0
  return {
    result, orders, oldest_s: sums.oldest_s, memory_mb: memoryMbOf(product.pid) ?? 0,
    node_ms: (ended_s - began_s) * 1000 / Math.max(1, orders),
    mails_per_core: drained >= enough_to_drain
      ? drained / (ended_s - sold.node_s) : taken / Math.max(0.01, ended_s - began_s),
    reason: agree && orders > 0 ? null
      : `${orders} orders, ${result.lost} lost, ${taken} mails, ${JSON.stringify(sums)}`,
  }
}

interface Sums { tickets: number, sent: number, oldest_s: number }

async function mailed ({ pool }: Product, event_id: string, orders: number): Promise<Sums> {
  const began = performance.now()
  for (;;) {
    const { rows: [row] } = await pool.query<Sums>(`
      select (select count(*) from tickets.tickets where event_id = $1) as tickets,
             count(*) as sent,
             coalesce(max(extract(epoch from d.sent_at - d.created_at)), 0)::float8 as oldest_s
        from notifications.deliveries d
        join tickets.orders o on o.id = d.attach_order_id
       where o.event_id = $1 and d.status = 'sent'`, [event_id])
    if (row!.sent >= orders || performance.now() - began > mailed_within_ms) return row!
    await new Promise(resolve => setTimeout(resolve, look_every_ms))
  }
}

const may_not_claim = 'Guests who buy one ticket each, paid by the simulated provider; mails go to ' +
  'a server on the same machine, which the load and PostgreSQL share. Absolute numbers of this machine.'

function concludeAll (rounds: Map<number, Round[]>): GoalResult[] {
  const bad = [...rounds.values()].flat().flatMap(({ reason }) => reason ?? [])
  const sidesOf = (name: string, unit: string, value: (one: Round) => number): Side[] =>
    [...rounds].map(([clients, results]) =>
      ({ name: `${name}, ${clients} clients`, unit, values: results.map(value) }))
  const alone = rounds.get(crowds[0])!
  const crowd = rounds.get(crowds.at(-1)!)!
  const goal = (
    id: string, title: string, target: GoalResult['target'], of: Round[],
    [name, value]: [string, (one: Round) => number]
  ) => conclude({ id, title, target, may_not_claim }, {
    rounds: of.map(value), void: bad, sides: sidesOf(name, target.unit, value),
    details: { rounds: of.map(({ result: { order_ids: _, ...result }, ...rest }) =>
      ({ ...rest, result, memory_mb: round(rest.memory_mb) })) },
  })
  const p50: [string, (one: Round) => number] = ['p50', one => one.result.latency.p50_ms]
  return [
    goal('P22', 'Whole purchases with 64 clients', { at_least: 600, unit: '/s' }, crowd,
      ['purchases', one => one.result.per_second]),
    goal('P22l', 'From the order to the ticket with 64 clients', { at_most: 100, unit: 'ms' }, crowd, p50),
    goal('P22a', 'From the order to the ticket alone', { at_most: 40, unit: 'ms' }, alone, p50),
    goal('P22c', 'Processor of Node for a purchase alone, with its mail', { at_most: 15, unit: 'ms' },
      alone, ['Node', one => one.node_ms]),
    goal('P22m', 'Ticket mails for each second of Node', { at_least: 100, unit: '/s' }, crowd,
      ['mails', one => one.mails_per_core]),
    goal('P22o', 'Oldest ticket mail with 64 clients', { at_most: 10, unit: 's' }, crowd,
      ['oldest mail', one => one.oldest_s]),
    goal('P22r', 'Memory of Node with 64 clients', { at_most: 500, unit: 'MB' }, crowd,
      ['memory', one => one.memory_mb]),
  ]
}
