import type { Socket } from 'node:net'
import { startDatabaseGate, type DatabaseGate } from '@fermata/testkit/database-gate'

/**
 * Connections to PostgreSQL that break exactly at a COMMIT: before the server has read it, so that
 * it rolls back, or after it has committed and before anybody hears of it.
 */

export type Cut = 'before' | 'after'

export interface CommitCutter extends DatabaseGate {
  /** Breaks the next commit of that kind of connection. */
  cutNext: (cut: Cut) => void
  cuts: Record<Cut, number>
}

/** As a driver sends it: a simple query, its length, its text. */
const commit = Buffer.from('Q\0\0\0\x0bcommit\0', 'latin1')
const committed = Buffer.from('COMMIT\0', 'latin1')
const rolled_back = Buffer.from('ROLLBACK\0', 'latin1')

/** @param application_name of the connections that may be cut; others pass */
export async function startCommitCutter (
  database_url: string, application_name: string
): Promise<CommitCutter> {
  const cuts = { before: 0, after: 0 }
  let next: Cut | null = null

  function join (inner: Socket, outer: Socket): void {
    let is_meant: boolean | undefined
    let is_awaited = false
    const cut = (kind: Cut) => {
      cuts[kind]++
      inner.destroy()
      outer.destroy()
    }
    inner.on('data', (chunk: Buffer) => {
      // The first message names who connects.
      is_meant ??= chunk.includes(`${application_name}\0`)
      const at = is_meant && next !== null ? chunk.indexOf(commit) : -1
      if (at === -1) {
        outer.write(chunk)
        return
      }
      const kind = next!
      next = null
      if (kind === 'before') {
        outer.write(chunk.subarray(0, at), () => { cut('before') })
        return
      }
      is_awaited = true
      outer.write(chunk)
    })
    outer.on('data', (chunk: Buffer) => {
      if (is_awaited && chunk.includes(committed)) {
        cut('after')
        return
      }
      if (is_awaited && chunk.includes(rolled_back)) is_awaited = false
      inner.write(chunk)
    })
  }

  const gate = await startDatabaseGate(database_url, join)
  return { ...gate, cuts, cutNext: kind => { next = kind } }
}
