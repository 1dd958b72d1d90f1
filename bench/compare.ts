import { describe, sell, type Bench, type Measured } from './bench.ts'
import type { Product } from './product.ts'

const connections = 256
/**
 * A new process is slow until its code is compiled: an order costs 150 µs at first and 90 after a
 * hundred thousand, which three sales are.
 */
const first_sales = 3

/** One of two products that sell the same; `name` says what is different about it. */
export interface Contender { name: string, start: () => Promise<Product> }

/**
 * Lets two new products sell a hot event in turn. Neither has sold more than the other before,
 * which counted for a tenth when one of them was the product of the other goals.
 * @returns the first one's rate over the other's
 */
export async function compare (bench: Bench, ours: Contender, other: Contender): Promise<Measured> {
  const running: Running[] = []
  try {
    for (const { name, start } of [ours, other]) {
      running.push({ name, product: await start(), rates: [] })
    }
    return await takeTurns(bench, running)
  } finally {
    for (const { product } of running) await product.stop()
  }
}

interface Running { name: string, product: Product, rates: number[] }

async function takeTurns (bench: Bench, running: Running[]): Promise<Measured> {
  const bad: string[] = []
  const sales: unknown[] = []
  for (let one = 1; one <= first_sales; one++) {
    for (const { product } of running) await sell(bench, product, { connections })
  }
  for (let one = 1; one <= bench.plan.comparison_rounds; one++) {
    for (const { name, product, rates } of running) {
      const sale = await sell(bench, product, { connections })
      rates.push(sale.result.per_second)
      if (sale.void) bad.push(sale.void)
      sales.push({ side: name, ...describe(sale) })
    }
    const last = running.map(({ name, rates }) => `${rates.at(-1)!.toFixed(0)}/s ${name}`)
    bench.say(`  round ${one}: ${last.join(', ')}`)
  }
  const [ours, other] = running.map(({ rates }) => rates)
  return {
    rounds: ours!.map((rate, at) => rate / other![at]!), void: bad, details: { sales },
    sides: running.map(({ name, rates }) => ({ name, unit: '/s', values: rates })),
  }
}
