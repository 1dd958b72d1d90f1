import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress, type ZstdOptions } from 'node:zlib'
import type { JsMsg } from '@nats-io/jetstream'
import { headers as createHeaders, type Msg, type MsgHdrs } from '@nats-io/transport-node'
import type { Consumer } from './consumer.ts'
import { eventsOf } from './event-bundles.ts'
import type { Batch, StoredEvent } from './messages.ts'

/** How events travel: what was published together travels together, at a fraction of the cost. */

export interface Pack {
  /** Of its message; confirmations name it. */
  id: string
  /** The service in whose outbox they stand, which waits for our confirmations. */
  from: string
  events: StoredEvent[]
}

/**
 * Events of a rush say nearly the same: a hundred of them become a sixth, for 0.7 µs an event.
 * Copying them through the message server costs more than that, and a single event less.
 */
const compressed_from_characters = 2048
/** Far above any pack of ours. */
const max_bytes = 16 * 1024 * 1024
const encoding = 'Content-Encoding'
/** Bytes of what was compressed, so that its reader asks for as much memory as it takes. */
const expanded_length = 'Expanded-Length'
/** zstd's lowest ordinary level takes a third of what deflate takes, and leaves less. */
const params = { [constants.ZSTD_c_compressionLevel]: 1 }
/** What an answer may need beyond what is expected; without it another piece follows the last. */
const room_bytes = 1024

// In a thread of their own: half a megabyte takes milliseconds, in which nobody would be served.
const compress = promisify<Uint8Array, ZstdOptions, Buffer>(zstdCompress)
const expand = promisify<Uint8Array, ZstdOptions, Buffer>(zstdDecompress)

export interface Message {
  type: string
  /** Made of the ids of its events: the server drops what it has, and the same id says the same. */
  id: string
  ids: string[]
  body: string | Uint8Array
  headers?: MsgHdrs
}

/** Events of a service as the message that carries them; a message of one event has its id. */
export async function packBatch (from: string, { type, ids, text }: Batch): Promise<Message> {
  return { type, ids, id: ids.length === 1 ? ids[0]! : hash('sha1', ids.join(), 'base64url'),
    ...await encode(`{"from":${JSON.stringify(from)},"events":${text}}`) }
}

async function encode (text: string): Promise<Pick<Message, 'body' | 'headers'>> {
  if (text.length < compressed_from_characters) return { body: text }
  const bytes = Buffer.from(text)
  const headers = createHeaders()
  headers.set(encoding, 'zstd')
  headers.set(expanded_length, String(bytes.length))
  // In one piece: each further one is a way to the thread and back, and memory to be freed.
  const chunkSize = (bytes.length >> 2) + room_bytes
  return { body: await compress(bytes, { params, chunkSize }), headers }
}

/** For a server to which the whole is too much. */
export function halve ({ type, text }: Batch): Batch[] {
  const events = JSON.parse(text) as StoredEvent[]
  const middle = events.length >> 1
  return [events.slice(0, middle), events.slice(middle)].map(half =>
    ({ type, ids: half.map(({ id }) => id), text: JSON.stringify(half) }))
}

/** @throws when it is no pack */
export async function readPack (message: Pick<Msg, 'data' | 'headers'>): Promise<Pack> {
  const { data, headers } = message
  const bytes = headers?.get(encoding) === 'zstd' ? await expand(data, {
    maxOutputLength: max_bytes,
    chunkSize: Math.min(Number(headers.get(expanded_length)) || 0, max_bytes) + room_bytes,
  }) : Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const { from, events } = JSON.parse(bytes.toString()) as Omit<Pack, 'id'>
  return { id: headers?.get('Nats-Msg-Id') ?? '', from, events: eventsOf(events) }
}

/** Packs whose readings wait for a second handler, which may take its copy in another process. */
const kept_readings = 50

/** Reads messages; handlers of one process share one reading of each. */
export function createReader (consumers: Consumer[]): (message: JsMsg) => Promise<Pack> {
  const handlers = Map.groupBy(consumers, consumer => consumer.type)
  const readings = new Map<string, { pack: Promise<Pack>, left: number }>()

  return message => {
    const readers = handlers.get(message.subject)?.length ?? 1
    const id = readers > 1 ? message.headers?.get('Nats-Msg-Id') : undefined
    if (!id) return readPack(message)
    const { pack, left } = readings.get(id) ?? { pack: readPack(message), left: readers }
    readings.delete(id)
    if (left > 1) readings.set(id, { pack, left: left - 1 })
    if (readings.size > kept_readings) readings.delete(readings.keys().next().value!)
    return pack
  }
}
