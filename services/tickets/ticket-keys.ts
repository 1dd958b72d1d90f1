import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { deriveEd25519 } from '@fermata/platform/tokens'
import { bytesToSign, encodeTicketCode, keyIdOf } from './rules/ticket-code.ts'

export interface SigningKey {
  kid: string, event_id: string, public_key: Buffer, private_key: KeyObject,
}

/** Keys remembered; beyond it all are forgotten, which costs deriving them again. */
const max_remembered = 5000
/** The fixed part of an Ed25519 public key in DER (RFC 8410), before its 32 bytes. */
const spki_prefix = Buffer.from('302a300506032b6570032100', 'hex')

const signAside = promisify(sign)

export type TicketKeys = ReturnType<typeof createTicketKeys>

/**
 * The keys of events, derived from one secret: nothing to store, nothing to lose but the secret.
 */
export function createTicketKeys (secret: string) {
  const signing = new Map<string, SigningKey>()
  const verifying = new Map<string, KeyObject>()

  return {
    /** The key with which codes of an event are signed now. */
    signingKey (event_id: string): SigningKey {
      const known = signing.get(event_id)
      if (known) return known
      const private_key = deriveEd25519(secret, `ticket:${event_id}`)
      const public_key = createPublicKey(private_key).export({ type: 'spki', format: 'der' })
        .subarray(spki_prefix.length)
      const kid = keyIdOf(createHash('sha256').update(public_key).digest())
      const key = { kid, event_id, public_key, private_key }
      if (signing.size >= max_remembered) signing.clear()
      signing.set(event_id, key)
      return key
    },

    /**
     * The code of a ticket. Signs on another thread: a batch of thousands must not hold up
     * requests.
     */
    async code (key: SigningKey, ticket_id: string): Promise<string> {
      const signed = bytesToSign(key.kid, ticket_id)
      return encodeTicketCode(signed, await signAside(null, signed, key.private_key))
    },

    /** Whether the key with this public half made the signature. */
    verify (kid: string, public_key: Buffer, signed: Uint8Array, signature: Uint8Array): boolean {
      let key = verifying.get(kid)
      if (!key) {
        key = createPublicKey({
          key: Buffer.concat([spki_prefix, public_key]), format: 'der', type: 'spki',
        })
        if (verifying.size >= max_remembered) verifying.clear()
        verifying.set(kid, key)
      }
      return verify(null, signed, key, signature)
    },
  }
}
