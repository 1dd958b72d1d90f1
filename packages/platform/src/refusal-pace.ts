import type { Log } from './log.ts'

/**
 * Refusals take time that those who are served need, and whoever is refused at once may ask again
 * at once. So they have a pace; those beyond it wait for their turn, each with its connection,
 * and clients that heed Retry-After never come to feel it.
 */
const interval_ms = 100
/** Some 20 microseconds each: seven thousand a second leave most of a core to those who are served. */
const refusals_per_interval = 700
/** Those who were refused together come back together. */
const most_at_once = 2800

/** Runs refusals in their order, not faster than the pace. */
export function createRefusalPace (): (refuse: () => void) => void {
  const waiting: (() => void)[] = []
  let left = most_at_once
  let timer: NodeJS.Timeout | undefined

  function goOn (): void {
    left = Math.min(left + refusals_per_interval, most_at_once)
    const turn = waiting.splice(0, left)
    left -= turn.length
    for (const refuse of turn) refuse()
    timer = left < most_at_once ? setTimeout(goOn, interval_ms) : undefined
  }

  return refuse => {
    timer ??= setTimeout(goOn, interval_ms)
    if (left === 0) {
      waiting.push(refuse)
      return
    }
    left--
    refuse()
  }
}

const tell_every_ms = 5000

/** Tells of refusals together: in a flood a line for each would cost more than they. */
export function createRefusalLog (log: Log, operation: string): () => void {
  let refused = 0
  function tell (): void {
    log.warn({ operation, refused, within_ms: tell_every_ms }, 'requests refused')
    refused = 0
  }
  return () => {
    refused++
    if (refused === 1) setTimeout(tell, tell_every_ms).unref()
  }
}
