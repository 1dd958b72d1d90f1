import { badLinkToken } from '@fermata/contracts/auth'
import type * as api from '@fermata/contracts/auth'
import { Problem } from '@fermata/platform/problem'
import { reply } from '@fermata/platform/service'
import type { Operation } from '../context.ts'
import { refuseWeakPassword } from '../passwords.ts'
import { placeOf, rememberPlace } from '../places.ts'
import { findLinkAccount, lockAccount, updatePassword } from '../queries/accounts.ts'
import { takeLinkToken } from '../queries/links.ts'
import { hashToken } from '../secret-tokens.ts'
import { deviceCookies, endLogins } from '../sessions.ts'
import { verify } from '../verification.ts'

/** Sets a new password with the token of the mail, and ends all logins. */
export const resetPassword: Operation<typeof api.resetPassword> = async (ctx, request) => {
  const { token, new_password } = request.body
  const token_hash = hashToken(token)
  const owner = await findLinkAccount(ctx.db, 'reset_password', token_hash)
  if (!owner) throw new Problem(badLinkToken)
  // A refused password leaves the link usable for a better one.
  await refuseWeakPassword(new_password, owner)
  const password_hash = await ctx.resources.passwords.hash(new_password)
  const device = await ctx.transaction(async tx => {
    const account = await lockAccount(tx, owner.id)
    const taken = account && await takeLinkToken(tx, 'reset_password', token_hash)
    if (!taken) throw new Problem(badLinkToken)
    await updatePassword(tx, account.id, password_hash)
    await endLogins(ctx, tx, { account_id: account.id }, request.id)
    // The token came by mail, so whoever has it reads that mailbox.
    await verify(ctx, tx, account, request.id)
    // And may sign in from here at once, even while others guess from everywhere.
    return rememberPlace(tx, account.id, placeOf(request, ctx.settings.PUBLIC_URL))
  })
  return reply(null, { headers: { 'set-cookie': deviceCookies(ctx, device) } })
}
