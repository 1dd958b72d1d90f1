import type { Consumer } from './consumer.ts'
import { eventsOf, failedOf } from './event-bundles.ts'
import type { Batch, StoredEvent } from './messages.ts'

/**
 * What became of rows of an outbox, by their ids; those that are not named had their effects. Ids
 * that are no row's do no harm: of what failed, the event and its bundle are named.
 */
export interface Delivery {
  /** A handler could not take them: they come again after a growing pause. */
  failed: string[]
  /** They are on their way, and `onConfirmed` will tell when the last handler has committed. */
  unconfirmed: string[]
  /** The carrier did not take them: they stay as they were. */
  unsent: string[]
}

/**
 * Carries events from a service's outbox to their consumers. It may lose, repeat and reorder them;
 * the outbox and inbox do not. Local within a process, JetStream between processes; both keep the
 * same contract, tests/jetstream/bus.test.ts and bus.test.ts.
 */
export interface EventBus {
  /**
   * In a rush something is committed every few milliseconds. A batch begins this long after a large
   * one before, so that a batch's price is shared by many, and sooner after a small one; the first
   * event of a quiet moment leaves at once.
   */
  pace_ms: number
  subscribe (consumer: Consumer): void
  /** Hands events of a service's outbox on and waits a moment for their effects. */
  deliver (service: string, batches: Batch[]): Promise<Delivery>
  /** Hears which unconfirmed events of a service have all their effects now. */
  onConfirmed (service: string, listener: (ids: string[]) => void): void
  /**
   * Hears of events as they pass, without inbox or retry: only for caches that are also filled at
   * start, and filled again while the bus is not connected.
   */
  listen (type: string, listener: (data: unknown) => void): void
  /** Hears that the carrier is back: what it was given before may be gone. */
  onReturn (listener: () => void): void
  /** False while the carrier is away. */
  connected (): boolean
  /** False while it is away, or did not take what it was given last. */
  carries (): boolean
  /** Begins to hand events to consumers; they are all known by then. */
  start (): void
  /** Ends consuming, waits for what is at work; events can still be delivered. */
  stopConsuming (): Promise<void>
  close (): Promise<void>
}

/** The bus of the one-process shape: consumers are functions in this process. */
export function createLocalBus (): EventBus {
  const consumers = new Map<string, Consumer[]>()
  const listeners = new Map<string, ((data: unknown) => void)[]>()
  return {
    pace_ms: 50,
    subscribe (consumer) {
      consumers.set(consumer.type, [...consumers.get(consumer.type) ?? [], consumer])
    },
    listen (type, listener) {
      listeners.set(type, [...listeners.get(type) ?? [], listener])
    },
    async deliver (_service, batches) {
      const failed = await Promise.all(batches.map(async ({ type, text }) => {
        const rows = JSON.parse(text) as StoredEvent[]
        const events = eventsOf(rows)
        for (const hear of listeners.get(type) ?? []) events.forEach(event => hear(event.data))
        const of_each = await Promise.all((consumers.get(type) ?? []).map(consumer =>
          consumer.consume(events)))
        return failedOf(rows, of_each.flat())
      }))
      return { failed: failed.flat(), unconfirmed: [], unsent: [] }
    },
    // A function that returned has confirmed, and never goes away.
    onConfirmed () {},
    onReturn () {},
    connected: () => true,
    carries: () => true,
    start () {},
    stopConsuming: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}
