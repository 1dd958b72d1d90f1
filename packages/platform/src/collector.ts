/**
 * Buyers wait here while the batch before theirs commits; then one transaction serves all who came
 * meanwhile.
 */
export interface Collector<Q, A> {
  /**
   * Queues a request in its lane and resolves with its own answer.
   * @throws what `options.full` makes when the queue is full, without waiting
   */
  add (lane: string, request: Q): Promise<A>
}

export interface CollectorOptions<Q, A> {
  /** Serves a batch of one lane and answers each request in its place. */
  serve: (lane: string, requests: Q[]) => Promise<A[]>
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

interface Lane<Q, A> { name: string, queue: Waiting<Q, A>[] }

/**
 * A request that fails alone is tried again: another order may have had its code, or its key at the
 * same instant.
 */
const max_attempts = 3

/**
 * One batch at a time for each lane, several lanes at once. There is no timer: a batch leaves when
 * the previous one returns, so an idle shop answers at once and a busy one batches more.
 */
export function createCollector<Q, A> (options: CollectorOptions<Q, A>): Collector<Q, A> {
  const { serve, max_batch, max_waiting_per_lane, max_waiting, max_parallel } = options
  const lanes = new Map<string, Lane<Q, A>>()
  // Lanes take turns, so that one hot event does not keep the others waiting.
  const ready: Lane<Q, A>[] = []
  let waiting = 0
  let running = 0

  function serveReady (): void {
    while (running < max_parallel && ready.length > 0) void serveBatch(ready.shift()!)
  }

  async function serveBatch (lane: Lane<Q, A>): Promise<void> {
    running++
    const batch = lane.queue.splice(0, max_batch)
    waiting -= batch.length
    await settle(lane.name, batch, 1)
    running--
    if (lane.queue.length > 0) ready.push(lane)
    else lanes.delete(lane.name)
    serveReady()
  }

  /**
   * Halves a failing batch until only what fails is left over: a bad request never fails its
   * neighbours.
   */
  async function settle (lane: string, batch: Waiting<Q, A>[], attempt: number): Promise<void> {
    try {
      const answers = await serve(lane, batch.map(one => one.request))
      batch.forEach((one, index) => one.resolve(answers[index]!))
    } catch (error) {
      if (options.isHopeless(error) || (batch.length === 1 && attempt >= max_attempts)) {
        for (const one of batch) one.reject(error)
      } else if (batch.length === 1) {
        await settle(lane, batch, attempt + 1)
      } else {
        const middle = batch.length >> 1
        await settle(lane, batch.slice(0, middle), 1)
        await settle(lane, batch.slice(middle), 1)
      }
    }
  }

  return {
    add (name, request) {
      const known = lanes.get(name)
      const lane_full = known && known.queue.length >= max_waiting_per_lane
      if (lane_full || waiting >= max_waiting) throw options.full()
      return new Promise((resolve, reject) => {
        const lane = known ?? { name, queue: [] }
        lane.queue.push({ request, resolve, reject })
        waiting++
        if (known) return
        lanes.set(name, lane)
        ready.push(lane)
        serveReady()
      })
    },
  }
}
