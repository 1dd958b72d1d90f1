import { accountReclaimed, badLinkToken, emailVerified, rolesChanged } from '@fermata/contracts/auth'
import { storedAddress } from '@fermata/contracts/mailboxes'
import type { Tx } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import { setPassword } from './passwords.ts'
import {
  findLinkAccount, findRivals, hasAdmin, holdAddress, lockAccount, markVerified, updateRoles,
  type AccountRow,
} from './queries/accounts.ts'
import { deleteLinks, deleteRivalLinks, takeLink, type LinkPurpose } from './queries/links.ts'
import { voidSignIns } from './void-sign-ins.ts'

/** A link that works, held by whoever reads the mailbox of its account's address. */
export interface UsedLink { account: AccountRow, login_id: string | null }

/**
 * Takes a link out of use, with its address and its account held.
 * @throws Problem `auth/bad-link-token`, also when the address is another account's by now
 */
export async function useLink (
  tx: Tx, purpose: LinkPurpose, token_hash: Buffer,
): Promise<UsedLink> {
  const owner = await findLinkAccount(tx, purpose, token_hash)
  if (!owner) throw new Problem(badLinkToken)
  await holdAddress(tx, owner.email)
  const account = await lockAccount(tx, owner.id)
  const link = account && await takeLink(tx, purpose, token_hash)
  if (!link || (await findRivals(tx, account)).has_proven) throw new Problem(badLinkToken)
  return { account, login_id: link.login_id }
}

/**
 * Notes that an address is its owner's and tells the others, once. Its caller has seen two proofs,
 * the mailbox and the account: the login that asked, the password, or a new password.
 */
export async function verify (
  ctx: Ctx, tx: Tx, account: AccountRow, request_id: string,
): Promise<void> {
  const verified = await markVerified(tx, account.id)
  if (verified) {
    await deleteLinks(tx, account.id, 'verify_email')
    await deleteRivalLinks(tx, account.email, account.id)
    await ctx.publish(tx, emailVerified, [{
      user_id: account.id, email: account.email, ...verified,
    }], request_id)
  }
  await appointFirstAdmin(ctx, tx, account, request_id)
}

/**
 * Gives an account to who reads its mailbox, with a new password. Whoever registered with an
 * address that was never proven may have been anybody, so nothing they left there keeps a way in
 * or out.
 */
export async function reclaim (
  ctx: Ctx, tx: Tx, account: AccountRow, password_hash: string, request_id: string,
): Promise<void> {
  await setPassword(ctx, tx, account.id, password_hash, request_id)
  await voidSignIns(ctx, tx, account, request_id)
  if (account.email_verified_at === null) await ctx.publish(tx, accountReclaimed, [{
    user_id: account.id, reclaimed_at: new Date().toISOString(),
  }], request_id)
  await verify(ctx, tx, account, request_id)
}

/** A new installation has nobody who could appoint an administrator; its settings name one. */
async function appointFirstAdmin (
  ctx: Ctx, tx: Tx, account: AccountRow, request_id: string,
): Promise<void> {
  const first = ctx.settings.FERMATA_ADMIN_EMAIL
  if (!first || storedAddress(first) !== account.email) return
  if (await hasAdmin(tx)) return
  const { roles, changed_at } = await updateRoles(tx, account.id, ['admin', ...account.roles])
  await ctx.publish(tx, rolesChanged, [{
    user_id: account.id, roles, changed_at, changed_by: account.id,
  }], request_id)
}
