import type * as api from '@fermata/contracts/reconciliation'
import { pageOf, readCursor } from '@fermata/platform/paging'
import type { Operation } from '../context.ts'
import { listReconciliationRows } from '../queries/reconciliations.ts'

/** Comparisons, newest first. */
export const listReconciliations: Operation<typeof api.listReconciliations> = async (
  ctx, { query }
) => {
  const limit = query.limit ?? 20
  const after = readCursor<{ id: string }>(query.cursor, ['id'])?.id ?? null
  const rows = await listReconciliationRows(ctx.db, after, limit + 1)
  return pageOf(rows, limit, ({ id }) => ({ id }), row => row)
}
