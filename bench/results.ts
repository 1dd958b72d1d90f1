import { execFileSync } from 'node:child_process'
import { readFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { GoalResult, Plan } from './bench.ts'

/** What a run found, on the terminal and in `bench/results/`. */

export interface Machine {
  cores: number
  processor: string
  memory_gb: number
  system: string
  node: string
  /** Of the last minute when the run began. */
  load_before: number
  /** Share of all cores that others used in the seconds before the run. */
  busy_before: number
}

export interface Results {
  began_at: string
  seconds: number
  commit?: string
  machine: Machine
  database: Record<string, string>
  plan: Plan
  generator: { per_second: number, cpu_share: number }
  goals: GoalResult[]
}

const folder = fileURLToPath(new URL('./results/', import.meta.url))
export const latest_file = join(folder, 'latest.json')

export async function describeMachine (): Promise<Machine> {
  return {
    busy_before: await busyShare(),
    cores: availableParallelism(), processor: cpus()[0]?.model.trim() ?? 'unknown',
    memory_gb: Math.round(totalmem() / 2 ** 30), system: platform(), node: process.version,
    load_before: Number(loadavg()[0]!.toFixed(2)),
  }
}

/** Above it a run does not count: what others take is missing on every side, and not evenly. */
export const max_busy_share = 0.15
const sample_ms = 3000

async function busyShare (): Promise<number> {
  const before = cpus()
  await new Promise(resolve => setTimeout(resolve, sample_ms))
  let idle = 0
  let all = 0
  cpus().forEach(({ times }, at) => {
    const then = before[at]!.times
    idle += times.idle - then.idle
    all += Object.values(times).reduce((sum, one) => sum + one, 0) -
      Object.values(then).reduce((sum, one) => sum + one, 0)
  })
  return Number((1 - idle / Math.max(1, all)).toFixed(2))
}

/**
 * Keeps a run with all its samples under its time, and its goals in `latest.json`, where goals that
 * this run did not measure stay as they were.
 */
export function keepResults (results: Results): void {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${results.began_at.replace(/[:T]/g, '-').slice(0, 19)}.json`)
  const kept = { ...results, commit: currentCommit() }
  writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`)
  const { goals, ...run } = kept
  const { seconds: _, plan: __, ...facts } = run
  const before = existsSync(latest_file) ? readLatest().goals : []
  const fresh = goals.map(({ details: _, ...goal }) => ({ ...goal, run: facts }))
  const others = before.filter(goal => !fresh.some(one => one.id === goal.id))
  const all = [...others, ...fresh].toSorted((a, b) =>
    a.id.localeCompare(b.id, 'en', { numeric: true }))
  writeFileSync(latest_file, `${JSON.stringify({ goals: all }, null, 2)}\n`)
}

export type LatestGoal = Omit<GoalResult, 'details'> & {
  run: Omit<Results, 'seconds' | 'plan' | 'goals'>
}

export const readLatest = () =>
  JSON.parse(readFileSync(latest_file, 'utf8')) as { goals: LatestGoal[] }

function currentCommit (): string | undefined {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}

/** A value as people read it, e.g. `4.12x` or `18.3 ms`. */
export function showValue (value: number, unit: string): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return `${value.toFixed(digits)}${unit === 'x' ? 'x' : ` ${unit}`}`
}

export const showTarget = ({ target }: Pick<GoalResult, 'target'>) => target.at_least === undefined
  ? `<= ${target.at_most} ${target.unit === 'x' ? 'x' : target.unit}`
  : `>= ${target.at_least}${target.unit === 'x' ? 'x' : ` ${target.unit}`}`

export function printTable ({ goals, machine, generator }: Results): void {
  console.log(`\n${machine.cores} cores, ${machine.processor}, Node ${machine.node}, ${Math.round(machine.busy_before * 100)} % ` +
    `busy before; load process alone ${generator.per_second}/s\n`)
  for (const goal of goals) {
    const verdict = goal.void.length > 0 ? 'VOID' : goal.reached ? 'reached' : 'not reached'
    console.log(`${goal.id.padEnd(5)} ${showValue(goal.value, goal.target.unit).padStart(10)}  ` +
      `(${showTarget(goal)}, ${verdict}, spread ${Math.round(goal.spread * 100)} %)  ${goal.title}`)
    for (const side of goal.sides) {
      console.log(`        ${side.name}: ${showValue(side.median, side.unit)} ` +
        `[${side.values.join(', ')}]`)
    }
    for (const reason of goal.void) console.log(`        void: ${reason}`)
    console.log(`        may not claim: ${goal.may_not_claim}`)
  }
}
