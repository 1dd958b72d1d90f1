import { createHash } from 'node:crypto'
import { badCredentials, weakPassword } from '@fermata/contracts/auth'
import { tooMany } from '@fermata/contracts/problems'
import { networkOf } from '@fermata/platform/network'
import { Problem } from '@fermata/platform/problem'
import { commonPasswords } from './adapters/common-passwords.ts'
import type { Ctx } from './context.ts'
import {
  countAttempt, forgetAttempts, secondsBlocked, takeBackAttempt,
} from './queries/attempts.ts'
import type { AccountRow } from './queries/accounts.ts'
import { whyWeak, type Owner } from './rules/weak-passwords.ts'

/** Failures after which pauses begin, for one account from one network. */
export const account_failures = 10
/** The same for a network whatever the account: a whole school may share one address. */
export const network_failures = 300
const window_s = 15 * 60
const longest_pause_s = 15 * 60

const keyOf = (...parts: string[]) => createHash('sha256').update(parts.join('\n')).digest()

/**
 * Checks a password and returns its account. What was typed wrong for an account counts against
 * the network it came from alone, so nobody can lock an owner out. An email without an account
 * costs and answers the same.
 * @throws Problem `auth/bad-credentials`; `request/too-many` after too many failures;
 * `request/unavailable` when too many people sign in at once
 */
export async function checkPassword (
  ctx: Ctx, account: AccountRow | undefined, claim: { email: string, password: string, ip: string },
): Promise<AccountRow> {
  const network = networkOf(claim.ip)
  const network_key = keyOf('network', network)
  const account_key = keyOf('account', claim.email, network)
  await admitAttempt(ctx, network_key, network_failures)
  await admitAttempt(ctx, account_key, account_failures).catch(async (error: unknown) => {
    await takeBackAttempt(ctx.db, network_key)
    throw error
  })
  let fits: boolean
  try {
    fits = await ctx.resources.passwords.verify(account?.password_hash ?? null, claim.password)
  } catch (error) {
    // Nobody looked at the password, so it was not a wrong one.
    await takeBackAttempt(ctx.db, account_key)
    await takeBackAttempt(ctx.db, network_key)
    throw error
  }
  if (!fits || !account) throw new Problem(badCredentials)
  await forgetAttempts(ctx.db, account_key)
  await takeBackAttempt(ctx.db, network_key)
  return account
}

async function admitAttempt (ctx: Ctx, key: Buffer, limit: number): Promise<void> {
  if (await countAttempt(ctx.db, { key, limit, window_s, longest_pause_s })) return
  const seconds = await secondsBlocked(ctx.db, key)
  throw new Problem(tooMany, 'Too many wrong passwords; wait a moment before the next try.',
    { headers: { 'retry-after': String(seconds) } })
}

/** @throws Problem `auth/weak-password` */
export async function refuseWeakPassword (password: string, owner: Owner): Promise<void> {
  const reason = whyWeak(password, owner, await commonPasswords())
  if (reason) throw new Problem(weakPassword, reason)
}
