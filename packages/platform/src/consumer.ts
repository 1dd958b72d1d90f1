import { Compile } from 'typebox/compile'
import type { Tx } from './database.ts'
import { uuidv7 } from './ids.ts'
import type { Log } from './log.ts'
import { insertDeadLetter, insertInbox } from './message-queries.ts'
import type { StoredEvent, Subscription } from './messages.ts'

/** With the outbox's backoff of 1, 2, 4 … 60 s this is about three minutes of trying. */
export const max_attempts = 8

export interface Consumer {
  type: string
  /** Handles a batch; returns the ids that failed and shall come again. */
  consume (events: StoredEvent[]): Promise<string[]>
}

export interface ConsumerOptions<C> {
  service: string
  subscription: Subscription<C>
  ctx: C
  log: Log
  transaction: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>
}

/** One handler of one service: inbox row and effect in one transaction, a failing event parted from its neighbours. */
export function createConsumer<C> ({ service, subscription, ctx, log, transaction }: ConsumerOptions<C>): Consumer {
  const { event: definition, name, handler } = subscription
  const validator = Compile(definition.data)

  async function attempt (events: StoredEvent[]): Promise<void> {
    await transaction(async tx => {
      const fresh = await insertInbox(tx, service, name, events.map(event => event.id))
      const batch = events.filter(event => fresh.has(event.id))
      if (batch.length > 0) await handler(ctx, tx, batch)
    })
  }

  async function bury (event: StoredEvent, error: string): Promise<void> {
    log.error({ event_id: event.id, type: event.type, handler: name, error }, 'event given up, see dead letters')
    await transaction(async tx => {
      await insertInbox(tx, service, name, [event.id])
      await insertDeadLetter(tx, service, { id: uuidv7(), event, handler: name, error })
    })
  }

  /** Halves a failing batch until only what fails is left over: one bad event never holds up its neighbours. */
  async function handle (events: StoredEvent[]): Promise<string[]> {
    try {
      await attempt(events)
      return []
    } catch (error) {
      if (events.length > 1) {
        const middle = events.length >> 1
        return [...await handle(events.slice(0, middle)), ...await handle(events.slice(middle))]
      }
      const event = events[0]!
      log.warn({ err: error, event_id: event.id, type: event.type, handler: name, request_id: event.request_id,
        attempts: event.attempts + 1 }, 'event handler failed')
      if (event.attempts + 1 < max_attempts) return [event.id]
      await bury(event, String(error))
      return []
    }
  }

  return {
    type: definition.type,
    async consume (events) {
      const valid: StoredEvent[] = []
      const failed: string[] = []
      try {
        for (const event of events) {
          if (validator.Check(event.data)) valid.push(event)
          // What does not fit its contract will not fit the next time either.
          else await bury(event, `The payload does not fit ${definition.type}`)
        }
        if (valid.length > 0) failed.push(...await handle(valid))
        return failed
      } catch (error) {
        // The database itself is away: all of it shall come again.
        log.warn({ err: error, type: definition.type, handler: name }, 'consumer could not reach its database')
        return events.map(event => event.id)
      }
    },
  }
}
