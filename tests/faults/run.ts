import { parseArgs } from 'node:util'
import { median } from '../../bench/statistics.ts'
import type { Kill } from './history.ts'
import { rushUnderKills } from './rush-under-kills.ts'

/** `npm run faults:rush -- --seconds 600 --seed 7 --kinds node,postgres,both` */

const { values } = parseArgs({ options: {
  seconds: { type: 'string', default: '120' }, seed: { type: 'string', default: '1' },
  kinds: { type: 'string', default: 'node,postgres,both' },
} })
const kinds = values.kinds.split(',') as Kill[]
const plan = { seed: Number(values.seed), seconds: Number(values.seconds), kinds }
const { acknowledged, repeated, kills, wrong } = await rushUnderKills(plan)

console.log(`seed ${plan.seed}: ${acknowledged} orders acknowledged, ${repeated} of them by a repeated request, ${kills.length} kills`)
for (const kind of kinds) {
  const times = kills.filter(one => one.kind === kind).map(one => one.first_order_ms)
  if (times.length === 0) continue
  console.log(`${kind}: ${times.length} kills, first new order after ${Math.round(median(times))} ms (median), ` +
    `${Math.round(Math.max(...times))} ms at most`)
}
console.log(wrong.length === 0 ? 'Every acknowledged order is there, and every sum agrees.' : wrong.slice(0, 20).join('\n'))
process.exitCode = wrong.length === 0 ? 0 : 1
