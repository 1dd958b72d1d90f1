import { setTimeout as pause } from 'node:timers/promises'
import type { Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import type { Ctx } from '../context.ts'

/** What one process at a time is at: a backup, check or restore; a comparison. */
export type Work = 'backups' | 'reconciliation'

/** One for the whole database; whoever dies lets go of it. */
const keyOf = (what: Work) => sql`hashtextextended(${`fermata ${what}`}, 0)`

/**
 * A backup is seen to be completed a moment before its lock is let go: that moment is no reason to
 * refuse.
 */
async function patiently (ask: () => Promise<boolean>): Promise<boolean> {
  for (let attempt = 1; attempt <= 5; attempt++) {
    if (await ask()) return true
    await pause(40)
  }
  return false
}

/**
 * Runs `work` unless another process is at it; undefined then. The lock belongs to a connection, so
 * no kill leaves it behind.
 */
export const withLock = <T>(
  ctx: Pick<Ctx, 'db'>, what: Work, work: () => Promise<T>
): Promise<{ result: T } | undefined> => ctx.db.connection().execute(async connection => {
  const taken = await patiently(async () => (await sql<{ taken: boolean }>`
    select pg_try_advisory_lock(${keyOf(what)}) as taken`.one(connection)).taken)
  if (!taken) return undefined
  try {
    return { result: await work() }
  } finally {
    await sql`select pg_advisory_unlock(${keyOf(what)})`.run(connection)
  }
})

/** Whether nothing is at work; nothing can begin before the transaction ends. */
export const isIdle = (tx: Tx) => patiently(async () => (await sql<{ taken: boolean }>`
  select pg_try_advisory_xact_lock(${keyOf('backups')}) as taken`.one(tx)).taken)
