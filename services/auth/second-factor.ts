import { challengeOver, secondFactorRequired, wrongProof } from '@fermata/contracts/auth'
import type { PasskeyAssertion, ProofKind, SecondProof } from '@fermata/contracts/auth'
import { invalid } from '@fermata/contracts/problems'
import { requireConfirmed, type Caller } from '@fermata/platform/caller'
import type { Db, Tx } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import type { Request } from '@fermata/platform/service'
import { challengeIn, verifyAssertion } from './adapters/passkeys.ts'
import { stepOfCode } from './adapters/totp.ts'
import { readChallenge, spend, type Purpose } from './challenges.ts'
import type { Ctx } from './context.ts'
import { countGuess } from './guesses.ts'
import { placeOf } from './places.ts'
import type { AccountRow } from './queries/accounts.ts'
import {
  countFactors, findPasskey, findTotp, isRecoveryCode, takeRecoveryCode, takeTotpStep, touchPasskey,
  type FactorCounts,
} from './queries/second-factor.ts'
import { hashRecoveryCode } from './recovery-codes.ts'

const hasFactor = ({ has_totp, passkeys }: FactorCounts) => has_totp || passkeys > 0

/** How an account may prove who it is beside its password; empty where the password is all. */
export function secondMethods (counts: FactorCounts): ProofKind[] {
  if (!hasFactor(counts)) return []
  return [
    ...(counts.passkeys > 0 ? ['passkey' as const] : []),
    ...(counts.has_totp ? ['code' as const] : []),
    ...(counts.recovery_codes > 0 ? ['recovery_code' as const] : []),
  ]
}

export const isRequiredOf = (ctx: Ctx, { roles }: Pick<AccountRow, 'roles'>) =>
  ctx.settings.FERMATA_ADMIN_SECOND_FACTOR === 'required' && roles.includes('admin')

/** Whether an account may do nothing before it has set up the second factor it must have. */
export const mustEnroll = async (ctx: Ctx, account: AccountRow): Promise<boolean> =>
  isRequiredOf(ctx, account) && !hasFactor(await countFactors(ctx.db, account.id))

/** After a removal, in its transaction. @throws Problem `auth/second-factor-required` */
export async function keepRequired (ctx: Ctx, tx: Db, account: AccountRow): Promise<boolean> {
  const has_left = hasFactor(await countFactors(tx, account.id))
  if (!has_left && isRequiredOf(ctx, account)) throw new Problem(secondFactorRequired)
  return has_left
}

/** @throws Problem `request/invalid` unless exactly one was sent */
export function oneOf<P extends object> (proofs: P, ...names: (keyof P & string)[]): void {
  const sent = names.filter(name => proofs[name] !== undefined)
  if (sent.length === 1) return
  const field = sent[1] ?? names[0]!
  throw new Problem(invalid, undefined, { extensions: { errors: [
    { field, message: `exactly one of ${names.join(', ')} is needed` },
  ] } })
}

interface Proving {
  account: AccountRow
  from: Pick<Request, 'ip' | 'headers'>
  /** What a passkey may have been asked for. */
  purpose: Purpose
  login_id?: string
}

/**
 * Uses up what was shown, in the transaction of what it was shown for: a recovery code is not lost
 * to a step that fails.
 * @throws Problem `auth/wrong-proof` when another request was first
 */
export type UseProof = (tx: Tx) => Promise<void>

/**
 * Checks a code, a recovery code or a passkey of an account, each good once. Wrong ones count
 * against budgets of their own.
 * @throws Problem `auth/wrong-proof`, `auth/challenge-over`, `request/too-many`
 */
export async function checkSecondFactor (
  ctx: Ctx, proof: SecondProof, { account, from, purpose, login_id }: Proving,
): Promise<UseProof> {
  oneOf(proof, 'code', 'recovery_code', 'passkey')
  const claim = {
    email: account.email, account_id: account.id, place: placeOf(from, ctx.settings.PUBLIC_URL),
  }
  const recovery = proof.recovery_code === undefined ? undefined
    : hashRecoveryCode(account.id, proof.recovery_code)
  const fits = await countGuess(ctx, 'second factor', claim, async () => {
    if (proof.code !== undefined) return isCode(ctx, account.id, proof.code)
    if (recovery !== undefined) return isRecoveryCode(ctx.db, account.id, recovery)
    const shown = await usePasskey(ctx, proof.passkey!, { purpose, login_id })
    return shown === account.id
  })
  if (!fits) throw new Problem(wrongProof)
  return async tx => {
    if (recovery === undefined || await takeRecoveryCode(tx, account.id, recovery)) return
    throw new Problem(wrongProof)
  }
}

async function isCode (ctx: Ctx, account_id: string, code: string): Promise<boolean> {
  const totp = await findTotp(ctx.db, account_id)
  if (!totp?.confirmed_at) return false
  return takeCode(ctx, account_id, totp.secret, code)
}

/** Whether a code is of the app with this secret, now, for the first time. */
export async function takeCode (
  ctx: Ctx, account_id: string, sealed: Buffer, code: string,
): Promise<boolean> {
  const secret = ctx.resources.secretBox.open(account_id, sealed)
  if (!secret) {
    ctx.log.error({ user_id: account_id }, 'no key of SECOND_FACTOR_SECRET opens this secret')
    return false
  }
  const step = stepOfCode(secret, code, Date.now())
  return step !== null && takeTotpStep(ctx.db, account_id, step)
}

/**
 * The account whose passkey signed a challenge of ours, once; null when none did.
 * @throws Problem `auth/challenge-over`
 */
export async function usePasskey (
  ctx: Ctx, response: PasskeyAssertion, asked: { purpose: Purpose, login_id?: string | undefined },
): Promise<string | null> {
  const challenge = challengeIn(response.response.clientDataJSON)
  const subject = readChallenge(ctx, challenge, asked.purpose)
  if (subject.login_id !== asked.login_id) throw new Problem(challengeOver)
  const passkey = await findPasskey(ctx.db, response.id)
  if (!passkey) return null
  if (subject.account_id !== undefined && subject.account_id !== passkey.account_id) return null
  const sign_count =
    await verifyAssertion(response, challenge!, ctx.settings.PUBLIC_URL, passkey)
  if (sign_count === null) return null
  await spend(ctx.db, challenge!)
  await touchPasskey(ctx.db, passkey.id, sign_count)
  return passkey.account_id
}

/**
 * Where somebody types their password anyway: enough for who has no second factor, not for others.
 * @throws Problem `request/step-up-needed`
 */
export async function confirmWithSecondFactor (
  ctx: Ctx, caller: Caller, account: AccountRow,
): Promise<void> {
  if (hasFactor(await countFactors(ctx.db, account.id))) requireConfirmed(caller)
}
