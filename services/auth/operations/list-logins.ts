import type * as api from '@fermata/contracts/auth'
import { personOf } from '@fermata/platform/caller'
import { pageOf, readCursor } from '@fermata/platform/paging'
import type { Operation } from '../context.ts'
import { listLoginsOf } from '../queries/logins.ts'

/** Where the caller is signed in, newest first. */
export const listLogins: Operation<typeof api.listLogins> = async (ctx, { caller, query }) => {
  const { user_id, login_id } = personOf(caller)
  const after = readCursor<{ id: string }>(query.cursor, ['id'])
  const limit = query.limit ?? 20
  const rows = await listLoginsOf(ctx.db, user_id, after?.id ?? null, limit + 1)
  return pageOf(rows, limit, ({ id }) => ({ id }), ({
    account_id: _account, confirmed_at: _confirmed, ...login
  }) =>
    ({ ...login, is_current: login.id === login_id }))
}
