import { setTimeout as pause } from 'node:timers/promises'
import type { EventBus } from './bus.ts'
import type { Tx } from './database.ts'
import type { Log } from './log.ts'
import { claimOutbox, markFailed, markSent } from './message-queries.ts'

/**
 * Large enough to make set-wise handlers worth it, small enough to finish well within a statement
 * timeout.
 */
const batch_size = 1000
/**
 * How soon an event is found that nobody woke us for: one of a killed process, or one that waits
 * for its retry.
 */
const idle_poll_ms = 1000

/**
 * In a rush something is committed every few milliseconds. A batch begins this long after the one
 * before, so that a batch's price is shared by many; the first event of a quiet moment leaves at
 * once.
 */
const pace_ms = 50

export interface Relay {
  /** Tells that something was committed to the outbox. */
  wake (): void
  stop (): Promise<void>
}

export interface RelayOptions {
  service: string
  bus: EventBus
  transaction: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>
  log: Log
}

/**
 * Moves a service's outbox to the bus. The rows stay locked while they are delivered and are marked
 * in the same transaction; a process that dies in between leaves them unsent, and the inbox makes
 * the repetition harmless.
 */
export function startRelay ({ service, bus, transaction, log }: RelayOptions): Relay {
  let stopping = false
  let woken = false
  let wakeUp: (() => void) | undefined

  const sendBatch = () => transaction(async tx => {
    const events = await claimOutbox(tx, service, batch_size)
    if (events.length === 0) return 0
    const failed = await bus.deliver(events)
    await markSent(tx, service, events.flatMap(event => failed.has(event.id) ? [] : [event.id]))
    if (failed.size > 0) await markFailed(tx, service, [...failed])
    return events.length
  })

  const sleep = () => new Promise<void>(resolve => {
    const timer = setTimeout(resolve, idle_poll_ms)
    wakeUp = () => {
      clearTimeout(timer)
      resolve()
    }
  })

  async function run (): Promise<void> {
    while (!stopping) {
      woken = false
      let sent = 0
      const began_ms = performance.now()
      try {
        sent = await sendBatch()
      } catch (error) {
        if (!stopping) log.warn({ err: error }, 'outbox relay will try again')
      }
      if (sent === batch_size || stopping) continue
      if (sent > 0) await pause(Math.max(0, began_ms + pace_ms - performance.now()))
      if (!woken && !stopping) await sleep()
    }
  }

  const running = run()
  return {
    wake () {
      woken = true
      wakeUp?.()
    },
    async stop () {
      stopping = true
      wakeUp?.()
      await running
    },
  }
}
