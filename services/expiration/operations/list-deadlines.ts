import type * as api from '@fermata/contracts/expiration'
import { pageOf, readCursor } from '@fermata/platform/paging'
import type { Operation } from '../context.ts'
import { listDueFirst, type DeadlineRow } from '../queries.ts'

/** What is due, soonest first, for administrators. */
export const listDeadlines: Operation<typeof api.listDeadlines> = async (ctx, { query }) => {
  const after = readCursor<{ due_at: string, subject_id: string }>(
    query.cursor, ['due_at', 'subject_id'])
  const rows = await listDueFirst(ctx.db, { ...query, after, limit: query.limit! + 1 })
  const positionOf = ({ due_at, subject_id }: DeadlineRow) => ({ due_at, subject_id })
  return pageOf(rows, query.limit!, positionOf, row => row)
}
