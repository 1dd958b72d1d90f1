import { decodeBase32, encodeBase32 } from './base32.ts'

/**
 * What a ticket's QR holds: 90 bytes as 144 characters of base32.
 *
 * | bytes | characters | what |
 * |---|---|---|
 * | 0-9 | 0-15 | key id: version 1, then 9 bytes of the SHA-256 of the event's public key |
 * | 10-25 | 16-41 | ticket id (ends within character 41) |
 * | 26-89 | 41-143 | Ed25519 signature of bytes 0-25 |
 *
 * Each event has a key of its own, so the key id says which event a code is for, and a code of
 * another event cannot be turned into one of this. No personal data, nothing that says what was
 * paid.
 */
export const code_version = 1
export const key_id_bytes = 10
const ticket_id_bytes = 16
const signed_bytes = key_id_bytes + ticket_id_bytes
const signature_bytes = 64
const code_length = (signed_bytes + signature_bytes) / 5 * 8
/** With the blanks between groups, as it is printed to be typed; more is not a code. */
const max_input_length = 2 * code_length

export interface TicketCode {
  /** As it was given out: capitals, no blanks. */
  text: string
  /** The first 16 characters of the code. */
  kid: string
  ticket_id: string
  signed: Uint8Array
  signature: Uint8Array
}

/** @param digest SHA-256 of the raw 32-byte public key */
export const keyIdOf = (digest: Uint8Array) =>
  encodeBase32(Uint8Array.of(code_version, ...digest.subarray(0, key_id_bytes - 1)))

/** The bytes to sign for a ticket. */
export function bytesToSign (kid: string, ticket_id: string): Uint8Array {
  const key_id = decodeBase32(kid)
  if (key_id?.length !== key_id_bytes) throw new RangeError('Not a key id')
  const bytes = new Uint8Array(signed_bytes)
  bytes.set(key_id)
  bytes.set(bytesOfUuid(ticket_id), key_id_bytes)
  return bytes
}

export function encodeTicketCode (signed: Uint8Array, signature: Uint8Array): string {
  if (signed.length !== signed_bytes || signature.length !== signature_bytes) {
    throw new RangeError('Not the parts of a ticket code')
  }
  const bytes = new Uint8Array(signed_bytes + signature_bytes)
  bytes.set(signed)
  bytes.set(signature, signed_bytes)
  return encodeBase32(bytes)
}

/**
 * The parts of a code as it was scanned, typed or pasted (blanks and small letters are forgiven),
 * not yet verified; null for anything that is not shaped like one.
 */
export function readTicketCode (input: string): TicketCode | null {
  if (input.length > max_input_length) return null
  const text = input.replace(/\s/g, '').toUpperCase()
  if (text.length !== code_length) return null
  const bytes = decodeBase32(text)
  if (bytes?.[0] !== code_version) return null
  return {
    text,
    kid: text.slice(0, key_id_bytes / 5 * 8),
    ticket_id: uuidOfBytes(bytes.subarray(key_id_bytes, signed_bytes)),
    signed: bytes.subarray(0, signed_bytes),
    signature: bytes.subarray(signed_bytes),
  }
}

/**
 * The code, if the event's key signed it.
 * @param verify Ed25519: whether `signature` over `signed` is by the key that `kid` names
 */
export function verifyTicketCode (
  input: string, verify: (kid: string, signed: Uint8Array, signature: Uint8Array) => boolean
): TicketCode | null {
  const code = readTicketCode(input)
  return code && verify(code.kid, code.signed, code.signature) ? code : null
}

const bytesOfUuid = (uuid: string) =>
  Uint8Array.from(uuid.replaceAll('-', '').match(/../g) ?? [], pair => parseInt(pair, 16))

function uuidOfBytes (bytes: Uint8Array): string {
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
