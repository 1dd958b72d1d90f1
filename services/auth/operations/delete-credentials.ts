import type * as api from '@fermata/contracts/auth'
import { reply } from '@fermata/platform/service'
import { endAccount } from '../account-end.ts'
import type { Operation } from '../context.ts'
import { ownAccount } from '../own-account.ts'
import { confirmWithSecondFactor } from '../second-factor.ts'
import { checkPassword } from '../passwords.ts'
import { removedCookies } from '../session-cookies.ts'

/** Deletes the caller's account; the password proves that it is not a borrowed browser. */
export const deleteCredentials: Operation<typeof api.deleteCredentials> = async (ctx, request) => {
  const account = await ownAccount(ctx.db, request.caller)
  await confirmWithSecondFactor(ctx, request.caller, account)
  await checkPassword(ctx, account,
    { email: account.email, password: request.body.password, from: request })
  await ctx.transaction(tx => endAccount(ctx, tx, account.id, request.id))
  return reply(null, { headers: { 'set-cookie': removedCookies(ctx.settings.PUBLIC_URL) } })
}
