import { connect, type Socket } from 'node:net'
import type pg from 'pg'

/**
 * Without an answer for so long we look whether the server can be reached; each look that finds it
 * doubles the pause before the next.
 */
const silence_ms = 5000
const longest_silence_ms = 60_000
/** Two packets that ask for a connection; a server that still takes some answers within that. */
const reached_within_ms = 3000

/**
 * Ends connections to a server that is cut off. The system sends a query that vanished on its way
 * again after 0.2 s, 0.4 s, 0.8 s … for a quarter of an hour: for so long its connection is lost to
 * the pool, and when the network is back, whoever waits goes on waiting for as long as it was away.
 * The server may take its time, however, so silence alone is no reason: the query fails, with
 * ETIMEDOUT, when nobody there takes a new connection either.
 */
export function endWhenCutOff (pool: pg.Pool): void {
  pool.on('connect', client => {
    const socket = cableOf(client)
    const { host, port } = client as pg.Client & pg.PoolClient
    socket?.on('timeout', () => {
      const waited_ms = socket.timeout!
      void canReach(host, port).then(is_there => {
        // It was handed back or handed on meanwhile.
        if (socket.timeout !== waited_ms) return
        if (!is_there) socket.destroy(cutOff(host, port))
        else socket.setTimeout(Math.min(2 * waited_ms, longest_silence_ms))
      })
    })
  })
  // Nobody waits for an answer between two borrowers: there the system's own probes do.
  pool.on('acquire', client => { cableOf(client)?.setTimeout(silence_ms) })
  pool.on('release', (_, client) => { cableOf(client)?.setTimeout(0) })
}

/** Null for a Unix socket, which no cable can be pulled out of. With TLS it is the encrypted one. */
function cableOf (client: pg.PoolClient): Socket | null {
  const { host, connection } = client as pg.Client & pg.PoolClient
  // The driver's types name only what every stream has.
  return host.startsWith('/') ? null : connection.stream as Socket
}

const cutOff = (host: string, port: number) => Object.assign(
  new Error(`The database at ${host}:${port} cannot be reached`), { code: 'ETIMEDOUT' })

function canReach (host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: reached_within_ms })
    const end = (is_there: boolean) => {
      socket.destroy()
      resolve(is_there)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}
