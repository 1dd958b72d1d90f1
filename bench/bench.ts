import { randomBytes } from 'node:crypto'
import type { LoadJob, LoadResult } from './load-job.ts'
import type { LoadProcess } from './load.ts'
import type { Holds } from './pgbench.ts'
import type { Product } from './product.ts'
import { median, round, spread } from './statistics.ts'
import { disagreement, readSums, settle, type Sums } from './sums.ts'

/** What all goals share: the processes, how long a round is, and what becomes of its samples. */

export interface Plan {
  rounds: number
  /**
   * Between two products that are nearly as fast: both are started so often, and in each round
   * both sell twice.
   */
  comparison_starts: number
  comparison_rounds: number
  seconds: number
  warmup_seconds: number
  /** Client counts among which the best is taken, for the product and for B1. */
  clients: number[]
  control_clients: number[]
  /** Of P12: so many have joined before anybody asks for their place. */
  waiting: number
  /** Of P15. */
  ending_holds: number
}

export const full_plan: Plan = {
  rounds: 5, comparison_starts: 5, comparison_rounds: 2, seconds: 5, warmup_seconds: 1,
  clients: [128, 256, 512], control_clients: [4, 8, 16, 32], waiting: 100_000,
  ending_holds: 100_000,
}

export interface Bench {
  product: Product
  load: LoadProcess
  echo_port: number
  holds: Holds
  plan: Plan
  say: (line: string) => void
}

/** One side of a comparison: a value for each round. */
export interface Side { name: string, unit: string, values: number[] }

export interface GoalResult {
  id: string
  title: string
  /** What is compared with the target: the median over the rounds. */
  value: number
  spread: number
  rounds: number[]
  sides: (Side & { median: number, spread: number })[]
  target: Target
  reached: boolean
  may_not_claim: string
  /** Why rounds did not count; a goal with one is not reached. */
  void: string[]
  details: Record<string, unknown>
}

export interface Target { at_least?: number, at_most?: number, unit: 'x' | 'ms' | 's' | '/s' | 'MB' }

export interface Measured {
  rounds: number[]
  sides: Side[]
  void: string[]
  details?: Record<string, unknown>
}

export interface GoalText { id: string, title: string, target: Target, may_not_claim: string }

/** Turns samples into the result that is published. */
export function conclude (text: GoalText, measured: Measured): GoalResult {
  const { rounds, sides, details = {} } = measured
  const value = rounds.length > 0 ? median(rounds) : 0
  const { at_least = -Infinity, at_most = Infinity } = text.target
  return {
    ...text, value: round(value, 3), spread: rounds.length > 0 ? round(spread(rounds), 3) : 0,
    rounds: rounds.map(one => round(one, 3)),
    sides: sides.map(side => ({ ...side, values: side.values.map(one => round(one, 1)),
      median: round(median(side.values), 1), spread: round(spread(side.values), 3) })),
    reached: rounds.length > 0 && measured.void.length === 0 &&
      value >= at_least && value <= at_most,
    void: measured.void, details,
  }
}

export interface Sale { result: LoadResult, sums: Sums, void: string | null, settled_s: number }

export type SaleJob = Partial<LoadJob> & { connections: number, capacity?: number }

const enough = 10_000_000

/** A sale of a new hot event, with its sums checked and its events handled afterwards. */
export async function sell (bench: Bench, product: Product, job: SaleJob): Promise<Sale> {
  const { capacity = enough, ...rest } = job
  const run = `r${randomBytes(5).toString('hex')}`
  const event = await product.openEvent(capacity)
  const result = await bench.load.run({
    port: product.port, ...event, run, flow: 'order',
    warmup_ms: bench.plan.warmup_seconds * 1000, duration_ms: bench.plan.seconds * 1000, ...rest })
  const settled_s = await settle(product)
  const sums = await readSums(product, event, run, result.order_ids)
  const reasons = [disagreement(sums), result.lost > 0 && `${result.lost} requests had no answer`]
    .filter(reason => reason !== null && reason !== false)
  return { result, sums, settled_s, void: reasons.length > 0 ? reasons.join('; ') : null }
}

/** The rate of the echo under the same load, which the same load process sends. */
export async function askEcho (
  bench: Bench, port: number, connections: number
): Promise<LoadResult> {
  const id = '00000000-0000-7000-8000-000000000000'
  return bench.load.run({
    port, event_id: id, ticket_type_id: id, run: 'echo', flow: 'order', connections,
    warmup_ms: bench.plan.warmup_seconds * 1000, duration_ms: bench.plan.seconds * 1000 })
}

/** The count with the highest rate in one short try each. */
export async function best (
  counts: readonly number[], rate: (count: number) => Promise<number>
): Promise<{ count: number, tried: Record<string, number> }> {
  const tried: Record<string, number> = {}
  for (const count of counts) tried[count] = round(await rate(count), 0)
  const count = counts.toSorted((a, b) => tried[b]! - tried[a]!)[0]!
  return { count, tried }
}

/** What a sale used and how it was spread, for the record. */
export const describe = ({ result, settled_s }: Sale) => ({
  per_second: round(result.per_second, 0), latency: result.latency, statuses: result.statuses,
  load_cpu_share: round(result.cpu_share), load_event_loop_share: round(result.event_loop_share),
  events_handled_after_s: round(settled_s),
})
