import { badCredentials } from '@fermata/contracts/auth'
import type * as api from '@fermata/contracts/auth'
import { personOf } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { ownAccount } from '../own-account.ts'
import { confirmWithSecondFactor } from '../second-factor.ts'
import { checkPassword, refuseWeakPassword, setPassword } from '../passwords.ts'
import { lockAccount } from '../queries/accounts.ts'
import { deleteLinks } from '../queries/links.ts'
import { endLogins } from '../sessions.ts'

/** Sets a new password and ends every login but the one that asked. */
export const changePassword: Operation<typeof api.changePassword> = async (ctx, request) => {
  const { current_password, new_password } = request.body
  const account = await ownAccount(ctx.db, request.caller)
  await confirmWithSecondFactor(ctx, request.caller, account)
  await checkPassword(ctx, account,
    { email: account.email, password: current_password, from: request })
  await refuseWeakPassword(new_password, account)
  const password_hash = await ctx.resources.passwords.hash(new_password)
  await ctx.transaction(async tx => {
    // Of two changes at once the second knew a password that is no longer the current one.
    const locked = await lockAccount(tx, account.id)
    if (locked?.password_hash !== account.password_hash) throw new Problem(badCredentials)
    await setPassword(ctx, tx, account.id, password_hash, request.id)
    await deleteLinks(tx, account.id, 'reset_password')
    await endLogins(ctx, tx,
      { account_id: account.id, except: personOf(request.caller).login_id }, request.id)
  })
  return null
}
