import { connect, type Socket } from 'node:net'
import type pg from 'pg'

/**
 * Without an answer for so long we look whether the server is there; each look that finds it
 * doubles the pause before the next.
 */
const silence_ms = 5000
const longest_silence_ms = 60_000
/** Two packets that ask for a connection; a server that still takes some answers within that. */
const reached_within_ms = 3000
/** For a new process of the server to say its first word, also on a machine that has much to do. */
const answered_within_ms = 4000
/**
 * Above the 30 s after which the server itself ends a statement: one that is silent for longer is
 * kept by a process that is frozen, though the server is there.
 */
const longest_statement_ms = 35_000

const patient = new WeakSet<object>()

/**
 * Until it is handed back, this connection's statements may take as long as they need: a copy of
 * all rows, whose reader may pause.
 */
export const letTakeItsTime = (client: pg.PoolClient): void => { patient.add(client) }

/**
 * Ends connections to a server that is cut off, or frozen. The system sends a query that vanished
 * on its way again after 0.2 s, 0.4 s, 0.8 s … for a quarter of an hour: for so long its connection
 * is lost to the pool, and when the network is back, whoever waits goes on waiting for as long as
 * it was away. The server may take its time, however, so silence alone is no reason: the query
 * fails, with ETIMEDOUT, when a new connection is not answered either. The system takes one for a
 * frozen server, so it is asked for a first word.
 */
export function endWhenCutOff (pool: pg.Pool): void {
  pool.on('connect', client => {
    const socket = socketOf(client)
    const { host, port } = client as Connected
    socket.on('timeout', () => {
      const waited_ms = socket.timeout!
      void answers(host, port).then(is_there => {
        // It was handed back or handed on meanwhile.
        if (socket.timeout !== waited_ms) return
        if (!is_there || isStuck(client, waited_ms)) socket.destroy(cutOff(host, port))
        else socket.setTimeout(Math.min(2 * waited_ms, longest_silence_ms))
      })
    })
  })
  // Nobody waits for an answer between two borrowers: there the system's own probes do.
  pool.on('acquire', client => {
    patient.delete(client)
    socketOf(client).setTimeout(silence_ms)
  })
  pool.on('release', (_, client) => { socketOf(client).setTimeout(0) })
}

type Connected = pg.Client & pg.PoolClient & { readyForQuery: boolean }

/** With TLS it is the encrypted one. The driver's types name only what every stream has. */
const socketOf = (client: pg.PoolClient) => (client as Connected).connection.stream as Socket

/** Each silence was twice as long as the one before, so all of them together are nearly two. */
const isStuck = (client: pg.PoolClient, waited_ms: number): boolean =>
  !(client as Connected).readyForQuery && !patient.has(client) &&
  2 * waited_ms - silence_ms >= longest_statement_ms

const cutOff = (host: string, port: number) => Object.assign(
  new Error(`The database at ${host}:${port} does not answer`), { code: 'ETIMEDOUT' })

/**
 * "Do you speak TLS?", a question that every PostgreSQL, and every pooler before one, answers with
 * a single letter before it asks who is there.
 */
const first_question = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

function answers (host: string, port: number): Promise<boolean> {
  const place = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }
  return new Promise(resolve => {
    const socket = connect({ ...place, timeout: reached_within_ms })
    const end = (is_there: boolean) => {
      socket.destroy()
      resolve(is_there)
    }
    socket.once('connect', () => {
      socket.setTimeout(answered_within_ms)
      socket.write(first_question)
    })
    socket.once('data', () => end(true))
    for (const failure of ['error', 'end', 'timeout']) socket.once(failure, () => end(false))
  })
}
