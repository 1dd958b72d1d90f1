import { badLinkToken } from '@fermata/contracts/auth'
import type * as api from '@fermata/contracts/auth'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { findLinkAccount, lockAccount } from '../queries/accounts.ts'
import { takeLinkToken } from '../queries/links.ts'
import { hashToken } from '../secret-tokens.ts'
import { verify } from '../verification.ts'

/** Proves an address with the token of the mail. */
export const verifyEmail: Operation<typeof api.verifyEmail> = async (ctx, request) => {
  const token_hash = hashToken(request.body.token)
  await ctx.transaction(async tx => {
    const owner = await findLinkAccount(tx, 'verify_email', token_hash)
    const account = owner && await lockAccount(tx, owner.id)
    const taken = account && await takeLinkToken(tx, 'verify_email', token_hash)
    if (!taken) throw new Problem(badLinkToken)
    await verify(ctx, tx, account, request.id)
  })
  return null
}
