import type { OutboxEvent } from './messages.ts'

/**
 * Events whose confirmations we keep in mind at most; one that is forgotten is published again and
 * confirmed again.
 */
const remembered = 100_000

/** The handlers of an event, as `service.handler`, wherever they run. */
export type HandlersOf = (type: string) => readonly string[]

export interface Confirmations {
  /** From now on the events' handlers owe us a word. */
  expect (events: OutboxEvent[]): void
  /**
   * One handler has committed the effects of events: who are complete by that are told of.
   * @returns those of which nobody here waits to hear
   */
  confirm (handler: string, ids: string[]): string[]
  /** Waits until all are complete, or the time is over; returns those that are not. */
  wait (ids: string[], most_ms: number): Promise<Set<string>>
}

interface Waiting { left: Set<string>, done: () => void }

/**
 * Who has confirmed what. Only in memory: a process that dies forgets it, and its events are
 * published and confirmed once more.
 * @param onLate hears of events that became complete when nobody waited for them any more
 */
export function createConfirmations (
  handlersOf: HandlersOf, onLate: (ids: string[]) => void
): Confirmations {
  const owed = new Map<string, Set<string>>()
  const waiting = new Set<Waiting>()

  function settle (complete: string[]): void {
    const late = new Set(complete)
    for (const { left, done } of waiting) {
      for (const id of complete) if (left.delete(id)) late.delete(id)
      if (left.size === 0) done()
    }
    if (late.size > 0) onLate([...late])
  }

  return {
    expect (events) {
      for (const { id, type } of events) {
        const handlers = handlersOf(type)
        // Of an event that comes again we keep who has confirmed it already.
        if (handlers.length > 0 && !owed.has(id)) owed.set(id, new Set(handlers))
      }
      for (const id of owed.keys()) {
        if (owed.size <= remembered) break
        owed.delete(id)
      }
    },
    confirm (handler, ids) {
      const complete: string[] = []
      const strange: string[] = []
      for (const id of ids) {
        const handlers = owed.get(id)
        if (!handlers) strange.push(id)
        else if (handlers.delete(handler) && handlers.size === 0) {
          owed.delete(id)
          complete.push(id)
        }
      }
      if (complete.length > 0) settle(complete)
      return strange
    },
    async wait (ids, most_ms) {
      const left = new Set(ids.filter(id => owed.has(id)))
      if (left.size === 0) return left
      const { promise, resolve } = Promise.withResolvers<void>()
      const entry = { left, done: resolve }
      const timer = setTimeout(resolve, most_ms)
      waiting.add(entry)
      await promise
      clearTimeout(timer)
      waiting.delete(entry)
      return left
    },
  }
}
