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
  let held = 0
  let held_bits = 0
  for (const byte of bytes) {
    // At most four bits are left over from before, so this never outgrows twelve.
    held = (held << 8 | byte) & 0xfff
    held_bits += 8
    for (; held_bits >= 5; held_bits -= 5) text += alphabet[held >> held_bits - 5 & 31]
  }
  return text
}

/** The bytes of a text that `encodeBase32` wrote; null for any other. */
export function decodeBase32 (text: string): Uint8Array | null {
  if (text.length % 8 !== 0) return null
  const bytes = new Uint8Array(text.length / 8 * 5)
  let held = 0
  let held_bits = 0
  let at = 0
  for (const character of text) {
    const value = values.get(character)
    if (value === undefined) return null
    held = (held << 5 | value) & 0xfff
    held_bits += 5
    if (held_bits >= 8) {
      held_bits -= 8
      bytes[at++] = held >> held_bits
    }
  }
  return bytes
}
