import type * as api from '@fermata/contracts/events'
import { pageOf, readCursor } from '@fermata/platform/paging'
import type { Operation } from '../context.ts'
import { managedOrganizer } from '../managing.ts'
import { listMembersOf } from '../queries/organizers.ts'

export const listMembers: Operation<typeof api.listMembers> = async (ctx, request) => {
  const { params, query, caller } = request
  const limit = query.limit ?? 20
  const { id } = await managedOrganizer(ctx, caller, params.id)
  const after = readCursor<{ user_id: string }>(query.cursor, ['user_id'])
  const rows = await listMembersOf(ctx.db, id, after?.user_id ?? null, limit + 1)
  return pageOf(rows, limit, ({ user_id }) => ({ user_id }), row => row)
}
