import type * as api from '@fermata/contracts/auth'
import { notFound } from '@fermata/contracts/problems'
import { personOf } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import { reply } from '@fermata/platform/service'
import type { Operation } from '../context.ts'
import { removedCookies } from '../session-cookies.ts'
import { endLogins } from '../sessions.ts'

/** Ends one of the caller's logins: a phone that was lost, a library's computer. */
export const endLogin: Operation<typeof api.endLogin> = async (ctx, request) => {
  const { user_id, login_id } = personOf(request.caller)
  const { id } = request.params
  const ended = await ctx.transaction(tx =>
    endLogins(ctx, tx, { account_id: user_id, id }, request.id))
  if (ended === 0) throw new Problem(notFound)
  if (id !== login_id) return null
  return reply(null, { headers: { 'set-cookie': removedCookies(ctx.settings.PUBLIC_URL) } })
}

/** Ends all of the caller's logins but the one that asks. */
export const endOtherLogins: Operation<typeof api.endOtherLogins> = async (ctx, request) => {
  const { user_id, login_id } = personOf(request.caller)
  await ctx.transaction(tx =>
    endLogins(ctx, tx, { account_id: user_id, except: login_id }, request.id))
  return null
}
