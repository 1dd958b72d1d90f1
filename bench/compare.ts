import { describe, sell, type Bench, type Measured } from './bench.ts'
import type { Product } from './product.ts'
import { mean } from './statistics.ts'

const connections = 256
/**
 * A new process is slow until its code is compiled: an order costs 150 µs at first and 90 after a
 * hundred thousand. Five sales are two hundred thousand.
 */
const first_sales = 5

/** One of two products that sell the same; `name` says what is different about it. */
export interface Contender { name: string, start: () => Promise<Product> }

/**
 * Lets two new products sell a hot event in turn, several times over. Neither has sold more than
 * the other before, which counted for a tenth when one of them was the product of the other goals.
 * Each pair of processes has luck of its own (standard deviation 0.05 over eight pairs), which no
 * number of rounds averages out; so there are several pairs.
 * @returns the first one's rate over the other's
 */
export async function compare (bench: Bench, ours: Contender, other: Contender): Promise<Measured> {
  const sides = [ours, other].map(({ name, start }): Side => ({ name, start, rates: [] }))
  const bad: string[] = []
  const sales: unknown[] = []
  for (let one = 1; one <= bench.plan.comparison_starts; one++) {
    bench.say(`  start ${one}`)
    const running: Product[] = []
    try {
      for (const { start } of sides) running.push(await start())
      const more = await takeTurns(bench, sides.map((side, at) => [side, running[at]!]))
      bad.push(...more.flatMap(sale => sale.void ?? []))
      sales.push(...more.map(({ side, ...sale }) => ({ start: one, side, ...describe(sale) })))
    } finally {
      for (const product of running) await product.stop()
    }
  }
  const [first, second] = sides.map(({ rates }) => rates)
  return {
    rounds: first!.map((rate, at) => rate / second![at]!), void: bad, details: { sales },
    sides: sides.map(({ name, rates }) => ({ name, unit: '/s', values: rates })),
  }
}

interface Side extends Contender { rates: number[] }

type NamedSale = Awaited<ReturnType<typeof sell>> & { side: string }

/**
 * A product that sells twice running is faster the second time: by 8 % over 16 sales of either
 * kind. In a round each does it once: one, the other, the other, one; and the next round begins
 * with the product that ended this one.
 */
async function takeTurns (bench: Bench, pairs: [Side, Product][]): Promise<NamedSale[]> {
  const sales: NamedSale[] = []
  const back = pairs.toReversed()
  for (let one = 1; one <= first_sales; one++) {
    for (const [, product] of back) await sell(bench, product, { connections })
  }
  for (let one = 1; one <= bench.plan.comparison_rounds; one++) {
    const of = new Map<Side, number[]>(pairs.map(([side]) => [side, []]))
    for (const [side, product] of [...pairs, ...back]) {
      const sale = await sell(bench, product, { connections })
      of.get(side)!.push(sale.result.per_second)
      sales.push({ side: side.name, ...sale })
    }
    for (const [{ rates }, both] of of) rates.push(mean(both))
    const last = pairs.map(([{ name, rates }]) => `${rates.at(-1)!.toFixed(0)}/s ${name}`)
    bench.say(`  round ${one}: ${last.join(', ')}`)
  }
  return sales
}
