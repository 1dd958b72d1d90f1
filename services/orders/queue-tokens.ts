import {
  createHmac, createSecretKey, hash, randomBytes, timingSafeEqual, type KeyObject,
} from 'node:crypto'
import { deriveKey, secretsIn } from '@fermata/platform/tokens'

/**
 * Signed places and passes. Each event has keys of its own, so what one event gave is noise to
 * another, and nothing needs to be stored for anybody who waits.
 */

export const id_bytes = 16
const number_bytes = 6
const binding_bytes = 8
/** 128 bits of a SHA-256 HMAC: beyond guessing. */
const mac_bytes = 16
const token_prefix = 'fq_'
const pass_prefix = 'fp_'
const challenge_prefix = 'fc_'

export interface Place {
  /** Nobody can choose or guess it; what the draw is about. */
  id: Buffer
  /** 0 for who takes part in the draw: their place follows from it. */
  place: number
  joined_ms: number
  /** Whom the place belongs to; zeros: whoever holds it. */
  binding: Buffer
}

export interface Pass { place: number, expires_ms: number, binding: Buffer }

/**
 * The first of each signs, all are believed. Key objects: with plain bytes each signature would
 * prepare its key anew, which costs four times itself.
 */
export interface QueueKeys {
  token: KeyObject[], pass: KeyObject[], challenge: KeyObject[]
  /** Names who joined, for this event alone. */
  name: KeyObject
}

/** @param secrets a list as `secretsIn` reads it */
export function queueKeys (secrets: string, event_id: string): QueueKeys {
  const keysFor = (purpose: string) => secretsIn(secrets).map(secret =>
    createSecretKey(deriveKey(secret, `queue ${purpose} ${event_id}`)))
  return {
    token: keysFor('token'), pass: keysFor('pass'), challenge: keysFor('challenge'),
    name: keysFor('name')[0]!,
  }
}

/** Who may use a place: the holder of a visitor's secret, else an account, else whoever has it. */
export function bindingOf (visitor: string | undefined, user_id: string | null): Buffer {
  const name = visitor ? `visitor ${visitor}` : user_id ? `account ${user_id}` : null
  if (name === null) return Buffer.alloc(binding_bytes)
  return hash('sha256', name, 'buffer').subarray(0, binding_bytes)
}

export const isBound = (binding: Buffer) => binding.some(byte => byte !== 0)

/**
 * The id of who may join once: made of the name and of whom the place belongs to, so that it is
 * found when they ask again, and that nobody without the key can choose it.
 */
export function idOf ({ name: key }: QueueKeys, name: number, binding: Buffer): Buffer {
  return createHmac('sha256', key).update('id').update(number(name)).update(binding).digest()
    .subarray(0, id_bytes)
}

/** So many ids, drawn at once: a batch costs one call of the system. */
export function newIds (count: number): Buffer[] {
  const bytes = randomBytes(count * id_bytes)
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * id_bytes, (index + 1) * id_bytes))
}

const macOf = (key: KeyObject, bytes: Buffer) =>
  createHmac('sha256', key).update(bytes).digest().subarray(0, mac_bytes)

function sign (prefix: string, keys: KeyObject[], bytes: Buffer): string {
  return prefix + Buffer.concat([bytes, macOf(keys[0]!, bytes)]).toString('base64url')
}

/** The signed bytes; null when anything about them is not as it was signed. */
function open (prefix: string, keys: KeyObject[], text: string, length: number): Buffer | null {
  if (!text.startsWith(prefix)) return null
  const encoded = text.slice(prefix.length)
  const bytes = Buffer.from(encoded, 'base64url')
  // Base64 has spare bits and Node ignores strange characters: one place has one token.
  if (bytes.length !== length + mac_bytes || bytes.toString('base64url') !== encoded) return null
  const content = bytes.subarray(0, length)
  const mac = bytes.subarray(length)
  return keys.some(key => timingSafeEqual(macOf(key, content), mac)) ? content : null
}

function number (value: number): Buffer {
  const bytes = Buffer.alloc(number_bytes)
  bytes.writeUIntBE(value, 0, number_bytes)
  return bytes
}

export const signToken = ({ token }: QueueKeys, { id, place, joined_ms, binding }: Place) =>
  sign(token_prefix, token, Buffer.concat([id, number(place), number(joined_ms), binding]))

/** The place a token stands for, or null. */
export function readToken ({ token }: QueueKeys, text: string): Place | null {
  const bytes = open(token_prefix, token, text, id_bytes + 2 * number_bytes + binding_bytes)
  return bytes && {
    id: bytes.subarray(0, id_bytes),
    place: bytes.readUIntBE(id_bytes, number_bytes),
    joined_ms: bytes.readUIntBE(id_bytes + number_bytes, number_bytes),
    binding: bytes.subarray(id_bytes + 2 * number_bytes),
  }
}

export const signPass = ({ pass }: QueueKeys, { place, expires_ms, binding }: Pass) =>
  sign(pass_prefix, pass, Buffer.concat([number(place), number(expires_ms), binding]))

/** What a pass is good for, or null. */
export function readPass ({ pass }: QueueKeys, text: string): Pass | null {
  const bytes = open(pass_prefix, pass, text, 2 * number_bytes + binding_bytes)
  return bytes && {
    place: bytes.readUIntBE(0, number_bytes),
    expires_ms: bytes.readUIntBE(number_bytes, number_bytes),
    binding: bytes.subarray(2 * number_bytes),
  }
}

/** What a visitor is asked to do for a place. */
export interface Challenge { binding: Buffer, issued_ms: number, bits: number }

export const signChallenge = (
  { challenge }: QueueKeys, { binding, issued_ms, bits }: Challenge
) => sign(challenge_prefix, challenge,
  Buffer.concat([number(issued_ms), Buffer.from([bits]), binding]))

/** What was asked, or null. */
export function openChallenge ({ challenge }: QueueKeys, text: string): Challenge | null {
  const bytes = open(challenge_prefix, challenge, text, number_bytes + 1 + binding_bytes)
  return bytes && {
    issued_ms: bytes.readUIntBE(0, number_bytes), bits: bytes[number_bytes]!,
    binding: bytes.subarray(number_bytes + 1),
  }
}

/** 48 bits by which somebody who may join once is known again. */
export const nameOf = ({ name }: QueueKeys, kind: 'who' | 'again', bytes: Buffer): number =>
  createHmac('sha256', name).update(kind).update(bytes).digest().readUIntBE(0, number_bytes)
