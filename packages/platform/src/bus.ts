import type { Consumer } from './consumer.ts'
import type { OutboxEvent, StoredEvent } from './messages.ts'

/** What became of a batch; events named in none of the sets had their effects. */
export interface Delivery {
  /** A handler could not take them: they come again after a growing pause. */
  failed: ReadonlySet<string>
  /** They are on their way, and `onConfirmed` will tell when the last handler has committed. */
  unconfirmed: ReadonlySet<string>
  /** The carrier did not take them: they stay as they were. */
  unsent: ReadonlySet<string>
}

/**
 * Carries events from a service's outbox to their consumers. It may lose, repeat and reorder them;
 * the outbox and inbox do not. Local within a process, JetStream between processes; both keep the
 * same contract, tests/jetstream/bus.test.ts and bus.test.ts.
 */
export interface EventBus {
  /**
   * In a rush something is committed every few milliseconds. A batch begins this long after the one
   * before, so that a batch's price is shared by many; the first event of a quiet moment leaves at
   * once.
   */
  pace_ms: number
  subscribe (consumer: Consumer): void
  /** Hands events of a service's outbox on and waits a moment for their effects. */
  deliver (service: string, events: OutboxEvent[]): Promise<Delivery>
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

const nothing: ReadonlySet<string> = new Set()

const read = ({ text, ...rest }: OutboxEvent): StoredEvent => ({ ...rest, data: JSON.parse(text) })

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
    async deliver (_service, events) {
      const batches = Map.groupBy(events.map(read), event => event.type)
      const failed = new Set<string>()
      await Promise.all([...batches].flatMap(([type, batch]) => {
        for (const hear of listeners.get(type) ?? []) batch.forEach(event => hear(event.data))
        return (consumers.get(type) ?? []).map(async consumer => {
          for (const id of await consumer.consume(batch)) failed.add(id)
        })
      }))
      return { failed, unconfirmed: nothing, unsent: nothing }
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
