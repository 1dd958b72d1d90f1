import type * as api from '@fermata/contracts/events'
import { pageOf, readCursor } from '@fermata/platform/paging'
import type { Operation } from '../context.ts'
import { managerOf } from '../managing.ts'
import { listOrganizersOf } from '../queries/organizers.ts'

/** The caller's organisers, oldest first; all of them for an administrator. */
export const listOrganizers: Operation<typeof api.listOrganizers> = async (ctx, request) => {
  const { query, caller } = request
  const limit = query.limit ?? 20
  const after = readCursor<{ id: string }>(query.cursor, ['id'])
  const manager = managerOf(caller)
  const rows = manager ? await listOrganizersOf(ctx.db, manager, after?.id ?? null, limit + 1) : []
  return pageOf(rows, limit, ({ id }) => ({ id }), row => row)
}
