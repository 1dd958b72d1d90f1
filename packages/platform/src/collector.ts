import type { Context } from './service.ts'
import { no_tracing, type Described } from './tracing.ts'

/**
 * Buyers wait here while the batch before theirs commits; then one transaction serves all who came
 * meanwhile.
 */
export interface Collector<Q, A> {
  /** Lanes that take nobody for the moment. */
  full_lanes: ReadonlySet<string>
  /**
   * Queues a request in its lane and resolves with its own answer.
   * @throws what `options.full` makes when the queue is full, without waiting
   */
  add (lane: string, request: Q): Promise<A>
}

export interface CollectorOptions<Q, A> {
  /** Told of each batch, and asks how many wait. */
  ctx?: Pick<Context, 'service' | 'metrics' | 'tracing'>
  /** What a batch is called in traces. */
  name?: string
  /**
   * Serves a batch of one lane and answers each request in its place. It calls `entered` once
   * nobody of this lane can overtake it: then the next batch may line up behind it.
   */
  serve: (lane: string, requests: Q[], entered: () => void) => Promise<A[]>
  /** What a request that finds the queue full is told. */
  full: () => Error
  /**
   * True for an error that halving the batch cannot cure: the database is away or its locks are
   * busy.
   */
  isHopeless: (error: unknown) => boolean
  max_batch: number
  max_waiting_per_lane: number
  max_waiting: number
  max_parallel: number
}

interface Waiting<Q, A> {
  request: Q
  resolve: (answer: A) => void
  reject: (error: unknown) => void
}

interface Lane<Q, A> {
  name: string
  queue: Waiting<Q, A>[]
  /** Of its batches, those that are being served: one, and one that lines up behind it. */
  batches: number
  may_line_up: boolean
  is_ready: boolean
}

/**
 * A request that fails alone is tried again: another order may have had its code, or its key at the
 * same instant.
 */
const max_attempts = 3

/** Fewer than these wait for the batch before to end: a batch has its price, however small. */
const line_up_from = 64

/**
 * So many answers leave before whatever else is due gets its turn, above all the next batch, which
 * the database would otherwise wait for: some 2 ms.
 */
const answers_at_once = 32

/**
 * For each lane one batch is served and the next lines up behind it, so that the database goes from
 * one to the other without waiting for us; several lanes run at once. There is no timer: an idle
 * shop answers at once and a busy one batches more.
 */
export function createCollector<Q, A> (options: CollectorOptions<Q, A>): Collector<Q, A> {
  const { serve, max_batch, max_waiting_per_lane, max_waiting, max_parallel } = options
  const lanes = new Map<string, Lane<Q, A>>()
  const full_lanes = new Set<string>()
  // Lanes take turns, so that one hot event does not keep the others waiting.
  const ready: Lane<Q, A>[] = []
  let waiting = 0
  let running = 0
  const metrics = options.ctx?.metrics.collector(options.ctx.service, () => waiting)
  const { tracing = no_tracing, service } = options.ctx ?? {}
  const described: Described | null = tracing.on
    ? { service: service!, name: options.name ?? 'batch', kind: 'internal' } : null

  function serveReady (): void {
    while (running < max_parallel && ready.length > 0) void serveBatch(ready.shift()!)
  }

  /** Puts a lane in turn if it may send a batch: a first one, or a whole one behind the first. */
  function offer (lane: Lane<Q, A>): void {
    const { queue, batches, may_line_up, is_ready } = lane
    const wanted = batches === 0 ? 1 : batches === 1 && may_line_up ? line_up_from : Infinity
    if (is_ready || queue.length < wanted) return
    lane.is_ready = true
    ready.push(lane)
    serveReady()
  }

  async function serveBatch (lane: Lane<Q, A>): Promise<void> {
    lane.is_ready = lane.may_line_up = false
    lane.batches++
    running++
    const batch = lane.queue.splice(0, max_batch)
    waiting -= batch.length
    metrics?.served(batch.length)
    full_lanes.delete(lane.name)
    let has_entered = false
    const answer = await settle(lane.name, batch, 1, () => {
      // A batch that is tried again enters again; by then the next is in line already.
      if (has_entered) return
      has_entered = lane.may_line_up = true
      offer(lane)
    })
    lane.batches--
    running--
    // The next leaves first: the database works on it while this one's answers leave.
    if (lane.batches === 0 && lane.queue.length === 0) lanes.delete(lane.name)
    else offer(lane)
    serveReady()
    answer()
  }

  /**
   * Halves a failing batch until only what fails is left over: a bad request never fails its
   * neighbours.
   * @returns what gives those who are left their answers
   */
  async function settle (
    lane: string, batch: Waiting<Q, A>[], attempt: number, entered: () => void
  ): Promise<() => void> {
    try {
      const requests = batch.map(one => one.request)
      const answers = await (described
        ? tracing.batch(described, requests as (Q & object)[], own => serve(lane, own, entered))
        : serve(lane, requests, entered))
      return () => { answerInSlices(batch, answers) }
    } catch (error) {
      if (options.isHopeless(error) || (batch.length === 1 && attempt >= max_attempts)) {
        return () => { for (const one of batch) one.reject(error) }
      }
      if (batch.length === 1) return settle(lane, batch, attempt + 1, entered)
      const middle = batch.length >> 1
      const answer = await settle(lane, batch.slice(0, middle), 1, entered)
      answer()
      return settle(lane, batch.slice(middle), 1, entered)
    }
  }

  return {
    full_lanes,
    add (name, request) {
      const known = lanes.get(name)
      const lane_full = known && known.queue.length >= max_waiting_per_lane
      if (lane_full) full_lanes.add(name)
      if (lane_full || waiting >= max_waiting) throw options.full()
      return new Promise((resolve, reject) => {
        const lane: Lane<Q, A> = known ??
          { name, queue: [], batches: 0, may_line_up: false, is_ready: false }
        if (!known) lanes.set(name, lane)
        lane.queue.push({ request, resolve, reject })
        waiting++
        offer(lane)
      })
    },
  }
}

function answerInSlices<Q, A> (batch: Waiting<Q, A>[], answers: A[], from = 0): void {
  const end = Math.min(from + answers_at_once, batch.length)
  for (let at = from; at < end; at++) batch[at]!.resolve(answers[at]!)
  if (end < batch.length) setImmediate(answerInSlices, batch, answers, end)
}
