import type { Reconciliation, ReconciliationRun } from '@fermata/contracts/reconciliation'
import type { Db } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

const columns = sql`id, trigger, status, began_at, ended_at, error, mismatch_count, result`
const kept = 100

/**
 * Nothing is inserted while one is open: that one is about to say the same. @returns the open one
 */
export const openReconciliation = async (
  db: Db, row: { id: string, trigger: ReconciliationRun['trigger'] }
) => {
  await sql`insert into backups.reconciliations (id, trigger) values (${row.id}, ${row.trigger})
    on conflict do nothing`.run(db)
  return (await findOpenReconciliation(db))!
}

/** The one that waits, or that a killed process left. */
export const findOpenReconciliation = (db: Db) => sql<ReconciliationRun>`
  select ${columns} from backups.reconciliations where status = 'in_progress'`.first(db)

export const findLastReconciliation = (db: Db) =>
  sql<ReconciliationRun & { age_seconds: number }>`
  select ${columns}, extract(epoch from now() - ended_at)::integer as age_seconds
    from backups.reconciliations
   where status = 'completed' order by id desc limit 1`.first(db)

export const listReconciliationRows = (db: Db, after: string | null, limit: number) =>
  sql<ReconciliationRun>`
  select ${columns} from backups.reconciliations
   where ${after === null ? sql`true` : sql`id < ${after}::uuid`}
   order by id desc limit ${limit}`.rows(db)

/** Writes down what it came to, and forgets the oldest. */
export async function endReconciliation (
  db: Db, id: string, came_to: { result: Reconciliation } | { error: string }
): Promise<void> {
  const result = 'result' in came_to ? came_to.result : null
  const count = result && result.mismatches.reduce((sum, one) => sum + one.count, 0)
  await sql`update backups.reconciliations set ended_at = now(),
      status = ${result ? 'completed' : 'failed'}, mismatch_count = ${count},
      error = ${'error' in came_to ? came_to.error : null},
      result = ${result && JSON.stringify(result)}::jsonb
    where id = ${id} and status = 'in_progress'`.run(db)
  await sql`delete from backups.reconciliations where id in (
    select id from backups.reconciliations where status <> 'in_progress'
     order by id desc offset ${kept})`.run(db)
}
