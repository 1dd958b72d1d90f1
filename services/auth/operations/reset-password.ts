import { badLinkToken } from '@fermata/contracts/auth'
import type * as api from '@fermata/contracts/auth'
import { Problem } from '@fermata/platform/problem'
import { reply } from '@fermata/platform/service'
import type { Operation } from '../context.ts'
import { refuseWeakPassword } from '../passwords.ts'
import { placeOf, rememberPlace } from '../places.ts'
import { findLinkAccount } from '../queries/accounts.ts'
import { hashToken } from '../secret-tokens.ts'
import { deviceCookies } from '../sessions.ts'
import { reclaim, useLink } from '../verification.ts'

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
    // The token came by mail, so whoever has it reads that mailbox.
    const { account } = await useLink(tx, 'reset_password', token_hash)
    await reclaim(ctx, tx, account, password_hash, request.id)
    // And may sign in from here at once, even while others guess from everywhere.
    return rememberPlace(tx, account.id, placeOf(request, ctx.settings.PUBLIC_URL))
  })
  return reply(null, { headers: { 'set-cookie': deviceCookies(ctx, device) } })
}
