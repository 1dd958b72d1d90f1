import { hash } from 'node:crypto'
import { isBound, openChallenge, signChallenge, type QueueKeys } from './queue-tokens.ts'
import type { Effort } from './rules/join-price.ts'

/** What a join from a crowded network costs: a sum that a browser does, or patience. */

/** Whoever does no sum waits so long instead. */
const patience_ms = 30_000
const valid_ms = 10 * 60_000
/** So long a challenge is given again with its age, so that nobody waits anew. */
const renewed_ms = 5 * 60_000

export interface Offer { challenge: string, bits: number, wait_seconds: number }

/** What a visitor sent with their join. */
export interface Payment { challenge?: string | undefined, nonce?: number | undefined }

/** A challenge is for one visitor: sent by another it is worth nothing. */
function own (keys: QueueKeys, text: string | undefined, binding: Buffer, now_ms: number) {
  const challenge = text === undefined ? null : openChallenge(keys, text)
  if (!challenge || !isBound(binding) || !challenge.binding.equals(binding)) return null
  return challenge.issued_ms + valid_ms > now_ms ? challenge : null
}

export function effortOf (
  keys: QueueKeys, { challenge: text, nonce }: Payment, binding: Buffer, now_ms: number
): Effort {
  const challenge = own(keys, text, binding, now_ms)
  if (!challenge) return { kind: 'none' }
  if (nonce !== undefined && zeroBits(hash('sha256', `${text}:${nonce}`, 'buffer')) >= challenge.bits) {
    return { kind: 'solved', bits: challenge.bits }
  }
  return challenge.issued_ms + patience_ms <= now_ms ? { kind: 'waited' } : { kind: 'none' }
}

/** What to do for a place; whoever has waited a while goes on from there. */
export function offerTo (
  keys: QueueKeys, { challenge: text }: Payment, binding: Buffer, bits: number, now_ms: number
): Offer {
  const known = own(keys, text, binding, now_ms)
  const issued_ms = known && known.issued_ms + renewed_ms > now_ms
    ? known.issued_ms : Math.floor(now_ms)
  return {
    challenge: signChallenge(keys, { binding, issued_ms, bits }), bits,
    wait_seconds: Math.max(1, Math.ceil((issued_ms + patience_ms - now_ms) / 1000)),
  }
}

/** Leading ones that are not set. */
export function zeroBits (bytes: Uint8Array): number {
  const first = bytes.findIndex(byte => byte !== 0)
  return first === -1 ? bytes.length * 8 : first * 8 + Math.clz32(bytes[first]!) - 24
}
