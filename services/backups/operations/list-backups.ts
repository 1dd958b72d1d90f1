import type * as api from '@fermata/contracts/backups'
import { pageOf, readCursor } from '@fermata/platform/paging'
import type { Operation } from '../context.ts'
import { presentBackup } from '../present-backup.ts'
import { listNewestFirst } from '../queries.ts'

/** Backups, newest first. */
export const listBackups: Operation<typeof api.listBackups> = async (ctx, { query }) => {
  const limit = query.limit ?? 20
  const after = readCursor<{ id: string }>(query.cursor, ['id'])?.id ?? null
  const rows = await listNewestFirst(ctx.db, { status: query.status, after, limit: limit + 1 })
  return pageOf(rows, limit, row => ({ id: row.id }), presentBackup)
}
