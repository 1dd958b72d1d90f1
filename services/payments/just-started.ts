import { performance } from 'node:perf_hooks'
import type { DuePayment } from './queries/payments.ts'

/**
 * How long payments that are stored as asked belong to the process that stored them. Should it die
 * first, another finds them due then.
 */
export const own_ms = 2000
/** Left to the table when they have waited this long, as asking may take its time too. */
const ask_within_ms = own_ms / 2
/** Beyond it payments are stored as not asked, and wait in the table alone. */
const max_waiting = 2000

/** Payments that this process has just stored and is about to ask about, in memory. */
export interface JustStarted {
  hasRoom: () => boolean
  add: (payments: DuePayment[]) => void
  /** The next ones, and whoever takes them asks about them. */
  take: (limit: number) => DuePayment[]
  hasMore: () => boolean
}

/**
 * Spares a payment the round through the table in which it would be found due and claimed, at the
 * price of a delay when the process dies in between.
 */
export function createJustStarted (): JustStarted {
  const waiting: { payment: DuePayment, stored_ms: number }[] = []
  return {
    hasRoom: () => waiting.length < max_waiting,
    add (payments) {
      const stored_ms = performance.now()
      for (const payment of payments) waiting.push({ payment, stored_ms })
    },
    hasMore: () => waiting.length > 0,
    take (limit) {
      const oldest_ms = performance.now() - ask_within_ms
      return waiting.splice(0, limit)
        .flatMap(({ payment, stored_ms }) => stored_ms >= oldest_ms ? [payment] : [])
    },
  }
}
