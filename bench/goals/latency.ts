import { conclude, describe, sell, type Bench, type GoalResult } from '../bench.ts'
import { median } from '../statistics.ts'

/** As many buyers as could ever be waiting for an answer at once, so that none waits to be sent. */
const connections = 1024
const busy = 256

/** P4: how long buyers wait when they come by themselves, half as many as could be served. */
export async function measureLatency (bench: Bench): Promise<GoalResult[]> {
  const { plan, product, say } = bench
  const maxima: number[] = []
  const p99: number[] = []
  const bad: string[] = []
  const sales: unknown[] = []
  for (let one = 1; one <= plan.rounds; one++) {
    const most = await sell(bench, product, { connections: busy, duration_ms: plan.seconds * 600 })
    maxima.push(most.result.per_second)
    const per_second = Math.floor(median(maxima) / 2)
    const sale = await sell(bench, product, { connections, per_second })
    p99.push(sale.result.latency.p99_ms)
    for (const each of [most, sale]) if (each.void) bad.push(each.void)
    sales.push({ arrivals_per_second: per_second, ...describe(sale) })
    const { p50_ms, p99_ms, p999_ms } = sale.result.latency
    say(`  round ${one}: at ${per_second}/s p50 ${p50_ms} ms, p99 ${p99_ms} ms, p99.9 ${p999_ms} ms`)
  }
  return [conclude({
    id: 'P4', title: 'p99 of an order at half of the own maximum, open-loop arrivals',
    target: { at_most: 20, unit: 'ms' },
    may_not_claim: 'Evenly spaced arrivals over loopback, measured from the scheduled moment by a ' +
      'process on the same cores: no network, no bursts.',
  }, { rounds: p99, void: bad, details: { sales },
    sides: [{ name: 'p99 at half load', unit: 'ms', values: p99 },
      { name: 'own maximum', unit: '/s', values: maxima }] })]
}
