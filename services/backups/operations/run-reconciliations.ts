import { mismatchKinds } from '@fermata/contracts/reconciliation'
import { remember } from '@fermata/platform/remember'
import { explain } from '../check-part.ts'
import type { Ctx } from '../context.ts'
import {
  endReconciliation, findLastReconciliation, findOpenReconciliation,
} from '../queries/reconciliations.ts'
import { withLock } from '../queries/lock.ts'
import { askServices, reconcile } from '../reconcile.ts'

/** Makes the comparison that waits, or begins again with the one a killed process left. */
export async function runReconciliations (ctx: Ctx, signal: AbortSignal): Promise<void> {
  if (!await findOpenReconciliation(ctx.db)) return
  await withLock(ctx, 'reconciliation', async () => {
    const run = await findOpenReconciliation(ctx.db)
    if (!run) return
    try {
      const { found: _, ...result } = await reconcile(askServices(ctx), { signal })
      await endReconciliation(ctx.db, run.id, { result })
      const { mismatches, unanswered } = result
      if (mismatches.length === 0 && unanswered.length === 0) return
      const kinds = mismatches.map(({ kind, count }) => `${kind} ${count}`)
      ctx.log.error({ reconciliation_id: run.id, kinds, unanswered }, 'services do not agree')
    } catch (error) {
      // It stays open, and the next start goes on with it.
      if (signal.aborted) return
      ctx.log.error({ err: error, reconciliation_id: run.id }, 'services could not be compared')
      await endReconciliation(ctx.db, run.id, { error: explain(error) })
    }
  })
}

/** A look at metrics is a question for each kind: they share one answer. */
const remember_ms = 2000

/** What the last comparison came to, for who is woken by it. */
export function addReconciliationGauges ({ metrics, db }: Ctx): void {
  const last = remember(remember_ms, () => findLastReconciliation(db))
  for (const kind of mismatchKinds) {
    metrics.gauge('fermata_mismatches', 'What did not agree when services were last compared',
      { service: 'backups', kind },
      async () => (await last())?.result?.mismatches.find(one => one.kind === kind)?.count ?? 0)
  }
  metrics.gauge('fermata_reconciliation_age_seconds', 'Since services were last compared',
    { service: 'backups' }, async () => (await last())?.age_seconds ?? 0)
}
