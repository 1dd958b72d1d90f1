import { conclude, type Bench, type GoalResult } from '../bench.ts'
import { compare } from '../compare.ts'
import { startProduct } from '../product.ts'

/** P16: what durable commits cost, against the same product on a database that does not flush. */
export async function measureDurability (bench: Bench): Promise<GoalResult[]> {
  return [conclude({
    id: 'P16', title: 'Orders/s with fsync on / off', target: { at_least: 0.9, unit: 'x' },
    may_not_claim: 'On this disk. A disk with a slower flush makes batches larger, and was not ' +
      'measured.',
  }, await compare(bench, { name: 'fsync on', start: startProduct },
    { name: 'fsync off', start: () => startProduct({ database_settings: { fsync: 'off' } }) }))]
}
