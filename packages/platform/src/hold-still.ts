import { PassThrough, pipeline, Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { holdTaken, type Held } from '@fermata/contracts/platform'
import { createDatabase, createPool, isLockTaken, type Tx } from './database.ts'
import { closeEffectsGate, exportSnapshot, readDatabaseIdentity } from './message-queries.ts'
import { Problem } from './problem.ts'

/** Whoever asked may be gone without a word, and effects are not to wait longer than this. */
const most_ms = 2000

export interface HoldOptions {
  /** Of a role that may connect; what is held is a lock or a snapshot, and no table. */
  url: string
  schema: string
  /**
   * `effects`: no effects of events are committed in the service meanwhile. `snapshot`: others can
   * see the database as it is now.
   */
  what: 'effects' | 'snapshot'
}

/**
 * Holds for as long as the stream is read, and two seconds at most. The first line says that it
 * does. Of a stream that ends by itself what was held is lost, and so is what was built on it.
 */
export function holdStill (options: HoldOptions): Readable {
  const let_go = new AbortController()
  const stream = new PassThrough()
  // A generator that waits hears of no end; whoever reads ends this stream, and that wakes it.
  stream.once('close', () => let_go.abort())
  pipeline(Readable.from(hold(options, let_go.signal), { objectMode: false }), stream, () => {})
  return stream
}

async function * hold (options: HoldOptions, signal: AbortSignal): AsyncGenerator<Buffer> {
  const { url, schema, what } = options
  const pool = createPool({ url, max_connections: 1, application_name: `fermata-hold-${schema}` })
  const db = createDatabase(pool)
  const level = what === 'effects' ? 'read committed' : 'repeatable read'
  try {
    const tx = await db.startTransaction().setIsolationLevel(level).execute()
    try {
      const held = await begin(tx, options).catch((error: unknown) => {
        throw isLockTaken(error) ? new Problem(holdTaken) : error
      })
      yield Buffer.from(`${JSON.stringify(held)}\n`)
      await sleep(most_ms, undefined, { signal }).catch(() => undefined)
    } finally {
      await tx.rollback().execute()
    }
  } finally {
    await db.destroy()
  }
}

async function begin (tx: Tx, { schema, what }: HoldOptions): Promise<Held> {
  if (what === 'effects') await closeEffectsGate(tx, schema)
  const snapshot = what === 'snapshot' ? await exportSnapshot(tx) : null
  return { held: true, database: await readDatabaseIdentity(tx), snapshot }
}
