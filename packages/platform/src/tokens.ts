import {
  createHmac, createPrivateKey, createPublicKey, createSecretKey, hash, hkdfSync, timingSafeEqual,
  type KeyObject,
} from 'node:crypto'
import type { Role } from '@fermata/contracts/fields'
import { SignJWT, jwtVerify, type JWK, type JWTPayload, type JWTVerifyOptions } from 'jose'
import { toUuid } from './ids.ts'

/**
 * Short, because a stateless token lives on after its login has ended wherever the news has not
 * arrived.
 */
export const access_token_seconds = 10 * 60
/** A call between services is made at once, so its token need not live longer than one. */
const internal_token_seconds = 60
const clock_tolerance_seconds = 5

const issuer = 'fermata'
const order_token_prefix = 'fo_'
/** 128 bits of a SHA-256 HMAC: beyond guessing, and short enough for a link in a mail. */
const order_mac_bytes = 16

export interface Person {
  user_id: string
  roles: Role[]
  /** The login this token came from; it dies with it. */
  login_id: string
  email: string
  email_verified: boolean
}

export interface Secrets {
  /** The Ed25519 key for people's tokens is derived from it. A list as `secretsIn` reads it. */
  JWT_EXTERNAL_SIGNATURE: string
  /** The HMAC key for tokens between services. A list as `secretsIn` reads it. */
  JWT_INTERNAL_SIGNATURE: string
}

/** Secrets of a setting, separated by commas: the first signs, all are believed. */
export const secretsIn = (setting: string) => setting.split(',')

export type Tokens = ReturnType<typeof createTokens>

/**
 * An Ed25519 private key derived from a secret text: the same secret and purpose give the same key
 * on every process. The prefix is the fixed part of a PKCS #8 Ed25519 key (RFC 8410).
 */
export function deriveEd25519 (secret: string, purpose: string): KeyObject {
  const seed = Buffer.from(hkdfSync('sha256', secret, 'fermata', purpose, 32))
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
}

/** A symmetric key for one purpose, derived from a secret text. */
export const deriveKey = (secret: string, purpose: string) =>
  Buffer.from(hkdfSync('sha256', secret, 'fermata', purpose, 32))

/**
 * Signs and verifies every kind of token Fermata uses. One fixed algorithm, type and audience for
 * each purpose, so that a token of one kind is never accepted as another.
 */
export function createTokens (secrets: Secrets) {
  const external = secretsIn(secrets.JWT_EXTERNAL_SIGNATURE)
    .map(secret => toPair(deriveEd25519(secret, 'external-jwt')))
  const internal = secretsIn(secrets.JWT_INTERNAL_SIGNATURE)
    .map(secret => createSecretKey(deriveKey(secret, 'internal-jwt')))
  // Made ready once: preparing the bytes for each order would cost more than the signature.
  const order = secretsIn(secrets.JWT_EXTERNAL_SIGNATURE)
    .map(secret => createSecretKey(deriveKey(secret, 'order-access')))
  const verified = new Map<string, { person: Person, expires_s: number }>()

  const orderMac = (key: KeyObject, id: Buffer) =>
    createHmac('sha256', key).update(id).digest().subarray(0, order_mac_bytes)

  return {
    /** A person's access token: EdDSA, 10 minutes. */
    signAccess: (person: Person) => new SignJWT({
      roles: person.roles, sid: person.login_id, email: person.email,
      email_verified: person.email_verified,
    }).setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: external[0]!.kid })
      .setIssuer(issuer).setAudience('fermata:api').setSubject(person.user_id)
      .setIssuedAt().setExpirationTime(`${access_token_seconds}s`).sign(external[0]!.private_key),

    /** The person a token speaks for; null when it is forged, expired or of another kind. */
    async verifyAccess (token: string): Promise<Person | null> {
      const known = verified.get(token)
      if (known) return known.expires_s > Date.now() / 1000 ? known.person : null
      const payload = await verify(token, external.map(pair => pair.public_key), {
        algorithms: ['EdDSA'], typ: 'at+jwt', issuer, audience: 'fermata:api',
        clockTolerance: clock_tolerance_seconds,
        requiredClaims: ['sub', 'sid', 'exp', 'roles'],
      })
      if (!payload) return null
      const person = {
        user_id: payload.sub!, roles: payload.roles as Role[], login_id: payload.sid as string,
        email: payload.email as string, email_verified: payload.email_verified === true,
      }
      // Verifying costs about 0.1 ms of a core, a page makes several calls: remember a bounded
      // number.
      if (verified.size >= 10_000) verified.clear()
      verified.set(token, { person, expires_s: payload.exp! })
      return person
    },

    /** A token with which `from` calls `to`, and nobody else. */
    signInternal: (from: string, to: string) => new SignJWT({})
      .setProtectedHeader({ alg: 'HS256', typ: 'svc+jwt' })
      .setIssuer(issuer).setSubject(from).setAudience(`fermata:internal:${to}`)
      .setIssuedAt().setExpirationTime(`${internal_token_seconds}s`).sign(internal[0]!),

    /** The calling service; null when the token is not one for `to`. */
    async verifyInternal (token: string, to: string): Promise<string | null> {
      const payload = await verify(token, internal, {
        algorithms: ['HS256'], typ: 'svc+jwt', issuer, audience: `fermata:internal:${to}`,
        clockTolerance: clock_tolerance_seconds, requiredClaims: ['sub', 'exp'],
      })
      return payload?.sub ?? null
    },

    /**
     * The access token of an order: proves the right to see and pay it. Nothing is stored, so
     * nothing can leak.
     */
    signOrder (order_id: string): string {
      const id = Buffer.from(order_id.replaceAll('-', ''), 'hex')
      return order_token_prefix + Buffer.concat([id, orderMac(order[0]!, id)]).toString('base64url')
    },

    /** The order a token is good for, or null. */
    verifyOrder (token: string): string | null {
      const text = token.slice(order_token_prefix.length)
      const bytes = Buffer.from(text, 'base64url')
      // Base64 has spare bits and Node ignores strange characters: one order has one token, not
      // four.
      if (bytes.length !== 16 + order_mac_bytes || bytes.toString('base64url') !== text) return null
      const id = bytes.subarray(0, 16)
      const is_ours = order.some(key => timingSafeEqual(orderMac(key, id), bytes.subarray(16)))
      return is_ours ? toUuid(id.toString('hex')) : null
    },

    isOrderToken: (token: string) => token.startsWith(order_token_prefix),

    /** The public halves of the keys for people's tokens, as a JWK set. */
    jwks: (): { keys: JWK[] } => ({
      keys: external.map(({ jwk, kid }) => ({ ...jwk, alg: 'EdDSA', use: 'sig', kid })),
    }),
  }
}

/** A key with its name, the thumbprint of RFC 7638: whatever its place in the list. */
function toPair (private_key: KeyObject) {
  const public_key = createPublicKey(private_key)
  const jwk = public_key.export({ format: 'jwk' }) as JWK
  const kid = hash('sha256', JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x }), 'base64url')
  return { private_key, public_key, jwk, kid }
}

/** What a token claims, when one of the keys signed it and the options are met; else null. */
async function verify (
  token: string, keys: KeyObject[], options: JWTVerifyOptions
): Promise<JWTPayload | null> {
  for (const key of keys) {
    try {
      return (await jwtVerify(token, key, options)).payload
    } catch {
      // Another of ours may have signed it.
    }
  }
  return null
}
