import {
  createHmac, createPrivateKey, createPublicKey, createSecretKey, hkdfSync, timingSafeEqual,
  type KeyObject,
} from 'node:crypto'
import type { Role } from '@fermata/contracts/fields'
import {
  SignJWT, decodeProtectedHeader, jwtVerify, type JWK, type JWTPayload, type JWTVerifyOptions,
} from 'jose'
import { toUuid } from './ids.ts'
import { fixedKeys, no_keys, publicKeyOf, type PersonKeys } from './person-keys.ts'

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
  /**
   * Seconds since 1970: when this login proved last who it is, by password or second factor.
   * Absent: never.
   */
  confirmed_at_s?: number | undefined
  /** An administrator without the second factor that is required: may set one up, nothing else. */
  must_enroll?: boolean | undefined
}

/** What a service was given to sign with; each is a list as `secretsIn` reads it. */
export interface Secrets {
  /** The Ed25519 key for people's tokens is derived from it. Auth alone has it. */
  JWT_EXTERNAL_SIGNATURE?: string
  /** The HMAC key for tokens between services. */
  JWT_INTERNAL_SIGNATURE: string
  /** The HMAC key for orders' tokens. Whoever sends or checks them has it. */
  ORDER_SIGNATURE?: string
}

/** Secrets of a setting, separated by commas: the first signs, all are believed. */
export const secretsIn = (setting: string) => setting.split(',')

const derived_prefix = 'derived:'
const order_purpose = 'order-access'

/**
 * Before orders had a secret of their own, their key was derived from the one that signs logins.
 * This is that key as a value of ORDER_SIGNATURE: links that were mailed go on working, and nobody
 * finds the way back to the secret.
 */
export const orderSignatureFrom = (external: string): string => secretsIn(external)
  .map(secret => derived_prefix + deriveKey(secret, order_purpose).toString('base64url')).join(',')

const orderKey = (secret: string): KeyObject => createSecretKey(secret.startsWith(derived_prefix)
  ? Buffer.from(secret.slice(derived_prefix.length), 'base64url')
  : deriveKey(secret, order_purpose))

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
 * each purpose, so that a token of one kind is never accepted as another. What needs a secret that
 * was not given is refused: nobody but auth can make a login.
 * @param person_keys what verifies logins where the secret that signs them is not at hand
 */
export function createTokens (secrets: Secrets, person_keys?: PersonKeys) {
  const external = listOf(secrets.JWT_EXTERNAL_SIGNATURE)
    .map(secret => toPair(deriveEd25519(secret, 'external-jwt')))
  const keys = external.length > 0 ? fixedKeys(external.map(({ jwk }) => jwk))
    : person_keys ?? no_keys
  const internal = secretsIn(secrets.JWT_INTERNAL_SIGNATURE)
    .map(secret => createSecretKey(deriveKey(secret, 'internal-jwt')))
  // Made ready once: preparing the bytes for each order would cost more than the signature.
  const order = listOf(secrets.ORDER_SIGNATURE).map(orderKey)
  const verified = new Map<string, { person: Person, expires_s: number, kid: string }>()

  const orderMac = (key: KeyObject, id: Buffer) =>
    createHmac('sha256', key).update(id).digest().subarray(0, order_mac_bytes)

  return {
    /** A person's access token: EdDSA, 10 minutes. @throws where no secret was given: a bug */
    signAccess (person: Person): Promise<string> {
      const [first] = external
      if (!first) throw new Error('Only auth has the key that signs logins')
      return new SignJWT({
        roles: person.roles, sid: person.login_id, email: person.email,
        email_verified: person.email_verified,
        // The name that OpenID Connect gives it.
        ...(person.confirmed_at_s !== undefined && { auth_time: person.confirmed_at_s }),
        ...(person.must_enroll && { must_enroll: true }),
      }).setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: first.kid })
        .setIssuer(issuer).setAudience('fermata:api').setSubject(person.user_id)
        .setIssuedAt().setExpirationTime(`${access_token_seconds}s`).sign(first.private_key)
    },

    /**
     * The person a token speaks for; null when it is forged, expired or of another kind.
     * @throws Problem `request/unavailable` while no key is known, because auth has not answered
     */
    async verifyAccess (token: string): Promise<Person | null> {
      const known = verified.get(token)
      // A key that was taken out of use takes its tokens along.
      if (known && keys.has(known.kid)) {
        return known.expires_s > Date.now() / 1000 ? known.person : null
      }
      const kid = kidOf(token)
      const key = kid && await keys.find(kid)
      const payload = key && await verify(token, [key], {
        algorithms: ['EdDSA'], typ: 'at+jwt', issuer, audience: 'fermata:api',
        clockTolerance: clock_tolerance_seconds,
        requiredClaims: ['sub', 'sid', 'exp', 'roles'],
      })
      if (!payload) return null
      const person = {
        user_id: payload.sub!, roles: payload.roles as Role[], login_id: payload.sid as string,
        email: payload.email as string, email_verified: payload.email_verified === true,
        ...(typeof payload.auth_time === 'number' && { confirmed_at_s: payload.auth_time }),
        ...(payload.must_enroll === true && { must_enroll: true }),
      }
      // Verifying costs about 0.1 ms of a core, a page makes several calls: remember a bounded
      // number.
      if (verified.size >= 10_000) verified.clear()
      verified.set(token, { person, expires_s: payload.exp!, kid })
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
      const [key] = order
      if (!key) throw new Error('This service has no ORDER_SIGNATURE')
      const id = Buffer.from(order_id.replaceAll('-', ''), 'hex')
      return order_token_prefix + Buffer.concat([id, orderMac(key, id)]).toString('base64url')
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

const listOf = (setting: string | undefined) => setting === undefined ? [] : secretsIn(setting)

/** A private key with its public half and the name of that. */
function toPair (private_key: KeyObject) {
  const jwk = createPublicKey(private_key).export({ format: 'jwk' }) as JWK
  return { private_key, jwk, kid: publicKeyOf(jwk)!.kid }
}

/** The key a token names; null when it is no token. */
function kidOf (token: string): string | null {
  try {
    return decodeProtectedHeader(token).kid ?? null
  } catch {
    return null
  }
}

const isCanonical = (part: string) =>
  Buffer.from(part, 'base64url').toString('base64url') === part

/** What a token claims, when one of the keys signed it and the options are met; else null. */
async function verify (
  token: string, keys: KeyObject[], options: JWTVerifyOptions
): Promise<JWTPayload | null> {
  // The last letter of a signature has spare bits: one token has one spelling, not sixteen.
  if (!token.split('.').every(isCanonical)) return null
  for (const key of keys) {
    try {
      return (await jwtVerify(token, key, options)).payload
    } catch {
      // Another of ours may have signed it.
    }
  }
  return null
}
