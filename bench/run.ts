import { parseArgs } from 'node:util'
import { askEcho, full_plan, type Bench, type GoalResult, type Plan } from './bench.ts'
import { measureAvailability } from './goals/availability.ts'
import { measureCalmDay } from './goals/calm-day.ts'
import { measureCrowd } from './goals/crowd.ts'
import { measureDurability } from './goals/durability.ts'
import { measureExpiry } from './goals/expiry.ts'
import { measureLatency } from './goals/latency.ts'
import { measureOverload } from './goals/overload.ts'
import { measurePurchases } from './goals/purchase.ts'
import { measureRush } from './goals/rush.ts'
import { measureCarrier, measureSplit } from './goals/shapes.ts'
import { measureWaitingRoom } from './goals/waiting-room.ts'
import { startEcho, startLoadProcess } from './load.ts'
import { prepareHolds } from './pgbench.ts'
import { startProduct, stopOnSignals, type Product } from './product.ts'
import {
  describeMachine, keepResults, max_busy_share, printTable, type Results,
} from './results.ts'

/**
 * `npm run bench` measures all goals, `npm run bench -- P1 P4` some, and
 * `npm run bench -- P12 --waiting 1000000` with a million in the waiting room.
 */

const goals: { ids: string[], measure: (bench: Bench) => Promise<GoalResult[]> }[] = [
  { ids: ['P1', 'P2'], measure: measureRush },
  { ids: ['P3'], measure: measureCrowd },
  { ids: ['P4'], measure: measureLatency },
  { ids: ['P5'], measure: measurePurchases },
  { ids: ['P6'], measure: measureOverload },
  { ids: ['P8'], measure: measureSplit },
  { ids: ['P11', 'P11s'], measure: measureAvailability },
  { ids: ['P12', 'P12j', 'P12p', 'P12a'], measure: measureWaitingRoom },
  { ids: ['P15'], measure: measureExpiry },
  { ids: ['P16'], measure: measureDurability },
  { ids: ['P17'], measure: measureCarrier },
  { ids: ['P22', 'P22l', 'P22a', 'P22c', 'P22m', 'P22o', 'P22r'], measure: measureCalmDay },
]

export interface RunOptions {
  /** Measured instead of a product of its own. */
  product?: Product
  /** Gets what is known after each goal, so that an interrupted run is not lost. */
  keep?: (results: Results) => void
}

/** Measures the named goals; all when none is named. */
export async function runBench (
  ids: string[], plan: Plan, say: (line: string) => void,
  { product: running, keep }: RunOptions = {}
): Promise<Results> {
  const known = goals.flatMap(goal => goal.ids)
  const strange = ids.filter(id => !known.includes(id))
  if (strange.length > 0) {
    throw new Error(`There is no ${strange.join(', ')}; there are ${known.join(', ')}.`)
  }
  const chosen = goals.filter(goal =>
    ids.length === 0 || goal.ids.some(id => ids.includes(id)))
  const machine = await describeMachine()
  const began = new Date()
  const load = startLoadProcess()
  const stops: (() => unknown)[] = [() => load.stop()]
  try {
    const product = running ?? await startProduct()
    if (!running) stops.push(() => product.stop())
    const { settings } = product
    say(Object.entries(settings).map(([name, value]) => `${name}=${value}`).join(' '))
    const unsafe = ['fsync', 'synchronous_commit', 'full_page_writes']
      .filter(name => settings[name] !== 'on')
    if (unsafe.length > 0) throw new Error(`${unsafe.join(', ')} must be on for numbers to count`)
    const holds = await prepareHolds(product)
    stops.push(() => holds.stop())
    const echo = await startEcho('fastify')
    stops.push(echo.stop)
    const bench = { product, load, holds, echo_port: echo.port, plan, say }
    const generator = await measureGenerator(bench)
    say(`The load process alone can send ${generator.per_second.toFixed(0)} orders/s`)
    const results: Results = {
      began_at: began.toISOString(), seconds: 0, machine, database: settings, plan, generator,
      goals: [],
    }
    for (const { ids, measure } of chosen) {
      say(`${ids.join(' and ')} …`)
      results.goals.push(...voidWhenBusy(await measure(bench), machine.busy_before))
      results.seconds = Math.round((Date.now() - began.getTime()) / 1000)
      keep?.(results)
    }
    return results
  } finally {
    for (const stop of stops.toReversed()) await stop()
  }
}

function voidWhenBusy (results: GoalResult[], busy: number): GoalResult[] {
  if (busy <= max_busy_share) return results
  const reason = `other programs used ${Math.round(busy * 100)} % of the machine before the run`
  return results.map(result => ({ ...result, reached: false, void: [...result.void, reason] }))
}

/** What the load process can send when the other side costs next to nothing. */
async function measureGenerator (bench: Bench) {
  const bytes = await startEcho('bytes')
  try {
    const { per_second, cpu_share } = await askEcho(bench, bytes.port, 128)
    return { per_second: Math.round(per_second), cpu_share: Number(cpu_share.toFixed(2)) }
  } finally {
    bytes.stop()
  }
}

if (import.meta.main) {
  stopOnSignals()
  const { values, positionals: ids } = parseArgs({
    args: process.argv.slice(2).filter(one => one !== '--'), allowPositionals: true,
    options: { waiting: { type: 'string', default: String(full_plan.waiting) } } })
  const waiting = Number(values.waiting)
  if (!Number.isInteger(waiting) || waiting < 1) throw new Error('--waiting takes a number of people')
  const results = await runBench(
    ids, { ...full_plan, waiting }, line => console.log(line), { keep: keepResults })
  printTable(results)
}
