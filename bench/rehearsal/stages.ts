import { randomBytes } from 'node:crypto'
import type { Crowd } from './crowd.ts'
import type { CrowdCounts, CrowdJob, CrowdResult } from './crowd-job.ts'
import { findFaults } from './judge.ts'
import type { Observation, Observer } from './observe.ts'
import type { OnSale } from './put-on-sale.ts'
import type { Trial } from './search.ts'

/** The parts of a rehearsal: crowds that come evenly, and the one that comes at the opening. */

/** How long each part takes; all follows from the time the operator gives. */
export interface Timing {
  trial_ms: number
  confirmation_ms: number
  opening_ms: number
  /** No trial begins later than this after the start. */
  search_until_ms: number
  /** Nor a lower forecast than this. */
  confirm_until_ms: number
  total_ms: number
}

const between = (least: number, value: number, most: number) =>
  Math.min(most, Math.max(least, value))

export function timingOf (minutes: number): Timing {
  const total_ms = minutes * 60_000
  const trial_ms = between(700, total_ms / 60, 5000)
  return {
    total_ms, trial_ms, confirmation_ms: trial_ms * 4,
    opening_ms: between(2500, total_ms / 4, 60_000),
    search_until_ms: total_ms * 0.45, confirm_until_ms: total_ms * 0.6,
  }
}

export interface Observed extends Trial { result: CrowdResult, seen: Observation }

export interface Stage {
  crowd: Crowd
  observer: Observer
  port: number
  seed: number
  /** Everything that buyers were told, for the sums. */
  told: { runs: string[], order_ids: string[], unheard: number }
}

/** In a trial nobody hesitates long: the next one waits for the last buyer of this one. */
const trial_think_ms = 300
const trial_patience_ms = 12_000
/** Of the opening: people read, choose and look for their card. */
const longest_think_ms = 2000
const thinks_in_opening = 15
const per_minute_of_warmup = 900

/** Sends a crowd, and looks at what is busy meanwhile. */
async function send (
  stage: Stage, event: OnSale,
  job: Partial<CrowdJob> & Pick<CrowdJob, 'buyers' | 'within_ms' | 'ends_after_ms'>,
  onProgress: (counts: CrowdCounts) => void
): Promise<{ result: CrowdResult, seen: Observation }> {
  const { crowd, observer, port, seed, told } = stage
  const run = `r${randomBytes(5).toString('hex')}`
  const observed = await observer.begin()
  const result = await crowd.run({
    port, seed, run, ...event, arrivals: 'steady', think_ms: trial_think_ms, has_room: false, ...job,
  }, onProgress)
  const seen = await observed(result.cpu_share)
  told.runs.push(run)
  told.order_ids.push(...result.order_ids)
  told.unheard += result.counts.unheard
  return { result, seen }
}

/** One rate, for a while. */
export async function tryRate (
  stage: Stage, event: OnSale, per_minute: number, duration_ms: number,
  onProgress: (counts: CrowdCounts) => void = () => {}
): Promise<Observed> {
  const buyers = Math.max(5, Math.round(per_minute / 60_000 * duration_ms))
  const { result, seen } = await send(stage, event, {
    buyers, within_ms: duration_ms, ends_after_ms: duration_ms + trial_patience_ms,
  }, onProgress)
  return { per_minute, result, seen, faults: findFaults(result) }
}

/** The first buyers meet code that is not compiled yet; a real server has sold before. */
export const warmUp = (stage: Stage, event: OnSale, duration_ms: number) =>
  tryRate(stage, event, per_minute_of_warmup, duration_ms)

/** As many as are announced, most of them at the beginning. */
export const open = (
  stage: Stage, event: OnSale,
  plan: { buyers: number, has_room: boolean, opening_ms: number, ends_after_ms: number },
  onProgress: (counts: CrowdCounts) => void
) => {
  const { opening_ms, ...rest } = plan
  return send(stage, event, {
    ...rest, arrivals: 'opening', within_ms: opening_ms,
    think_ms: Math.min(longest_think_ms, opening_ms / thinks_in_opening),
  }, onProgress)
}
