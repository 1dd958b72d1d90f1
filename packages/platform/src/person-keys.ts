import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { getKeys } from '@fermata/contracts/auth'
import type { ReplyOf } from '@fermata/contracts/define'
import { unavailable } from '@fermata/contracts/problems'
import type { JWK } from 'jose'
import type { createCall } from './call.ts'
import { Problem } from './problem.ts'

/** The public keys with which people's tokens are verified, by their names (RFC 7638). */
export interface PersonKeys {
  /** Whether a key is believed now. */
  has (kid: string): boolean
  /** @throws Problem `request/unavailable` while not a single key is known */
  find (kid: string): KeyObject | null | Promise<KeyObject | null>
}

export const no_keys: PersonKeys = { has: () => false, find: () => null }

/** More keys than ever replace each other at once. */
const max_keys = 16

/** A key and its name; null for what is no Ed25519 key. A private half is never looked at. */
export function publicKeyOf (jwk: JWK): { kid: string, key: KeyObject } | null {
  const { kty, crv, x } = jwk
  if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string') return null
  try {
    return {
      kid: hash('sha256', JSON.stringify({ crv, kty, x }), 'base64url'),
      key: createPublicKey({ key: { kty, crv, x }, format: 'jwk' }),
    }
  } catch {
    return null
  }
}

const readKeys = (keys: JWK[]): Map<string, KeyObject> =>
  new Map(keys.slice(0, max_keys).map(publicKeyOf)
    .flatMap(one => one ? [[one.kid, one.key] as const] : []))

/** Keys that stay the same for as long as the process runs. */
export function fixedKeys (jwks: JWK[]): PersonKeys {
  const keys = readKeys(jwks)
  return { has: kid => keys.has(kid), find: kid => keys.get(kid) ?? null }
}

/** A key that auth no longer believes is believed nowhere this much later. */
const refresh_ms = 30_000
/** Names that nobody knows make us ask, at most so often: anybody can invent them. */
const ask_again_ms = 1000
/** Services start side by side: who comes before auth has answered once waits so long for it. */
const first_answer_within_ms = 3000

/**
 * Auth's public keys, asked of it at the start, now and then, and when a token names one that is
 * not known yet. While auth is away the last ones are believed, and who comes with another is asked
 * to come back; before it has answered once, who comes waits a little for it first.
 * @returns the keys, and what ends the asking
 */
export function followPersonKeys (
  call: ReturnType<typeof createCall>
): PersonKeys & { stop: () => void } {
  let keys: Map<string, KeyObject> | null = null
  let asked_at_ms = -Infinity
  let asking: Promise<boolean> | null = null
  const stopped = new AbortController()

  async function ask (): Promise<void> {
    const pause_ms = asked_at_ms + ask_again_ms - performance.now()
    if (pause_ms > 0) await sleep(pause_ms, undefined, { signal: stopped.signal })
    asked_at_ms = performance.now()
    const { keys: told } = await call(getKeys, {}) as ReplyOf<typeof getKeys>
    const read = readKeys(told)
    // An answer without a usable key is a mistake of its sender, and would lock everybody out.
    if (read.size > 0) keys = read
  }

  /**
   * Whoever asks meanwhile shares the answer. Failures are tried again by whoever needs a key.
   * @returns whether there was an answer
   */
  const askOnce = () => asking ??= ask().then(() => true, () => false)
    .finally(() => { asking = null })

  void askOnce()
  const timer = setInterval(() => {
    if (keys === null || performance.now() - asked_at_ms >= refresh_ms) void askOnce()
  }, ask_again_ms)
  timer.unref()

  return {
    has: kid => keys?.has(kid) ?? false,
    async find (kid) {
      if (keys?.has(kid)) return keys.get(kid)!
      // What was asked before may be answered without a key that was made since.
      const began_earlier = asking !== null
      let is_answered = await askOnce()
      if (began_earlier && !keys?.has(kid)) is_answered = await askOnce()
      const give_up_at_ms = performance.now() + first_answer_within_ms
      while (keys === null && performance.now() < give_up_at_ms && !stopped.signal.aborted) {
        is_answered = await askOnce()
      }
      // A name that is new to us may be auth's newest: only its answer says that it is nobody's.
      if (keys === null || (!is_answered && !keys.has(kid))) throw new Problem(
        unavailable, 'Who you are cannot be checked yet: the auth service has not answered.',
        { headers: { 'retry-after': '2' } })
      return keys.get(kid) ?? null
    },
    stop () {
      stopped.abort()
      clearInterval(timer)
    },
  }
}
