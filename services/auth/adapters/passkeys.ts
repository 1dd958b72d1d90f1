import type { PasskeyAssertion, PasskeyAttestation } from '@fermata/contracts/auth'
import {
  generateAuthenticationOptions, generateRegistrationOptions, verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'

/** A site as WebAuthn knows it, from the address people type. */
const siteOf = (public_url: string) => {
  const { hostname, origin } = new URL(public_url)
  return { rpID: hostname, origin }
}

interface Known { credential_id: string, transports: string[] }

const descriptors = (known: Known[]) =>
  known.map(({ credential_id, transports }) => ({ id: credential_id, transports }))

/**
 * What a browser needs to make a passkey. It must be one that finds its account by itself and that
 * asks its owner who they are, since it signs in without a password.
 */
export const registrationOptions = (about: {
  public_url: string, challenge: string, account_id: string, email: string, username: string,
  known: Known[], timeout_ms: number
}) => generateRegistrationOptions({
  rpName: 'Fermata', rpID: siteOf(about.public_url).rpID, challenge: about.challenge,
  userID: Uint8Array.from(Buffer.from(about.account_id.replaceAll('-', ''), 'hex')),
  userName: about.email, userDisplayName: about.username, timeout: about.timeout_ms,
  attestationType: 'none', excludeCredentials: descriptors(about.known),
  authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
})

/** @param known none: whichever passkey of this site the browser has */
export const authenticationOptions = (about: {
  public_url: string, challenge: string, known: Known[], timeout_ms: number
}) => generateAuthenticationOptions({
  rpID: siteOf(about.public_url).rpID, challenge: about.challenge, timeout: about.timeout_ms,
  userVerification: 'required',
  ...(about.known.length > 0 && { allowCredentials: descriptors(about.known) }),
})

/** The challenge that an answer of a browser carries; null when there is none to be read. */
export function challengeIn (client_data_json: string): string | null {
  try {
    const data = JSON.parse(Buffer.from(client_data_json, 'base64url').toString()) as {
      challenge?: unknown
    }
    return typeof data.challenge === 'string'
      ? Buffer.from(data.challenge, 'base64url').toString() : null
  } catch {
    return null
  }
}

export interface NewCredential {
  credential_id: string, public_key: Buffer, sign_count: number, transports: string[]
}

/** The credential a browser made for this challenge; null when anything about it is not right. */
export async function verifyAttestation (
  response: PasskeyAttestation, challenge: string, public_url: string,
): Promise<NewCredential | null> {
  const { rpID, origin } = siteOf(public_url)
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: { ...response, clientExtensionResults: {} } as never,
      expectedChallenge: Buffer.from(challenge).toString('base64url'), expectedOrigin: origin,
      expectedRPID: rpID, requireUserVerification: true,
    })
    if (!verified || !registrationInfo) return null
    const { id, publicKey, counter } = registrationInfo.credential
    return {
      credential_id: id, public_key: Buffer.from(publicKey), sign_count: counter,
      transports: response.response.transports ?? [],
    }
  } catch {
    // What the library throws at is what somebody made up.
    return null
  }
}

interface StoredCredential extends Known { public_key: Buffer, sign_count: number }

/**
 * The new signature count when the credential signed this challenge for this site, its owner
 * verified; else null, also for a count that went back, as a copied authenticator's does.
 */
export async function verifyAssertion (
  response: PasskeyAssertion, challenge: string, public_url: string, stored: StoredCredential,
): Promise<number | null> {
  const { rpID, origin } = siteOf(public_url)
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { ...response, clientExtensionResults: {} } as never,
      expectedChallenge: Buffer.from(challenge).toString('base64url'), expectedOrigin: origin,
      expectedRPID: rpID, requireUserVerification: true,
      credential: {
        id: stored.credential_id, publicKey: Uint8Array.from(stored.public_key),
        counter: stored.sign_count, transports: stored.transports,
      },
    })
    return verified ? authenticationInfo.newCounter : null
  } catch {
    return null
  }
}
