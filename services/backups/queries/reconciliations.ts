import type { Reconciliation, ReconciliationRun } from '@fermata/contracts/reconciliation'
import type { Db } from '@fermata/platform/database'
import { sql } from 'kysely'
import type { DB } from '../database.ts'

const columns = sql`id, trigger, status, began_at, ended_at, error, mismatch_count, result`
const kept = 100

/**
 * Nothing is inserted while one is open: that one is about to say the same. @returns the open one
 */
export const openReconciliation = async (
  db: Db<DB>, row: { id: string, trigger: ReconciliationRun['trigger'] }
) => {
  await sql`insert into backups.reconciliations (id, trigger) values (${row.id}, ${row.trigger})
    on conflict do nothing`.execute(db)
  return (await findOpenReconciliation(db))!
}

/** The one that waits, or that a killed process left. */
export const findOpenReconciliation = async (db: Db<DB>) => (await sql<ReconciliationRun>`
  select ${columns} from backups.reconciliations where status = 'in_progress'`.execute(db)).rows[0]

export const findLastReconciliation = async (db: Db<DB>) =>
  (await sql<ReconciliationRun & { age_seconds: number }>`
  select ${columns}, extract(epoch from now() - ended_at)::integer as age_seconds
    from backups.reconciliations
   where status = 'completed' order by id desc limit 1`.execute(db)).rows[0]

export const listReconciliationRows = async (db: Db<DB>, after: string | null, limit: number) =>
  (await sql<ReconciliationRun>`
  select ${columns} from backups.reconciliations
   where ${after === null ? sql`true` : sql`id < ${after}::uuid`}
   order by id desc limit ${limit}`.execute(db)).rows

/** Writes down what it came to, and forgets the oldest. */
export async function endReconciliation (
  db: Db<DB>, id: string, came_to: { result: Reconciliation } | { error: string }
): Promise<void> {
  const result = 'result' in came_to ? came_to.result : null
  const count = result && result.mismatches.reduce((sum, one) => sum + one.count, 0)
  await sql`update backups.reconciliations set ended_at = now(),
      status = ${result ? 'completed' : 'failed'}, mismatch_count = ${count},
      error = ${'error' in came_to ? came_to.error : null},
      result = ${result && JSON.stringify(result)}::jsonb
    where id = ${id} and status = 'in_progress'`.execute(db)
  await sql`delete from backups.reconciliations where id in (
    select id from backups.reconciliations where status <> 'in_progress'
     order by id desc offset ${kept})`.execute(db)
}
