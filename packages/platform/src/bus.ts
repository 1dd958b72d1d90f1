import type { Consumer } from './consumer.ts'
import type { StoredEvent } from './messages.ts'

/**
 * Carries events from a service's outbox to their consumers. It may lose or repeat them; the outbox
 * and inbox do not.
 */
export interface EventBus {
  subscribe (consumer: Consumer): void
  /**
   * Resolves when every consumer has committed or given up; returns the ids that must be sent
   * again.
   */
  deliver (events: StoredEvent[]): Promise<Set<string>>
  /**
   * Hears of events as they pass, without inbox or retry: only for caches that are also filled at
   * start.
   */
  listen (type: string, listener: (event: StoredEvent) => void): void
}

/** The bus of the one-process shape: consumers are functions in this process. */
export function createLocalBus (): EventBus {
  const consumers = new Map<string, Consumer[]>()
  const listeners = new Map<string, ((event: StoredEvent) => void)[]>()
  return {
    subscribe (consumer) {
      consumers.set(consumer.type, [...consumers.get(consumer.type) ?? [], consumer])
    },
    listen (type, listener) {
      listeners.set(type, [...listeners.get(type) ?? [], listener])
    },
    async deliver (events) {
      const batches = Map.groupBy(events, event => event.type)
      const failed = new Set<string>()
      await Promise.all([...batches].flatMap(([type, batch]) => {
        for (const listener of listeners.get(type) ?? []) batch.forEach(listener)
        return (consumers.get(type) ?? []).map(async consumer => {
          for (const id of await consumer.consume(batch)) failed.add(id)
        })
      }))
      return failed
    },
  }
}
