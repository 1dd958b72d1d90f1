import { conclude, describe, sell, type Bench, type GoalResult } from '../bench.ts'
import { median, round } from '../statistics.ts'

const connections = 256
/** More than twice what may wait for one event, so that most who come find the queue full. */
const crowd = 10_240
const overload = 10

/**
 * P6: ten times as many come as can be served; as many are served as before. Who is refused asks
 * again no sooner than told. How it goes when nobody heeds that is measured beside it.
 */
export async function measureOverload (bench: Bench): Promise<GoalResult[]> {
  const { plan, product, say } = bench
  const peak: number[] = []
  const good: number[] = []
  const refused_p99: number[] = []
  const impatient: number[] = []
  const bad: string[] = []
  const sales: unknown[] = []
  for (let one = 1; one <= plan.rounds; one++) {
    const calm = await sell(bench, product, { connections })
    peak.push(calm.result.per_second)
    const per_second = Math.floor(median(peak) * overload)
    const rush = await sell(bench, product,
      { connections: crowd, per_second, drop_when_busy: true, heeds_retry_after: true })
    const storm = await sell(bench, product,
      { connections: crowd, per_second, drop_when_busy: true })
    impatient.push(storm.result.per_second)
    const { result } = rush
    good.push(result.per_second)
    refused_p99.push(result.refusals.p99_ms)
    for (const each of [calm, rush, storm]) if (each.void) bad.push(each.void)
    sales.push({ arrivals_per_second: per_second, scheduled: result.scheduled,
      not_sent_because_all_connections_waited: result.not_sent,
      refused_per_second: round(result.refused_per_second, 0), refusals: result.refusals,
      ...describe(rush), nobody_waits: { refusals: storm.result.refusals,
        refused_per_second: round(storm.result.refused_per_second, 0), ...describe(storm) } })
    say(`  round ${one}: ${peak.at(-1)!.toFixed(0)}/s at peak, ${good.at(-1)!.toFixed(0)}/s ` +
      `overloaded, ${result.refused_per_second.toFixed(0)} refused/s in p99 ` +
      `${result.refusals.p99_ms} ms; ${storm.result.per_second.toFixed(0)}/s when nobody waits`)
  }
  const ratios = good.map((rate, at) => rate / peak[at]!)
  const sides = [{ name: 'goodput at peak', unit: '/s', values: peak },
    { name: 'goodput overloaded', unit: '/s', values: good },
    { name: 'p99 of refusals', unit: 'ms', values: refused_p99 },
    { name: 'goodput when nobody heeds Retry-After', unit: '/s', values: impatient }]
  const may_not_claim = `Arrivals for ${overload} times the peak are due, from ${crowd} connections ` +
    'that ask again one second after a refusal, as it says; what finds all of them waiting is ' +
    'counted and not sent. Clients that ask again at once are the side named so. The load process ' +
    'takes its cores from the server.'
  return [
    conclude({ id: 'P6', title: 'Orders/s at tenfold overload / at peak',
      target: { at_least: 0.9, unit: 'x' }, may_not_claim },
    { rounds: ratios, sides, void: bad, details: { sales } }),
    conclude({ id: 'P6r', title: 'p99 of a refusal at tenfold overload',
      target: { at_most: 20, unit: 'ms' }, may_not_claim },
    { rounds: refused_p99, sides, void: bad }),
  ]
}
