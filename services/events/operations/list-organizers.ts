import type * as api from '@fermata/contracts/events'
import { personOf } from '@fermata/platform/caller'
import { pageOf, readCursor } from '@fermata/platform/paging'
import type { Operation } from '../context.ts'
import { listOrganizersOf } from '../queries/organizers.ts'

/**
 * The caller's organisers, oldest first; an administrator's too, who may act for others but is not
 * their member.
 */
export const listOrganizers: Operation<typeof api.listOrganizers> = async (ctx, request) => {
  const { query, caller } = request
  const limit = query.limit ?? 20
  const after = readCursor<{ id: string }>(query.cursor, ['id'])
  const rows = await listOrganizersOf(ctx.db, personOf(caller).user_id, after?.id ?? null, limit +
    1)
  return pageOf(rows, limit, ({ id }) => ({ id }), row => row)
}
