import { badCredentials, passwordChanged, weakPassword } from '@fermata/contracts/auth'
import type { Tx } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import type { Request } from '@fermata/platform/service'
import { commonPasswords } from './adapters/common-passwords.ts'
import type { Ctx } from './context.ts'
import { countGuess } from './guesses.ts'
import { placeOf } from './places.ts'
import { updatePassword, type AccountRow } from './queries/accounts.ts'
import { whyWeak, type Owner } from './rules/weak-passwords.ts'

export interface PasswordClaim {
  email: string
  password: string
  /** Where the guess comes from. */
  from: Pick<Request, 'ip' | 'headers'>
}

/**
 * Checks a password and returns its account. An email without an account costs and answers the
 * same.
 * @throws Problem `auth/bad-credentials`; `request/too-many` after too many failures;
 * `request/unavailable` when too many people sign in at once
 */
export async function checkPassword (
  ctx: Ctx, account: AccountRow | undefined, { email, password, from }: PasswordClaim,
): Promise<AccountRow> {
  const claim = { email, account_id: account?.id, place: placeOf(from, ctx.settings.PUBLIC_URL) }
  const fits = await countGuess(ctx, 'password', claim, () =>
    ctx.resources.passwords.verify(account?.password_hash ?? null, password))
  if (!fits || !account) throw new Problem(badCredentials)
  return account
}

/** @throws Problem `auth/weak-password` */
export async function refuseWeakPassword (password: string, owner: Owner): Promise<void> {
  const reason = whyWeak(password, owner, await commonPasswords())
  if (reason) throw new Problem(weakPassword, reason)
}

/** Sets it, and tells that it was: no restore may make the one of before work again. */
export async function setPassword (
  ctx: Ctx, tx: Tx, user_id: string, password_hash: string, request_id?: string,
): Promise<void> {
  const { changed_at } = await updatePassword(tx, user_id, password_hash)
  await ctx.publish(tx, passwordChanged, [{ user_id, changed_at }], request_id)
}
