import type { EventEmitter } from 'node:events'
import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import { endWhenCutOff } from './cut-off.ts'

export interface DatabaseOptions {
  url: string
  /** Connections at most; each costs the server about 5 MB and a process. */
  max_connections: number
  /** Shown in pg_stat_activity. */
  application_name: string
  /**
   * Queries of one connection are sent without waiting for the answer before; each still fails for
   * itself.
   */
  pipeline?: boolean
  /** Whatever is asked by these connections, nothing is changed. */
  read_only?: boolean
}

const oid = { int8: 20, timestamptz: 1184, numeric: 1700 }

/**
 * Rows carry what JSON carries: 64-bit integers as numbers (money and counts stay below 2^53,
 * `Minor` is bounded) and moments as RFC 3339 text in UTC with milliseconds.
 */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((id: number, format?: 'text' | 'binary') => {
    if (id === oid.int8 || id === oid.numeric) return Number
    if (id === oid.timestamptz) return (text: string) => new Date(text).toISOString()
    return pg.types.getTypeParser(id, format)
  }) as pg.CustomTypesConfig['getTypeParser'],
}

/** Between two statements of a transaction we work for milliseconds; who does not is frozen. */
const idle_in_transaction_ms = 10_000

/**
 * What a client holds that is cut off, above all the lock of an event, others wait for: after five
 * seconds the server lets go of it, or of its statement one second later. Without effect on a Unix
 * socket; the last is unknown to Windows.
 */
const give_up_on_clients = [
  'tcp_user_timeout=5000', 'tcp_keepalives_idle=3', 'tcp_keepalives_interval=1',
  'tcp_keepalives_count=2',
  ...process.platform === 'win32' ? [] : ['client_connection_check_interval=1000'],
].map(setting => `-c ${setting}`).join(' ')

/**
 * A lock held this long is stuck, and who waits fails with SQLSTATE 55P03. Twice this is shorter
 * than those five seconds, for a row is waited for twice: for the place at the head of its line,
 * then for its holder. Who is cut off together with the holder must not get the lock in its turn,
 * and hold it for as long again.
 */
const lock_timeout_ms = 2400

/**
 * A new connection, or the next that is free. Whoever asks is answered sooner (deadline.ts), but a
 * start on a machine that has much to do needs seconds for its first.
 */
const connected_within_ms = 7000

/** A pool that gives up on a stuck statement or a lost server instead of waiting for ever. */
export function createPool (options: DatabaseOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max_connections,
    application_name: options.application_name,
    connectionTimeoutMillis: connected_within_ms,
    idleTimeoutMillis: 30_000,
    // No statement of ours needs longer; a lost lock or plan must not hold a connection for ever.
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: idle_in_transaction_ms,
    options: options.read_only
      ? `${give_up_on_clients} -c default_transaction_read_only=on` : give_up_on_clients,
    keepAlive: true,
    keepAliveInitialDelayMillis: 3000,
    lock_timeout: lock_timeout_ms,
    pipeline: options.pipeline,
    types,
  })
  // A server restart breaks idle connections; the pool replaces them, and an unhandled 'error'
  // would end the process.
  pool.on('error', () => {})
  pool.on('connect', client => {
    client.on('error', () => {})
    const { connection } = client as pg.Client & pg.PoolClient
    // The driver's types know no events of a connection.
    const told = connection as unknown as EventEmitter
    told.on('errorMessage', ({ code }: { code?: string }) => {
      if (cannotWriteStates.has(code!)) could_not_write_at_ms = performance.now()
    })
  })
  endWhenCutOff(pool)
  return pool
}

/** Disk full, or an error of the disk; a server that was made read-only. */
const cannotWriteStates = new Set(['53100', '58030', '25006'])
let could_not_write_at_ms = -Infinity
const believed_ms = 5000

/**
 * Whether a database of this process has just said that it cannot write: then it still answers
 * questions, and no order.
 */
export const couldNotWrite = () => performance.now() < could_not_write_at_ms + believed_ms

export const createDatabase = (pool: pg.Pool): Db =>
  new Kysely({ dialect: new PostgresDialect({ pool }) })

/** What is asked of either is written with `sql` (sql.ts). */
export type Tx = Transaction<any>
export type Db = Kysely<any>

/** One connection of a service's pool, for hot paths whose statements are prepared by name. */
export type Client = pg.PoolClient

/** True for an error of the server with this SQLSTATE, e.g. `23505` (unique violation). */
export const isSqlState = (error: unknown, state: string) =>
  error instanceof Error && (error as { code?: string }).code === state

/** What the server and its driver say when it is away, starting, full, or out of connections. */
const awayCodes = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN',
  '57P01', '57P02', '57P03', '53300', '53100', '58030', '25006', '08006', '08001', '25P03',
])
const awayMessage = /Connection terminated|timeout exceeded when trying to connect|not queryable/

/** True when the database could not be asked, as opposed to having said no. */
export const isDatabaseAway = (error: unknown) =>
  error instanceof Error && (
    awayCodes.has((error as { code?: string }).code ?? '') || awayMessage.test(error.message)
  )

/** A name with several addresses fails with one error for each, and none of its own. */
const reasonOf = (error: unknown) =>
  (error as Error).message || String((error as { code?: string }).code)

/**
 * What a start says that finds no database: a sentence for whoever set its address.
 * @param which of a service, or at an address
 * @returns any other error as it is
 */
export const explainAway = (which: string, error: unknown): unknown => isDatabaseAway(error)
  ? new Error(`The database ${which} does not answer: ${reasonOf(error)}. Start it, or correct `
    + 'DATABASE_URL.', { cause: error })
  : error

/**
 * What a row was to refer to has just been removed, e.g. an account between the look at it and the
 * writing of what belongs to it.
 */
export const hasLostItsParent = (error: unknown) => isSqlState(error, '23503') &&
  (error as Error).message.startsWith('insert or update')

export const lock_not_available = '55P03'

/** True when somebody else held a lock for too long. */
export const isLockTaken = (error: unknown) => isSqlState(error, lock_not_available)

/**
 * Deadlock, serialization failure, a lock or statement that took too long: the same may pass a
 * moment later.
 */
const contentionStates = ['40P01', '40001', '55P03', '57014']

export const isContention = (error: unknown) =>
  contentionStates.some(state => isSqlState(error, state))
