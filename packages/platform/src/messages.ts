import type { DataOf, EventDefinition } from '@fermata/contracts/define'
import type { Tx } from './database.ts'

/** An event as it is written to an outbox and handed to consumers. */
export interface StoredEvent {
  id: string
  type: string
  data: unknown
  /** The request that caused it, for one line of sight through all logs. */
  request_id: string | null
  /** Deliveries that failed so far. */
  attempts: number
  created_at: string
  /** In one process an event's consumers are handed the same object: one look at it is enough. */
  checked_as?: EventDefinition
}

/** Rows of one type as an outbox gives them away: whoever sends them on need not read them. */
export interface Batch {
  type: string
  /** Of the rows, in the order of the text. */
  ids: string[]
  /**
   * A JSON array of `StoredEvent`, one for each row; what a bundle has for data are several events
   * (event-bundles.ts).
   */
  text: string
}

/** An event as a handler receives it. */
export interface EventOf<E extends EventDefinition> {
  id: string
  data: DataOf<E>
  request_id: string | null
  created_at: string
}

/**
 * Reacts to a batch of events inside the transaction in which their inbox rows were written: its
 * effects and the fact that they happened commit together, so twice is once. Must tolerate any
 * order. Never waits for anything but the database.
 */
export type EventHandler<E extends EventDefinition, C> = (
  ctx: C, tx: Tx, events: EventOf<E>[]
) => Promise<void>

export interface Subscription<C> {
  event: EventDefinition
  /** The handler's function name; with the service's name it identifies the consumer for ever. */
  name: string
  /** Of any event: one list holds them all. */
  handler: EventHandler<any, C>
  /** Of any event, too. Others pass by and leave no inbox row. */
  concerns?: (data: any) => boolean
}

/**
 * Subscribes a named function to an event.
 * @param concerns false for events that the handler would ignore whatever it knows: a rush tells of
 * ten thousand guests to whom nothing is said
 */
export function on<E extends EventDefinition, C> (
  event: E, handler: EventHandler<E, C>, concerns?: (data: DataOf<E>) => boolean
): Subscription<C> {
  if (handler.name === '') throw new Error(
    `The handler of ${event.type} needs a name: its inbox rows carry it`
  )
  return { event, name: handler.name, handler, concerns }
}
