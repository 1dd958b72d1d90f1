import type * as api from '@fermata/contracts/auth'
import { personOf } from '@fermata/platform/caller'
import { reply } from '@fermata/platform/service'
import type { Operation } from '../context.ts'
import { removedCookies } from '../session-cookies.ts'
import { endLogins } from '../sessions.ts'

/** Ends the login the request came with; its tokens are refused everywhere within a second. */
export const logout: Operation<typeof api.logout> = async (ctx, request) => {
  const { user_id, login_id } = personOf(request.caller)
  await ctx.transaction(tx =>
    endLogins(ctx, tx, { account_id: user_id, id: login_id }, request.id))
  return reply(null, { headers: { 'set-cookie': removedCookies(ctx.settings.PUBLIC_URL) } })
}
