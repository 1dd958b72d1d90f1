import { describe, sell, type Bench, type Measured } from './bench.ts'
import type { Product } from './product.ts'

const connections = 256

/** One of two products that sell the same; `name` says what is different about it. */
export interface Contender { name: string, product: Product }

/** Lets two products sell a hot event in turn. @returns the first one's rate over the other's */
export async function compare (bench: Bench, ours: Contender, other: Contender): Promise<Measured> {
  const rates = new Map<Contender, number[]>([[ours, []], [other, []]])
  const bad: string[] = []
  const sales: unknown[] = []
  // A new process is slow until its code is compiled.
  for (const { product } of [ours, other]) await sell(bench, product, { connections })
  for (let one = 1; one <= bench.plan.rounds; one++) {
    for (const each of [ours, other]) {
      const sale = await sell(bench, each.product, { connections })
      rates.get(each)!.push(sale.result.per_second)
      if (sale.void) bad.push(sale.void)
      sales.push({ side: each.name, ...describe(sale) })
    }
    const last = [ours, other].map(each => `${rates.get(each)!.at(-1)!.toFixed(0)}/s ${each.name}`)
    bench.say(`  round ${one}: ${last.join(', ')}`)
  }
  return {
    rounds: rates.get(ours)!.map((rate, at) => rate / rates.get(other)![at]!), void: bad,
    details: { sales },
    sides: [ours, other].map(each => ({ name: each.name, unit: '/s', values: rates.get(each)! })),
  }
}
