import { conclude, describe, sell, type Bench, type GoalResult } from '../bench.ts'

const few = 32
const many = 1024

/** P3: the rate does not fall when more buyers come. */
export async function measureCrowd (bench: Bench): Promise<GoalResult[]> {
  const at_few: number[] = []
  const at_many: number[] = []
  const bad: string[] = []
  const sales: unknown[] = []
  for (let one = 1; one <= bench.plan.rounds; one++) {
    for (const [connections, rates] of [[few, at_few], [many, at_many]] as const) {
      const sale = await sell(bench, bench.product, { connections })
      rates.push(sale.result.per_second)
      if (sale.void) bad.push(sale.void)
      sales.push({ connections, ...describe(sale) })
    }
    bench.say(`  round ${one}: ${at_few.at(-1)!.toFixed(0)}/s with ${few} clients, ` +
      `${at_many.at(-1)!.toFixed(0)}/s with ${many}`)
  }
  return [conclude({
    id: 'P3', title: `Orders/s with ${many} clients / with ${few}`,
    target: { at_least: 0.9, unit: 'x' },
    may_not_claim: 'Clients that wait for their answer before they ask again; nothing about more ' +
      'connections than these.',
  }, { rounds: at_many.map((rate, at) => rate / at_few[at]!), void: bad, details: { sales },
    sides: [{ name: `${few} clients`, unit: '/s', values: at_few },
      { name: `${many} clients`, unit: '/s', values: at_many }] })]
}
