import type { Latency } from './statistics.ts'

/** What the load process is asked to do and what it answers. */

/** What one buyer sends. */
export interface Target {
  port: number
  event_id: string
  ticket_type_id: string
  /** In keys and addresses, so that no two jobs share a buyer. */
  run: string
  /** `purchase`: the order, then its payment; `ticket`: then asks until its ticket is there. */
  flow: 'order' | 'purchase' | 'ticket'
}

export interface LoadJob extends Target {
  connections: number
  /** Answers before this moment are not counted into the rate. */
  warmup_ms: number
  /** How long requests are sent after the warm-up; ends earlier with `requests`. */
  duration_ms: number
  /** No more flows than this. */
  requests?: number
  /**
   * Open loop: flows begin by the clock, this many a second, whether or not answers have come.
   * Absent: each connection begins the next flow when the last has ended.
   */
  per_second?: number
  /** Open loop only: a flow that finds no connection free is not sent, instead of waiting. */
  drop_when_busy?: boolean
  /** Who is refused asks again no sooner than the answer's Retry-After; else at once. */
  heeds_retry_after?: boolean
}

export interface LoadResult {
  /** All flows that came to their end, those of the warm-up too. */
  acknowledged: number
  order_ids: string[]
  /** Flows that ended well within the measured time, a second. */
  per_second: number
  measured_s: number
  /** By status, of all requests. */
  statuses: Record<string, number>
  /** From the moment a flow was to begin (open loop) or began (closed loop). */
  latency: Latency
  /** Of 503 and 429, from the moment the request was written. */
  refusals: Latency
  refused_per_second: number
  /** Flows that were due; open loop only. */
  scheduled: number
  not_sent: number
  /** Connections that broke and requests that were never answered. */
  lost: number
  /** Of the load process: 1 is a core that did nothing else. */
  cpu_share: number
  event_loop_share: number
}
