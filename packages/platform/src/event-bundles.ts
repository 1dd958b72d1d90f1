import { idAt, originOf, sharedId, uuidv7 } from './ids.ts'
import type { StoredEvent } from './messages.ts'

/**
 * Events of one type that a transaction publishes are one row of its outbox, a bundle: a row, an
 * index entry and a claim for each of them cost more than what they say. One that is published
 * alone is a row of its own.
 */

/** A row of an outbox, as it is written. */
export interface OutboxRow {
  id: string
  type: string
  /** JSON. Of a bundle: an array of `Bundled`, whose places give their events their ids. */
  data: string
  /** Null in a bundle, whose events have their own. */
  request_id: string | null
  /** How many events it holds. */
  size: number
}

/** An event in the data of its bundle; null when it was erased after its delivery. */
export type Bundled = Pick<StoredEvent, 'data' | 'request_id'> | null

/** What a relay takes at once; fewer than an id has places. */
const most_events = 500
/** A quarter of what a message server takes by default, should each be four bytes. */
const most_characters = 256 * 1024

/** Whether a row with this id holds several events. */
export const isBundle = (id: string) => originOf(id).place === 0

/** Rows in which these events may stand: a bundle's, or their own. */
export const rowsOf = (event_ids: readonly string[]): string[] =>
  [...new Set(event_ids.flatMap(id => [id, originOf(id).id]))]

/**
 * What to try again: where all of a row came back, for want of the database or of a lock, the row
 * as it is; else those of its events that failed.
 * @param rows as they are stored @param failed ids of events
 */
export function failedOf (rows: readonly StoredEvent[], failed: readonly string[]): string[] {
  if (failed.length === 0) return []
  const again = new Set(failed)
  return rows.flatMap(row => {
    const ids = eventsOf([row]).map(({ id }) => id)
    return ids.every(id => again.has(id)) ? [row.id] : rowsOf(ids.filter(id => again.has(id)))
  })
}

/** What no `jsonb` takes, in JSON: NUL, and a half of a pair of surrogates. */
const unfit = /\\(?:u(?:0000|d[89a-f][0-9a-f]{2})|[^])/g
const fit = (json: string) => json.includes('\\u')
  ? json.replace(unfit, sign => sign.length > 2 ? '\ufffd' : sign) : json

/** Rows for events of one type, in their order. @param events with their data as JSON */
export function toRows (
  type: string, events: readonly { data: string, request_id: string | null }[]
): OutboxRow[] {
  const parts: (typeof events)[number][][] = []
  let characters = Infinity
  for (const given of events) {
    const event = { ...given, data: fit(given.data) }
    characters += event.data.length
    if (characters > most_characters || parts.at(-1)!.length === most_events) {
      parts.push([])
      characters = event.data.length
    }
    parts.at(-1)!.push(event)
  }
  return parts.map(([first, ...others]) => others.length === 0
    ? { id: uuidv7(), type, ...first!, size: 1 }
    : { id: sharedId(), type, request_id: null, size: others.length + 1,
        data: `[${[first!, ...others].map(({ request_id, data }) =>
          `{"request_id":${JSON.stringify(request_id)},"data":${data}}`).join()}]` })
}

/** The events of rows as an outbox gives them away. */
export const eventsOf = (rows: StoredEvent[]): StoredEvent[] => rows.flatMap(row =>
  isBundle(row.id)
    ? (row.data as Bundled[]).flatMap((one, index) => one === null ? []
        : { ...row, ...one, id: idAt(row.id, index + 1) })
    : row)
