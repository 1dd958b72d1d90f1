import type { Latency } from '../statistics.ts'
import type { Offer } from './buyer.ts'

/** What the process that plays the buyers is asked to do, and what it answers. */

/** What a buyer waits for, each with a time of its own. */
export const steps = ['page', 'join', 'wait', 'hold', 'pay', 'order'] as const
export type Step = typeof steps[number]

export interface CrowdJob {
  port: number
  event_id: string
  slug: string
  offers: Offer[]
  /** In keys and addresses, so that no two jobs share a buyer. */
  run: string
  seed: number
  /** Evenly, or as when a sale opens. */
  arrivals: 'steady' | 'opening'
  buyers: number
  /** Within how long they all come. */
  within_ms: number
  /** How long a buyer thinks, on average, before the hold and before paying. */
  think_ms: number
  /** The event sells through its waiting room. */
  has_room: boolean
  /** Whoever has not finished by then goes home. */
  ends_after_ms: number
}

/** How far the crowd has come; sent while it is on its way. */
export interface CrowdCounts {
  came: number
  finished: number
  /** In the waiting room now. */
  waiting: number
  held: number
  tickets_held: number
  paid: number
  /** Told that nothing is left. */
  sold_out: number
  /** Told to come again later, by 503 or 429. */
  turned_away: number
  /** Came, saw, and meant to buy nothing. */
  looked: number
  abandoned: number
  canceled: number
  declined: number
  /** Answers that were lost on purpose; each was asked for again with its key. */
  repeated: number
  /** Sent a hold, and gave up without having heard what became of it. */
  unheard: number
  /** No answer, or one that says that something is broken. */
  failed: number
  /** Stood in the waiting room when the time was over. */
  still_waiting: number
  /** Were not done otherwise when the time was over. */
  ran_out: number
}

export interface CrowdResult {
  counts: CrowdCounts
  /** Orders that buyers were told of. */
  order_ids: string[]
  /** From the moment a buyer wanted something; what came after waiting for a connection counts. */
  latency: Partial<Record<Step, Latency>>
  /** How often each status was the answer at each step. */
  statuses: Record<string, number>
  /** Most that a buyer came late because this process was busy. */
  late_ms: number
  took_ms: number
  cpu_share: number
  event_loop_share: number
}

export type CrowdMessage =
  | { kind: 'progress', counts: CrowdCounts }
  | { kind: 'result', result: CrowdResult }
  | { kind: 'failed', error: string }
