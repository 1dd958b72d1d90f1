import {
  createHmac, createPrivateKey, createPublicKey, createSecretKey, hkdfSync, timingSafeEqual,
  type KeyObject,
} from 'node:crypto'
import type { Role } from '@fermata/contracts/fields'
import { exportJWK, SignJWT, jwtVerify, type JWK } from 'jose'
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
  /** Any text of 32 characters or more; the Ed25519 key for people's tokens is derived from it. */
  JWT_EXTERNAL_SIGNATURE: string
  /** Any text of 32 characters or more; the HMAC key for tokens between services. */
  JWT_INTERNAL_SIGNATURE: string
}

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
  const external_key = deriveEd25519(secrets.JWT_EXTERNAL_SIGNATURE, 'external-jwt')
  const external_public = createPublicKey(external_key)
  const internal_key = deriveKey(secrets.JWT_INTERNAL_SIGNATURE, 'internal-jwt')
  // Made ready once: preparing the bytes for each order would cost more than the signature.
  const order_key = createSecretKey(deriveKey(secrets.JWT_EXTERNAL_SIGNATURE, 'order-access'))
  const verified = new Map<string, { person: Person, expires_s: number }>()

  const orderMac = (id: Buffer) =>
    createHmac('sha256', order_key).update(id).digest().subarray(0, order_mac_bytes)

  return {
    /** A person's access token: EdDSA, 10 minutes. */
    signAccess: (person: Person) => new SignJWT({
      roles: person.roles, sid: person.login_id, email: person.email,
      email_verified: person.email_verified,
    }).setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: 'external-1' })
      .setIssuer(issuer).setAudience('fermata:api').setSubject(person.user_id)
      .setIssuedAt().setExpirationTime(`${access_token_seconds}s`).sign(external_key),

    /** The person a token speaks for; null when it is forged, expired or of another kind. */
    async verifyAccess (token: string): Promise<Person | null> {
      const known = verified.get(token)
      if (known) return known.expires_s > Date.now() / 1000 ? known.person : null
      try {
        const { payload } = await jwtVerify(token, external_public, {
          algorithms: ['EdDSA'], typ: 'at+jwt', issuer, audience: 'fermata:api',
          clockTolerance: clock_tolerance_seconds,
          requiredClaims: ['sub', 'sid', 'exp', 'roles'],
        })
        const person = {
          user_id: payload.sub!, roles: payload.roles as Role[], login_id: payload.sid as string,
          email: payload.email as string, email_verified: payload.email_verified === true,
        }
        // Verifying costs about 0.1 ms of a core, a page makes several calls: remember a bounded
        // number.
        if (verified.size >= 10_000) verified.clear()
        verified.set(token, { person, expires_s: payload.exp! })
        return person
      } catch {
        return null
      }
    },

    /** A token with which `from` calls `to`, and nobody else. */
    signInternal: (from: string, to: string) => new SignJWT({})
      .setProtectedHeader({ alg: 'HS256', typ: 'svc+jwt' })
      .setIssuer(issuer).setSubject(from).setAudience(`fermata:internal:${to}`)
      .setIssuedAt().setExpirationTime(`${internal_token_seconds}s`).sign(internal_key),

    /** The calling service; null when the token is not one for `to`. */
    async verifyInternal (token: string, to: string): Promise<string | null> {
      try {
        const { payload } = await jwtVerify(token, internal_key, {
          algorithms: ['HS256'], typ: 'svc+jwt', issuer, audience: `fermata:internal:${to}`,
          clockTolerance: clock_tolerance_seconds, requiredClaims: ['sub', 'exp'],
        })
        return payload.sub!
      } catch {
        return null
      }
    },

    /**
     * The access token of an order: proves the right to see and pay it. Nothing is stored, so
     * nothing can leak.
     */
    signOrder (order_id: string): string {
      const id = Buffer.from(order_id.replaceAll('-', ''), 'hex')
      return order_token_prefix + Buffer.concat([id, orderMac(id)]).toString('base64url')
    },

    /** The order a token is good for, or null. */
    verifyOrder (token: string): string | null {
      const text = token.slice(order_token_prefix.length)
      const bytes = Buffer.from(text, 'base64url')
      // Base64 has spare bits and Node ignores strange characters: one order has one token, not
      // four.
      if (bytes.length !== 16 + order_mac_bytes || bytes.toString('base64url') !== text) return null
      const id = bytes.subarray(0, 16)
      if (!timingSafeEqual(orderMac(id), bytes.subarray(16))) return null
      return toUuid(id.toString('hex'))
    },

    isOrderToken: (token: string) => token.startsWith(order_token_prefix),

    /** The public half of the key for people's tokens, as a JWK set. */
    async jwks (): Promise<{ keys: JWK[] }> {
      return {
        keys: [{ ...await exportJWK(external_public), alg: 'EdDSA', use: 'sig', kid: 'external-1' }]
      }
    },
  }
}
