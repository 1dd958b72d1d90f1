/**
 * Crockford's base32 without its leniencies: one text for each value, in characters that a QR code
 * packs densely (alphanumeric mode) and that survive addresses, keyboards and being read aloud.
 */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const values = new Map(alphabet.split('').map((character, value) => [character, value]))

/** @param bytes a multiple of five, so that every bit of the text means something */
export function encodeBase32 (bytes: Uint8Array): string {
  if (bytes.length % 5 !== 0) throw new RangeError('Only whole groups of five bytes')
  let text = ''
  for (let at = 0; at < bytes.length; at += 5) {
    let group = 0n
    for (const byte of bytes.subarray(at, at + 5)) group = group << 8n | BigInt(byte)
    for (let shift = 35n; shift >= 0n; shift -= 5n) text += alphabet[Number(group >> shift & 31n)]
  }
  return text
}

/** The bytes of a text that `encodeBase32` wrote; null for any other. */
export function decodeBase32 (text: string): Uint8Array | null {
  if (text.length % 8 !== 0) return null
  const bytes = new Uint8Array(text.length / 8 * 5)
  for (let at = 0; at < text.length; at += 8) {
    let group = 0n
    for (const character of text.slice(at, at + 8)) {
      const value = values.get(character)
      if (value === undefined) return null
      group = group << 5n | BigInt(value)
    }
    for (let index = 4; index >= 0; index--) {
      bytes[at / 8 * 5 + index] = Number(group & 255n)
      group >>= 8n
    }
  }
  return bytes
}
