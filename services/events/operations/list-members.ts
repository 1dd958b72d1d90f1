import type * as api from '@fermata/contracts/events'
import { pageOf, readCursor } from '@fermata/platform/paging'
import type { Operation } from '../context.ts'
import { managedOrganizer } from '../managing.ts'
import { presentMember } from '../members.ts'
import { listMembersOf } from '../queries/members.ts'

/** Who works for an organiser, first come first. */
export const listMembers: Operation<typeof api.listMembers> = async (ctx, request) => {
  const { params, query, caller } = request
  const limit = query.limit ?? 20
  const { id } = await managedOrganizer(ctx, caller, params.id)
  const after = readCursor<{ added_at: string, id: string }>(query.cursor, ['added_at', 'id'])
  const rows = await listMembersOf(ctx.db, id, after, limit + 1)
  return pageOf(rows, limit, row => ({ added_at: row.added_at, id: row.id }),
    row => presentMember(row, caller))
}
