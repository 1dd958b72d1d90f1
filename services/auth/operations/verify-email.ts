import { badLinkToken, proofNeeded } from '@fermata/contracts/auth'
import type * as api from '@fermata/contracts/auth'
import type { Caller } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import type { Ctx, Operation } from '../context.ts'
import { checkPassword, refuseWeakPassword } from '../passwords.ts'
import { findLinkAccount, type AccountRow } from '../queries/accounts.ts'
import { hashToken } from '../secret-tokens.ts'
import { reclaim, useLink, verify } from '../verification.ts'

/**
 * Proves an address. The link shows that somebody reads its mailbox, and no more: whoever
 * registered may be somebody else. So the account must be shown to be the same person's, by the
 * login that asked for the link or by the password; or its mailbox's owner takes it, with a new
 * password.
 */
export const verifyEmail: Operation<typeof api.verifyEmail> = async (ctx, request) => {
  const { token, password, new_password } = request.body
  const token_hash = hashToken(token)
  const owner = await findLinkAccount(ctx.db, 'verify_email', token_hash)
  if (!owner) throw new Problem(badLinkToken)
  if (new_password !== undefined) {
    await takeOver(ctx, owner, { token_hash, new_password, request_id: request.id })
    return null
  }
  const proven = password === undefined
    ? null
    : await checkPassword(ctx, owner, { email: owner.email, password, from: request })
  await ctx.transaction(async tx => {
    const { account, login_id } = await useLink(tx, 'verify_email', token_hash)
    // A password that was changed meanwhile is none of this account any more.
    const is_same_person = proven
      ? proven.password_hash === account.password_hash
      : isLoginOf(request.caller, account, login_id)
    if (!is_same_person) throw new Problem(proofNeeded)
    await verify(ctx, tx, account, request.id)
  })
  return null
}

/**
 * The login that asked, and no other of the account: a page of another site may have signed this
 * browser in to an account that is not its user's.
 */
const isLoginOf = (caller: Caller, account: AccountRow, login_id: string | null) =>
  caller.kind === 'user' && caller.user_id === account.id && caller.login_id === login_id

async function takeOver (
  ctx: Ctx, owner: AccountRow,
  { token_hash, new_password, request_id }: {
    token_hash: Buffer, new_password: string, request_id: string
  },
): Promise<void> {
  // A refused password leaves the link usable for a better one.
  await refuseWeakPassword(new_password, owner)
  const password_hash = await ctx.resources.passwords.hash(new_password)
  await ctx.transaction(async tx => {
    const { account } = await useLink(tx, 'verify_email', token_hash)
    await reclaim(ctx, tx, account, password_hash, request_id)
  })
}
