import { rowsOf } from './event-bundles.ts'

/**
 * Rows whose confirmations we keep in mind at most; one that is forgotten is published again and
 * confirmed again.
 */
const remembered = 100_000

/** The handlers of an event, as `service.handler`, wherever they run. */
export type HandlersOf = (type: string) => readonly string[]

/** What one handler says of a pack whose effects it has committed. */
export interface Receipt {
  pack: string
  /** Events of it that failed and shall come again. */
  failed: string[]
}

/** A pack, until each handler of its events has committed them. */
export interface OwedPack { parts: Part[] }

/** Events that wait for the same handlers: all of a pack, until one of them fails. */
interface Part { ids: string[], handlers: Set<string> }

export interface Confirmations {
  /**
   * From now on all handlers of a pack's events owe us a word.
   * @returns null when there are no handlers
   */
  expect (pack: { id: string, type: string, ids: string[] }): OwedPack | null
  /** It was not sent. */
  forget (pack: string): void
  /**
   * One handler has committed the effects of packs: which events are complete by that is told.
   * @returns those of which nobody here waits to hear
   */
  confirm (handler: string, receipts: Receipt[]): Receipt[]
  /** Waits until all are complete, or the time is over; returns the events that are not. */
  wait (packs: OwedPack[], most_ms: number): Promise<string[]>
}

interface Waiting { left: Set<OwedPack>, done: () => void }

/**
 * Who has confirmed what. Only in memory: a process that dies forgets it, and its events are
 * published and confirmed once more.
 * @param onLate hears of events that became complete when nobody waited for them any more
 */
export function createConfirmations (
  handlersOf: HandlersOf, onLate: (ids: string[]) => void
): Confirmations {
  const owed = new Map<string, OwedPack>()
  const waiting = new Set<Waiting>()
  let events = 0

  function forget (id: string): void {
    for (const { ids } of owed.get(id)?.parts ?? []) events -= ids.length
    owed.delete(id)
  }

  function take (id: string, pack: OwedPack, handler: string, failed: ReadonlySet<string>): void {
    forget(id)
    const parts = pack.parts.flatMap(part => divide(part, failed))
    for (const { ids, handlers } of parts) if (!failed.has(ids[0]!)) handlers.delete(handler)
    pack.parts = parts.filter(({ handlers }) => handlers.size > 0)
    if (pack.parts.length > 0) remember(id, pack)
    const complete = parts.filter(({ handlers }) => handlers.size === 0).flatMap(({ ids }) => ids)
    tell(pack, complete)
  }

  function remember (id: string, pack: OwedPack): void {
    owed.set(id, pack)
    for (const { ids } of pack.parts) events += ids.length
  }

  /** Who waits for a pack reads from it what is missing. */
  function tell (pack: OwedPack, complete: string[]): void {
    const waiters = [...waiting].filter(({ left }) => left.has(pack))
    if (complete.length > 0 && waiters.length === 0) onLate(complete)
    if (pack.parts.length > 0) return
    for (const { left, done } of waiters) {
      left.delete(pack)
      if (left.size === 0) done()
    }
  }

  return {
    expect ({ id, type, ids }) {
      const handlers = handlersOf(type)
      if (handlers.length === 0) return null
      // Of a pack that comes again we keep who has confirmed it already.
      const pack = owed.get(id) ?? { parts: [{ ids, handlers: new Set(handlers) }] }
      forget(id)
      remember(id, pack)
      for (const oldest of owed.keys()) {
        if (events <= remembered) break
        forget(oldest)
      }
      return pack
    },
    forget,
    confirm (handler, receipts) {
      return receipts.filter(({ pack: id, failed }) => {
        const pack = owed.get(id)
        if (pack) take(id, pack, handler, new Set(rowsOf(failed)))
        return !pack
      })
    },
    async wait (packs, most_ms) {
      const left = new Set(packs.filter(({ parts }) => parts.length > 0))
      if (left.size > 0) {
        const { promise, resolve } = Promise.withResolvers<void>()
        const entry = { left, done: resolve }
        const timer = setTimeout(resolve, most_ms)
        waiting.add(entry)
        await promise
        clearTimeout(timer)
        waiting.delete(entry)
      }
      return packs.flatMap(({ parts }) => parts.flatMap(({ ids }) => ids))
    },
  }
}

/** What failed and what did not, apart. */
function divide ({ ids, handlers }: Part, failed: ReadonlySet<string>): Part[] {
  if (failed.size === 0) return [{ ids, handlers }]
  return [ids.filter(id => failed.has(id)), ids.filter(id => !failed.has(id))]
    .filter(group => group.length > 0)
    .map(group => ({ ids: group, handlers: new Set(handlers) }))
}
