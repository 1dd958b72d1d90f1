import {
  askEcho, best, conclude, describe, sell, type Bench, type GoalResult, type Sale,
} from '../bench.ts'
import { costOf, costSides, readMeter, type Cost } from '../cost.ts'

/** P1 and P2: orders of one hot event by the full path, beside naive holds and an idle answer. */
export async function measureRush (bench: Bench): Promise<GoalResult[]> {
  const { plan, product, holds, say } = bench
  const short = { warmup_ms: 500, duration_ms: plan.seconds * 400 }
  const ours = await best(plan.clients, async connections =>
    (await sell(bench, product, { connections, ...short })).result.per_second)
  const control = await best(plan.control_clients, count => holds.run(count, plan.seconds * 0.4))
  const echoed = await best(plan.clients, async connections =>
    (await askEcho(bench, bench.echo_port, connections)).per_second)
  const orders: number[] = []
  const naive: number[] = []
  const echo: number[] = []
  const sales: Sale[] = []
  const costs: (Cost | null)[] = []
  for (let one = 1; one <= plan.rounds; one++) {
    naive.push(await holds.run(control.count, plan.seconds))
    const before = await readMeter(product)
    // Until the events of the round are handled too: they are part of what an order costs.
    const sale = await sell(bench, product, { connections: ours.count })
    const after = await readMeter(product)
    costs.push(before && after && costOf(before, after, sale.result.acknowledged))
    orders.push(sale.result.per_second)
    echo.push((await askEcho(bench, bench.echo_port, echoed.count)).per_second)
    sales.push(sale)
    say(`  round ${one}: ${orders.at(-1)!.toFixed(0)} orders/s, ${naive.at(-1)!.toFixed(0)} ` +
      `holds/s, ${echo.at(-1)!.toFixed(0)} echoes/s`)
  }
  const bad = sales.flatMap(sale => sale.void ?? [])
  const order_side = { name: 'full durable orders', unit: '/s', values: orders }
  const details = {
    clients: ours, control_clients: control, echo_clients: echoed, control: holds.tool,
    sales: sales.map(describe),
  }
  return [
    conclude({
      id: 'P1', title: 'Orders on one hot event / one-statement holds by pgbench (B1)',
      target: { at_least: 4, unit: 'x' },
      may_not_claim: 'Guests without a queue pass, on the machine that also runs the load: no ' +
        'figure for signed-in buyers, networks, TLS or other hardware. Only beside B1 and E.',
    }, { rounds: orders.map((rate, at) => rate / naive[at]!), void: bad, details,
      sides: [order_side, { name: 'B1', unit: '/s', values: naive }, ...costSides(costs)] }),
    conclude({
      id: 'P2', title: 'Orders on one hot event / the same request echoed by Fastify (E)',
      target: { at_least: 0.2, unit: 'x' },
      may_not_claim: 'E shares its cores with the load process alone, an order also with ' +
        'PostgreSQL: not the cost of our code against Fastify.',
    }, { rounds: orders.map((rate, at) => rate / echo[at]!), void: bad,
      sides: [order_side, { name: 'E', unit: '/s', values: echo }] }),
  ]
}
