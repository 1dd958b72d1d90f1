import { deadLetterAdded } from '@fermata/contracts/notifications'
import { Compile } from 'typebox/compile'
import { isDatabaseAway, isLockTaken, type Tx } from './database.ts'
import { uuidv7 } from './ids.ts'
import type { Log } from './log.ts'
import { insertDeadLetter, insertInbox, insertOutbox } from './message-queries.ts'
import type { StoredEvent, Subscription } from './messages.ts'
import { withoutErased } from './personal-data.ts'
import type { Attributes, Described, Tracing } from './tracing.ts'

/** With the outbox's backoff of 1, 2, 4 … 60 s this is about three minutes of trying. */
export const max_attempts = 8
/** Events whose failures a handler keeps in mind at most; one that is forgotten is tried anew. */
const remembered = 10_000

export interface Consumer {
  type: string
  /** `service.handler`: its identity for whoever waits for its confirmation. */
  name: string
  /** Handles a batch; returns the ids that failed and shall come again. */
  consume (events: StoredEvent[]): Promise<string[]>
  /**
   * Handles one event inside `tx`. @throws what the handler throws, or that the payload does not
   * fit
   */
  handle (tx: Tx, event: StoredEvent): Promise<void>
}

export interface ConsumerOptions<C> {
  service: string
  subscription: Subscription<C>
  ctx: C
  log: Log
  transaction: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>
  tracing: Tracing
}

/** The time in the outbox and on the way is the gap before the span; it tells how long that was. */
const traced = (service: string, type: string, name: string): Described & {
  of: (event: StoredEvent) => Attributes
} => ({
  service, name: `${type} ${name}`, kind: 'consumer',
  attributes: { 'messaging.operation.type': 'process', 'messaging.destination.name': type },
  of: ({ id, created_at }) => ({
    'messaging.message.id': id, 'fermata.event.waited_ms': Date.now() - Date.parse(created_at),
  }),
})

/**
 * One handler of one service: inbox row and effect in one transaction, a failing event parted from
 * its neighbours.
 */
export function createConsumer<C> (
  { service, subscription, ctx, log, transaction, tracing }: ConsumerOptions<C>
): Consumer {
  const { event: definition, name, handler, concerns = () => true } = subscription
  const validator = Compile(definition.data)
  const described = traced(service, definition.type, name)

  /**
   * How often each event failed here. What a carrier counts are deliveries, and those of a time
   * when our database was away are nobody's failures.
   */
  const failures = new Map<string, number>()

  /** @returns how often it has failed now, this time included */
  function countFailure ({ id, attempts }: StoredEvent): number {
    const count = Math.max(attempts, failures.get(id) ?? 0) + 1
    failures.delete(id)
    if (count < max_attempts) failures.set(id, count)
    if (failures.size > remembered) failures.delete(failures.keys().next().value!)
    return count
  }

  const misfit = `The payload does not fit ${definition.type}`

  const fits = (event: StoredEvent) => {
    if (event.checked_as === definition) return true
    if (!validator.Check(event.data)) return false
    event.checked_as = definition
    return true
  }

  async function apply (tx: Tx, events: StoredEvent[]): Promise<void> {
    const { fresh, some_erased } =
      await insertInbox(tx, service, name, events.map(event => event.id))
    // An event may stand in one batch twice; the inbox knows it once.
    const batch = events.filter(event => fresh.delete(event.id))
    if (batch.length === 0) return
    await handler(ctx, tx, some_erased ? await withoutErased(tx, service, batch) : batch)
  }

  async function bury (event: StoredEvent, error: string): Promise<void> {
    log.error(
      { event_id: event.id, type: event.type, handler: name, error },
      'event given up, see dead letters'
    )
    await transaction(async tx => {
      await insertInbox(tx, service, name, [event.id])
      const { id, created_at } = await insertDeadLetter(
        tx, service, { id: uuidv7(), event, handler: name, error }
      )
      // News that cannot be told of is not news again, or it would go round for ever.
      if (event.type === deadLetterAdded.type) return
      await insertOutbox(tx, service, deadLetterAdded.type, [{
        request_id: event.request_id,
        data: { dead_letter_id: id, service, subject: event.type, error, added_at: created_at } }])
    })
  }

  /**
   * Halves a failing batch until only what fails is left over: one bad event never holds up its
   * neighbours.
   */
  async function handleApart (events: StoredEvent[]): Promise<string[]> {
    try {
      await tracing.batch(described, events, own => transaction(tx => apply(tx, own)))
      if (failures.size > 0) for (const { id } of events) failures.delete(id)
      return []
    } catch (error) {
      // No event's fault, and no reason to ask a thousand times more.
      if (isDatabaseAway(error) || isLockTaken(error)) throw error
      if (events.length > 1) {
        const middle = events.length >> 1
        return [
          ...await handleApart(events.slice(0, middle)), ...await handleApart(events.slice(middle))
        ]
      }
      const event = events[0]!
      const attempts = countFailure(event)
      log.warn({ err: error, event_id: event.id, type: event.type, handler: name,
        request_id: event.request_id, attempts }, 'event handler failed')
      if (attempts < max_attempts) return [event.id]
      await bury(event, String(error))
      return []
    }
  }

  return {
    type: definition.type,
    name: `${service}.${name}`,
    async consume (events) {
      const valid: StoredEvent[] = []
      const failed: string[] = []
      try {
        for (const event of events) {
          // What does not fit its contract will not fit the next time either.
          if (!fits(event)) await bury(event, misfit)
          else if (concerns(event.data)) valid.push(event)
        }
        if (valid.length > 0) failed.push(...await handleApart(valid))
        return failed
      } catch (error) {
        // The database itself is away, or its locks are taken: all of it shall come again.
        log.warn(
          { err: error, type: definition.type, handler: name },
          'consumer could not do its work now'
        )
        return events.map(event => event.id)
      }
    },
    async handle (tx, event) {
      if (!fits(event)) throw new Error(misfit)
      if (concerns(event.data)) await apply(tx, [event])
    },
  }
}
