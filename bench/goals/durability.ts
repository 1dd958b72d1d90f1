import { conclude, describe, sell, type Bench, type GoalResult } from '../bench.ts'
import { startProduct } from '../product.ts'

const connections = 256

/** P16: what durable commits cost, against the same product on a database that does not flush. */
export async function measureDurability (bench: Bench): Promise<GoalResult[]> {
  const { plan, product, say } = bench
  const careless = await startProduct({ database_settings: { fsync: 'off' } })
  try {
    const on: number[] = []
    const off: number[] = []
    const bad: string[] = []
    const sales: unknown[] = []
    // A new process is slow until its code is compiled.
    for (const each of [product, careless]) await sell(bench, each, { connections })
    for (let one = 1; one <= plan.rounds; one++) {
      for (const [each, rates] of [[product, on], [careless, off]] as const) {
        const sale = await sell(bench, each, { connections })
        rates.push(sale.result.per_second)
        if (sale.void) bad.push(sale.void)
        sales.push({ fsync: each === product ? 'on' : 'off', ...describe(sale) })
      }
      say(`  round ${one}: ${on.at(-1)!.toFixed(0)}/s with fsync, ${off.at(-1)!.toFixed(0)}/s without`)
    }
    return [conclude({
      id: 'P16', title: 'Orders/s with fsync on / off', target: { at_least: 0.9, unit: 'x' },
      may_not_claim: 'On this disk. A disk with a slower flush makes batches larger, and was not ' +
        'measured.',
    }, { rounds: on.map((rate, at) => rate / off[at]!), void: bad, details: { sales },
      sides: [{ name: 'fsync on', unit: '/s', values: on },
        { name: 'fsync off', unit: '/s', values: off }] })]
  } finally {
    await careless.stop()
  }
}
