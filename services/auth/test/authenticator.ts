import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import type { PasskeyAssertion, PasskeyAttestation } from '@fermata/contracts/auth'

/**
 * An authenticator as a test needs one: ES256, without attestation (WebAuthn level 3, 6.1), which
 * does what it is told, the wrong things included.
 */

const b64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64url')
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest()

export interface Ceremony {
  /** Of the options that the API gave. */
  challenge: string
  origin?: string
  rp_id?: string
  /** Whether it looked who its owner is. */
  is_verified?: boolean
}

export interface Authenticator {
  id: string
  create: (ceremony: Ceremony) => PasskeyAttestation
  get: (ceremony: Ceremony & { sign_count?: number }) => PasskeyAssertion
}

export function newAuthenticator (usual_origin: string): Authenticator {
  const credential_id = randomBytes(32)
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = b64(credential_id)
  let count = 0
  const clientData = (type: string, { challenge, origin = usual_origin }: Ceremony) =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
  const authenticatorData = (
    { rp_id, is_verified = true }: Ceremony, more: Buffer, flags: number,
  ) => Buffer.concat([sha256(rp_id ?? new URL(usual_origin).hostname),
      Buffer.from([flags | 0x01 | (is_verified ? 0x04 : 0)]), bigEndian(count, 4), more])
  return {
    id,
    create (ceremony) {
      const attested = Buffer.concat([
        Buffer.alloc(16), bigEndian(credential_id.length, 2), credential_id, coseKey(publicKey),
      ])
      const data = authenticatorData(ceremony, attested, 0x40)
      const attestationObject = Buffer.concat([
        Buffer.from([0xa3]), text('fmt'), text('none'), text('attStmt'), Buffer.from([0xa0]),
        text('authData'), Buffer.from([0x59]), bigEndian(data.length, 2), data,
      ])
      return { id, rawId: id, type: 'public-key', response: {
        clientDataJSON: b64(clientData('webauthn.create', ceremony)),
        attestationObject: b64(attestationObject), transports: ['internal'],
      } }
    },
    get (ceremony) {
      count = ceremony.sign_count ?? count + 1
      const data = authenticatorData(ceremony, Buffer.alloc(0), 0)
      const client_data = clientData('webauthn.get', ceremony)
      const signature = sign('sha256', Buffer.concat([data, sha256(client_data)]), privateKey)
      return { id, rawId: id, type: 'public-key', response: {
        clientDataJSON: b64(client_data), authenticatorData: b64(data), signature: b64(signature),
      } }
    },
  }
}

function bigEndian (value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes)
  buffer.writeUIntBE(value, 0, bytes)
  return buffer
}

/** A short CBOR text (RFC 8949). */
const text = (word: string) => Buffer.concat([Buffer.from([0x60 + word.length]), Buffer.from(word)])

/** An EC2 key in COSE (RFC 9053): type 2, ES256, curve P-256, x and y. */
function coseKey (key: KeyObject): Buffer {
  const { x, y } = key.export({ format: 'jwk' })
  const bytes = (value: string) => Buffer.concat([
    Buffer.from([0x58, 0x20]), Buffer.from(value, 'base64url'),
  ])
  return Buffer.concat([
    Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]), bytes(x!),
    Buffer.from([0x22]), bytes(y!),
  ])
}
