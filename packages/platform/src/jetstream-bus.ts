import {
  DiscardPolicy, jetstream, JetStreamApiError, jetstreamManager, RetentionPolicy, StorageType,
  type JetStreamClient, type JetStreamManager,
} from '@nats-io/jetstream'
import {
  InvalidArgumentError, nanos, type Msg, type NatsConnection,
} from '@nats-io/transport-node'
import type { Delivery, EventBus } from './bus.ts'
import { createConfirmations, type HandlersOf, type OwedPack, type Receipt } from './confirmations.ts'
import type { Consumer } from './consumer.ts'
import { eventsOf, rowsOf } from './event-bundles.ts'
import { startPull, type Pull } from './jetstream-consumer.ts'
import { createReader, halve, packBatch, readPack } from './jetstream-packs.ts'
import type { Log } from './log.ts'
import type { Batch, StoredEvent } from './messages.ts'
import { connectNats, type NatsLink } from './nats-connection.ts'

/** What is not confirmed by then is left to `onConfirmed`: its neighbours need the relay. */
const confirm_wait_ms = 200
const publish_timeout_ms = 5000
/**
 * Within this time the server drops what it was given twice: long enough for a publication whose
 * answer was lost, shorter than the second pause before an event is published again on purpose.
 */
const duplicate_window_ms = 10_000
/** A stream only carries: what it drops is published again from the outbox. */
const max_age_ms = 60 * 60 * 1000
const max_stream_bytes = 256 * 1024 * 1024
/**
 * A server that answers may still store nothing: a cluster without its majority, say. What waits is
 * offered again within this time.
 */
const refusal_counts_ms = 15_000
/** Asked for a stream that is being made elsewhere, or whose server is about to die. */
const ask_timeout_ms = 5000

export interface JetstreamOptions {
  url: string
  /** Which process this is, in the server's list. */
  name: string
  /** Who must confirm an event before its outbox row counts as sent. */
  handlersOf: HandlersOf
  /** Copies of each stream in a cluster. */
  replicas: number
  log: Log
}

/** One stream for each context: what its services publish, and where 2.9 can filter it. */
const streamOf = (type: string) => type.slice(0, type.indexOf('.'))
const confirmationsOf = (service: string) => `fermata.confirmed.${service}`

interface Confirmation { handler: string, receipts: Receipt[] }

/**
 * Carries events between processes. JetStream carries, PostgreSQL remembers: consumers confirm
 * what they have committed to the service that published it, and until all have, the outbox row
 * stays and is published again. So nothing here needs to be believed: not an acknowledgement, not
 * the store.
 */
export function createJetstreamBus (options: JetstreamOptions): EventBus {
  const { handlersOf, log } = options
  const consumers: Consumer[] = []
  const listeners = new Map<string, ((data: unknown) => void)[]>()
  const publishers = new Map<string, Publisher>()
  const returnListeners: (() => void)[] = []
  const streams = createStreams(options.replicas)
  let link: NatsLink | undefined
  let client: Client | null = null
  let refused_ms = -Infinity
  let pulls: Pull[] = []

  const publisherOf = (service: string) => {
    const publisher = publishers.get(service) ?? createPublisher(service, handlersOf, streams, log)
    publishers.set(service, publisher)
    return publisher
  }

  function hear (connection: NatsConnection): void {
    for (const [type, hearers] of listeners) {
      void subscribe(connection, type, async message => {
        const { events } = await readPack(message)
        for (const { data } of events) hearers.forEach(one => one(data))
      }, log)
    }
    for (const [service, { confirm }] of publishers) {
      void subscribe(connection, confirmationsOf(service), message => {
        const { handler, receipts } = message.json<Confirmation>()
        confirm(handler, receipts)
      }, log)
    }
  }

  async function open (connection: NatsConnection): Promise<void> {
    streams.forget()
    // Subscriptions outlive a reconnection, which is the client's own affair.
    if (client?.connection !== connection) hear(connection)
    client = await openClient(connection)
    for (const pull of pulls) pull.renew()
    for (const tell of returnListeners) tell()
  }

  return {
    // A message costs more than a call, so more events share one.
    pace_ms: 100,
    subscribe: consumer => { consumers.push(consumer) },
    listen (type, listener) {
      listeners.set(type, [...listeners.get(type) ?? [], listener])
    },
    onConfirmed: (service, listener) => { publisherOf(service).onLate(listener) },
    onReturn: listener => { returnListeners.push(listener) },
    connected: () => client !== null && link?.connected() === true,
    carries: () => client !== null && link?.connected() === true
      && performance.now() - refused_ms > refusal_counts_ms,
    async deliver (service, batches) {
      const delivery = await publisherOf(service).deliver(client, batches)
      refused_ms = delivery.unsent.length > 0 ? performance.now() : -Infinity
      return delivery
    },
    start () {
      const { connection, ...rest } = connectNats({ ...options, onConnect: open })
      link = { connection, ...rest }
      const confirm = (from: string, handler: string, committed: Receipt[]) => {
        // Often the one who waits is in this process; a message is for those that are elsewhere.
        const receipts = publishers.get(from)?.confirm(handler, committed) ?? committed
        if (receipts.length === 0) return
        const confirmation: Confirmation = { handler, receipts }
        connection()?.publish(confirmationsOf(from), JSON.stringify(confirmation))
      }
      const read = createReader(consumers)
      pulls = consumers.map(consumer => startPull({
        consumer, client: () => client, ensureStream: streams.ensure, read, confirm, log }))
    },
    async stopConsuming () {
      await Promise.all(pulls.map(pull => pull.stop()))
    },
    async close () {
      // The last confirmations are worth a round trip.
      if (link?.connected()) await link.connection()?.flush().catch(() => {})
      await link?.close()
    },
  }
}

interface Client {
  connection: NatsConnection
  jetstream: JetStreamClient
  manager: JetStreamManager
}

async function openClient (connection: NatsConnection): Promise<Client> {
  return {
    connection, jetstream: jetstream(connection, { timeout: publish_timeout_ms }),
    manager: await jetstreamManager(connection, { checkAPI: false, timeout: ask_timeout_ms }),
  }
}

/** Hands messages of a subject to a function in turn; what cannot be read is somebody else's. */
async function subscribe (
  connection: NatsConnection, subject: string, hear: (message: Msg) => Promise<void> | void,
  log: Log
): Promise<void> {
  const warn = (error: unknown) =>
    log.warn({ err: error, subject }, 'a message could not be read')
  try {
    for await (const message of connection.subscribe(subject)) {
      await Promise.resolve(message).then(hear).catch(warn)
    }
  } catch (error) {
    warn(error)
  }
}

type Streams = ReturnType<typeof createStreams>

/** Makes the streams that are asked for, once for each connection. */
function createStreams (replicas: number) {
  const made = new Map<string, Promise<string>>()
  return {
    forget: () => made.clear(),
    ensure (manager: JetStreamManager, type: string): Promise<string> {
      const name = streamOf(type)
      const known = made.get(name)
      if (known) return known
      const making = makeStream(manager, name, replicas)
      made.set(name, making)
      making.catch(() => made.delete(name))
      return making
    },
  }
}

/** The server's word for a stream that is there, but otherwise configured. */
const other_configuration = 10_058

async function makeStream (
  manager: JetStreamManager, name: string, replicas: number
): Promise<string> {
  const config = {
    name, subjects: [`${name}.*.*`], retention: RetentionPolicy.Limits,
    storage: StorageType.File, discard: DiscardPolicy.Old, max_age: nanos(max_age_ms),
    max_bytes: max_stream_bytes, duplicate_window: nanos(duplicate_window_ms),
    num_replicas: replicas,
  }
  try {
    await manager.streams.add(config)
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== other_configuration) throw error
    await manager.streams.update(name, config)
  }
  return name
}

type Publisher = ReturnType<typeof createPublisher>

/** The sending half for one service: publishes its events and keeps the book of confirmations. */
function createPublisher (service: string, handlersOf: HandlersOf, streams: Streams, log: Log) {
  let tellLate: ((ids: string[]) => void) | undefined
  const book = createConfirmations(handlersOf, ids => tellLate?.(ids))

  /** @returns what became of each message that was tried */
  async function publish (client: Client, batch: Batch): Promise<Sent[]> {
    const { type, id, ids, body, headers } = await packBatch(service, batch)
    // Known before it is sent: a confirmation may be faster than the server's answer.
    const owed = book.expect({ id, type, ids })
    try {
      await streams.ensure(client.manager, type)
      await client.jetstream.publish(type, body, { msgID: id, headers })
      return [{ ids, owed, as: 'sent' }]
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) return [{ ids, owed, as: 'unsent', error }]
      book.forget(id)
      if (ids.length > 1) {
        return (await Promise.all(halve(batch).map(half => publish(client, half)))).flat()
      }
      // It will be too large the next time, too, and must not hold up others each time.
      log.error({ err: error, event_id: ids[0], type }, 'more than the message server takes')
      const events = eventsOf(JSON.parse(batch.text) as StoredEvent[])
      return [{ ids: rowsOf(events.map(event => event.id)), owed, as: 'failed' }]
    }
  }

  return {
    onLate: (listener: (ids: string[]) => void) => { tellLate = listener },
    confirm: book.confirm,
    async deliver (client: Client | null, batches: Batch[]): Promise<Delivery> {
      if (!client) {
        return { failed: [], unconfirmed: [], unsent: batches.flatMap(({ ids }) => ids) }
      }
      const all = (await Promise.all(batches.map(batch => publish(client, batch)))).flat()
      const of = (fate: Sent['as']) => all.filter(({ as }) => as === fate)
      const unsent = of('unsent').flatMap(({ ids }) => ids)
      if (unsent.length > 0) {
        // The stream may be gone with its store.
        streams.forget()
        const { error } = of('unsent')[0]!
        log.warn({ err: error, service, events: unsent.length }, 'events wait in the outbox')
      }
      const owed = of('sent').flatMap(one => one.owed ?? [])
      const unconfirmed = await book.wait(owed, confirm_wait_ms)
      return { failed: of('failed').flatMap(({ ids }) => ids), unconfirmed, unsent }
    },
  }
}

/** What became of a message. */
interface Sent {
  ids: string[]
  owed: OwedPack | null
  as: 'sent' | 'unsent' | 'failed'
  error?: unknown
}
