import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { challengeOver } from '@fermata/contracts/auth'
import type { Db } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import { deriveKey, secretsIn } from '@fermata/platform/tokens'
import type { Ctx } from './context.ts'
import { spendChallenge } from './queries/second-factor.ts'

/** Long enough to find the phone, short enough that nothing lies about. */
export const challenge_seconds = 5 * 60

/**
 * What a challenge is for. One made for one purpose is never accepted for another:
 * `second-step` follows a right password, `passkey-*` are signed by a passkey.
 */
export type Purpose =
  'second-step' | 'passkey-sign-in' | 'passkey-second-step' | 'passkey-confirm' | 'passkey-add'

/** Whom it was made for: an account, or one login of it; nobody yet where anybody may ask. */
export interface Subject { account_id?: string, login_id?: string, password_mark?: string }

interface Claims extends Subject { purpose: Purpose, expires_s: number, nonce: string }

/*
 * Challenges are signed and not stored, so that asking for ten thousand writes nothing. Those that
 * did their work are remembered until they would have ended.
 */

const keysOf = (ctx: Ctx) => secretsIn(ctx.settings.SECOND_FACTOR_SECRET)
  .map(secret => deriveKey(secret, 'challenges'))
const macOf = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()

export function createChallenge (ctx: Ctx, purpose: Purpose, subject: Subject): string {
  const claims: Claims = {
    ...subject, purpose, expires_s: Math.floor(Date.now() / 1000) + challenge_seconds,
    nonce: randomBytes(16).toString('base64url'),
  }
  const text = Buffer.from(JSON.stringify(claims)).toString('base64url')
  return `${text}.${macOf(keysOf(ctx)[0]!, text).toString('base64url')}`
}

/**
 * Whom a challenge of ours was made for.
 * @throws Problem `auth/challenge-over` when it is none, of another purpose, or too old
 */
export function readChallenge (
  ctx: Ctx, challenge: string | null, ...purposes: Purpose[]
): Subject {
  const [text = '', mac = ''] = challenge?.split('.') ?? []
  const given = Buffer.from(mac, 'base64url')
  const is_ours = keysOf(ctx).some(key => {
    const right = macOf(key, text)
    return given.length === right.length && timingSafeEqual(given, right)
  })
  if (!is_ours) throw new Problem(challengeOver)
  const claims = JSON.parse(Buffer.from(text, 'base64url').toString()) as Claims
  if (!purposes.includes(claims.purpose) || claims.expires_s <= Date.now() / 1000) {
    throw new Problem(challengeOver)
  }
  return claims
}

/**
 * Makes a challenge useless from here on.
 * @throws Problem `auth/challenge-over` when it was used before
 */
export async function spend (db: Db, challenge: string): Promise<void> {
  const hash = createHash('sha256').update(challenge).digest()
  const expires_at = new Date(Date.now() + challenge_seconds * 1000).toISOString()
  if (!await spendChallenge(db, hash, expires_at)) throw new Problem(challengeOver)
}

/** A password as far as a challenge needs to know it: whether it is still the same. */
export const markOf = (password_hash: string) =>
  createHash('sha256').update(password_hash).digest('base64url').slice(0, 16)
