import { connect, type NatsConnection } from '@nats-io/transport-node'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from './log.ts'

/** How long we wait before we ask a server that was away again; jitter of the client's comes on top. */
const retry_ms = 500
/** A server that does not answer two of these is away. */
const ping_ms = 3000
/** Of one try to connect; the system asks again ever more seldom, a new try asks at once. */
const connect_within_ms = 3000

export interface NatsOptions {
  /** Addresses separated by commas, `nats://user:password@host:4222`; `tls://` where it is encrypted. */
  url: string
  /** Shown in the server's list of connections. */
  name: string
  /** Hears of the first connection and of every one that replaces a lost one. */
  onConnect: (connection: NatsConnection) => Promise<void>
  log: Log
}

export interface NatsLink {
  connected (): boolean
  /** The connection; null until the first one is made. */
  connection (): NatsConnection | null
  close (): Promise<void>
}

/** What the client wants apart: hosts, and who we are. */
function parseAddresses (text: string) {
  const urls = text.split(',').map(one => new URL(one.trim()))
  const first = urls[0]!
  const name = decodeURIComponent(first.username)
  const password = decodeURIComponent(first.password)
  return {
    servers: urls.map(({ host }) => host),
    ...(name && (password ? { user: name, pass: password } : { token: name })),
    ...(first.protocol === 'tls:' && { tls: {} }),
  }
}

/** Connects in the background and for ever: a server that is away at the start is no failure. */
export function connectNats ({ url, name, onConnect, log }: NatsOptions): NatsLink {
  let connection: NatsConnection | null = null
  let is_connected = false
  let closing = false

  function tell (made: NatsConnection): void {
    is_connected = true
    onConnect(made).catch((error: unknown) => {
      log.warn({ err: error }, 'the message server is there, but not as we need it')
    })
  }

  async function follow (made: NatsConnection): Promise<void> {
    for await (const status of made.status()) {
      if (status.type === 'disconnect') {
        is_connected = false
        log.warn('the message server is away; events wait in their outboxes')
      }
      if (status.type === 'reconnect') {
        log.info('the message server is back')
        tell(made)
      }
    }
  }

  async function run (): Promise<void> {
    let said = false
    while (!closing) {
      try {
        connection = await connect({
          ...parseAddresses(url), name, reconnect: true, maxReconnectAttempts: -1,
          reconnectTimeWait: retry_ms, pingInterval: ping_ms, maxPingOut: 2,
          timeout: connect_within_ms,
          // A password that is being changed is a matter of time too.
          ignoreAuthErrorAbort: true,
        })
        // We may have been asked to close while we were connecting.
        if (closing) return await connection.close()
        tell(connection)
        await Promise.race([follow(connection), connection.closed()])
      } catch (error) {
        if (!said) log.warn({ err: error }, 'no message server answers; events wait in their outboxes')
        said = true
      }
      is_connected = false
      if (!closing) await sleep(retry_ms)
    }
  }

  const running = run()
  return {
    connected: () => is_connected,
    connection: () => connection,
    async close () {
      closing = true
      is_connected = false
      await connection?.close()
      await running
    },
  }
}
