import { setTimeout as pause } from 'node:timers/promises'
import type { EventBus } from './bus.ts'
import type { Tx } from './database.ts'
import type { Log } from './log.ts'
import {
  claimOutbox, hurryOutbox, markFailed, markSent, markUnconfirmed, markUnsent,
} from './message-queries.ts'
import { deleteSent } from './personal-data-queries.ts'
import { erasing_types } from './personal-data.ts'

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
 * A batch of so many events is followed by a whole pause, and by a part of one when it was smaller:
 * what few events share saves little, and each step of a purchase would wait for it.
 */
const crowd = 200

const nothing = { sent: 0, more: false }

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
 * the repetition harmless. A row counts as sent when every handler has confirmed its effect: what
 * is only on its way is published again, sooner or later, whatever became of the carrier.
 */
export function startRelay ({ service, bus, transaction, log }: RelayOptions): Relay {
  let stopping = false
  let woken = false
  let wakeUp: (() => void) | undefined
  const wake = () => {
    woken = true
    wakeUp?.()
  }

  /** Confirmed after their batch was over. */
  let late: string[] = []
  bus.onConfirmed(service, ids => {
    late.push(...ids)
    wake()
  })
  let hurry = false
  bus.onReturn(() => {
    hurry = true
    wake()
  })

  /** @returns how many events were handed on, and whether more may be waiting */
  const sendBatch = (late: string[], hurry: boolean) => transaction(async tx => {
    if (late.length > 0) {
      await markSent(tx, service, late)
      await deleteSent(tx, service, late, erasing_types)
    }
    if (hurry) await hurryOutbox(tx, service)
    const { batches, events, full } = await claimOutbox(tx, service, batch_size)
    if (batches.length === 0) return nothing
    const { failed, unconfirmed, unsent } = await bus.deliver(service, batches)
    if (unsent.length > 0) await markUnsent(tx, service, unsent)
    if (failed.length > 0) await markFailed(tx, service, failed)
    if (unconfirmed.length > 0) await markUnconfirmed(tx, service, unconfirmed)
    const erasing = batches.filter(({ type }) => erasing_types.includes(type))
    if (erasing.length > 0) {
      await deleteSent(tx, service, erasing.flatMap(({ ids }) => ids), erasing_types)
    }
    if (unsent.length > 0) return nothing
    return { sent: events, more: full }
  })

  async function step (): Promise<typeof nothing> {
    const known = { late, hurry }
    late = []
    hurry = false
    try {
      return await sendBatch(known.late, known.hurry)
    } catch (error) {
      late.push(...known.late)
      hurry ||= known.hurry
      throw error
    }
  }

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
      let batch = nothing
      const began_ms = performance.now()
      try {
        // While the carrier is away, the outbox is where events wait best.
        if (bus.connected()) batch = await step()
      } catch (error) {
        if (!stopping) log.warn({ err: error }, 'outbox relay will try again')
      }
      if (batch.more || stopping) continue
      const pace_ms = bus.pace_ms * Math.min(1, batch.sent / crowd)
      if (batch.sent > 0) await pause(Math.max(0, began_ms + pace_ms - performance.now()))
      if (!woken && !stopping) await sleep()
    }
  }

  const running = run()
  return {
    wake,
    async stop () {
      stopping = true
      wakeUp?.()
      await running
    },
  }
}
