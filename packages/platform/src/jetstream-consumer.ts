import {
  AckPolicy, DeliverPolicy, JetStreamApiError, type ConsumerConfig, type ConsumerMessages,
  type JetStreamClient, type JetStreamManager, type JsMsg,
} from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Receipt } from './confirmations.ts'
import type { Consumer } from './consumer.ts'
import type { Pack } from './jetstream-packs.ts'
import type { Log } from './log.ts'

/** One transaction's worth of events. */
const batch_size = 500
/** Packs a consumer may have in hand, over all its processes; the server keeps the rest. */
const max_in_hand = 20
/**
 * Events of a process that was killed come again after this. Whoever still works on one says so in
 * time, so a slow handler is not a dead one.
 */
const ack_wait_ms = 5000
const still_working_ms = 2000
/** The longest pause before what failed comes again. */
const max_pause_ms = 60_000
const recover_ms = 500

export interface PullOptions {
  consumer: Consumer
  /** The connection of now; asked again after each loss. */
  client: () => { jetstream: JetStreamClient, manager: JetStreamManager } | null
  /** Makes the stream where it is missing. */
  ensureStream: (manager: JetStreamManager, type: string) => Promise<string>
  read: (message: JsMsg) => Promise<Pack>
  /** Tells the publishers that the effects of packs are committed. */
  confirm: (from: string, handler: string, receipts: Receipt[]) => void
  log: Log
}

export interface Pull {
  /** The server may have forgotten us: ask it anew. */
  renew (): void
  stop (): Promise<void>
}

interface Taken { message: JsMsg, pack: Pack }

/** A name of a durable consumer: one for each service, handler and event. */
export const durableName = ({ name, type }: Pick<Consumer, 'name' | 'type'>) =>
  `${name}--${type}`.replaceAll('.', '_')

/**
 * Takes one handler's events from its durable consumer. What arrives while a batch is being handled
 * is the next batch, so a busy handler gets large ones. An event is acknowledged after its
 * transaction has committed, and not before.
 */
export function startPull (options: PullOptions): Pull {
  const { consumer, client, ensureStream, read, confirm, log } = options
  const received: JsMsg[] = []
  let messages: ConsumerMessages | undefined
  let stopping = false
  let wakeUp: (() => void) | undefined

  const stopMessages = () => {
    messages?.stop()
    messages = undefined
  }

  function receive (message: JsMsg): void {
    received.push(message)
    wakeUp?.()
  }

  /** The packs that arrived first, about a transaction's worth of events. */
  async function takeBatch (): Promise<Taken[]> {
    const batch: Taken[] = []
    for (let events = 0; received.length > 0 && events < batch_size;) {
      const message = received.shift()!
      try {
        const pack = await read(message)
        batch.push({ message, pack })
        events += pack.events.length
      } catch (error) {
        // Nobody of ours sends such a thing, and it will not read better the next time.
        log.error({ err: error, type: consumer.type }, 'a message is no event')
        message.term()
      }
    }
    return batch
  }

  async function receiveAll (): Promise<void> {
    const now = client()
    if (!now) return
    const stream = await ensureStream(now.manager, consumer.type)
    const durable = durableName(consumer)
    await makeConsumer(now.manager, stream, {
      durable_name: durable, filter_subject: consumer.type, ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All, ack_wait: nanos(ack_wait_ms), max_deliver: -1,
      max_ack_pending: max_in_hand,
    })
    const found = await now.jetstream.consumers.get(stream, durable)
    if (stopping) return
    messages = await found.consume({
      max_messages: max_in_hand, expires: 30_000, idle_heartbeat: 5000,
      abort_on_missing_resource: true, callback: receive,
    })
    await messages.closed()
  }

  async function keepReceiving (): Promise<void> {
    while (!stopping) {
      try {
        await receiveAll()
      } catch (error) {
        log.debug({ err: error, type: consumer.type }, 'consumer will ask again')
      }
      stopMessages()
      if (!stopping) await sleep(recover_ms)
    }
  }

  async function keepHandling (): Promise<void> {
    while (!stopping) {
      const batch = await takeBatch()
      if (batch.length > 0) await handle(batch).catch((error: unknown) => {
        // Neither confirmed nor acknowledged, so it all comes again.
        log.warn({ err: error, type: consumer.type }, 'a batch was handled, but not acknowledged')
      })
      else await somethingToDo()
    }
    // Another process, or our next start, need not wait until we count as dead.
    for (const message of received.splice(0)) message.nak()
  }

  const somethingToDo = () => new Promise<void>(resolve => {
    wakeUp = resolve
    if (stopping || received.length > 0) resolve()
  })

  async function handle (batch: Taken[]): Promise<void> {
    const alive = setInterval(() => {
      for (const message of [...batch.map(one => one.message), ...received]) message.working()
    }, still_working_ms)
    try {
      const failed = new Set(await consumer.consume(batch.flatMap(({ pack }) => pack.events)))
      const failedOf = ({ events }: Pack) => failed.size === 0 ? []
        : events.flatMap(({ id }) => failed.has(id) ? id : [])
      for (const [from, part] of Map.groupBy(batch, one => one.pack.from)) {
        confirm(from, consumer.name, part.map(({ pack }) =>
          ({ pack: pack.id, failed: failedOf(pack) })))
      }
      for (const { message, pack } of batch) {
        // With what failed its neighbours come again, whom the inbox knows.
        if (failedOf(pack).length === 0) message.ack()
        else message.nak(pauseAfter(message.info.deliveryCount))
      }
    } finally {
      clearInterval(alive)
    }
  }

  const running = Promise.all([keepReceiving(), keepHandling()])
  return {
    renew: stopMessages,
    async stop () {
      stopping = true
      stopMessages()
      wakeUp?.()
      await running
    },
  }
}

/** The server's word, from 2.10 on, for a consumer that is there, but otherwise configured. */
const other_configuration = 10_148

/** Another version of ours may have made it with other limits. */
async function makeConsumer (
  manager: JetStreamManager, stream: string,
  config: Partial<ConsumerConfig> & { durable_name: string }
): Promise<void> {
  try {
    await manager.consumers.add(stream, config)
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== other_configuration) throw error
    await manager.consumers.update(stream, config.durable_name, config)
  }
}

/** 1 s, 2 s, 4 s … up to a minute. */
const pauseAfter = (deliveries: number) =>
  Math.min(max_pause_ms, 1000 * 2 ** Math.min(deliveries - 1, 10))
