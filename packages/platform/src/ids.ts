import { randomFillSync, randomInt } from 'node:crypto'

let last_ms = 0
let sequence = 0

/** Random bytes for 256 ids: asking the system for each id alone costs more than the rest of it. */
const random = Buffer.alloc(256 * 8)
let random_used = random.length

/**
 * A UUIDv7 (RFC 9562): 48 bits of milliseconds, then a 12-bit sequence that keeps ids of one
 * process in order within a millisecond, then 62 random bits.
 */
export function uuidv7 (now_ms = Date.now()): string {
  if (now_ms > last_ms) {
    last_ms = now_ms
    sequence = 0
  } else if (++sequence > 0xfff) {
    // More than 4,096 ids in one millisecond: borrow the next one rather than lose the order.
    last_ms += 1
    sequence = 0
  }
  if (random_used === random.length) {
    randomFillSync(random)
    random_used = 0
  }
  const bytes = Buffer.allocUnsafe(16)
  bytes.writeUIntBE(last_ms, 0, 6)
  bytes[6] = 0x70 | (sequence >> 8)
  bytes[7] = sequence & 0xff
  random.copy(bytes, 8, random_used, random_used += 8)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const hex = bytes.toString('hex')
  return toUuid(hex)
}

/** 32 hexadecimal digits as a UUID is written. */
export const toUuid = (hex: string) =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')

/**
 * Letters and digits that are not mistaken for one another when read aloud or typed (Crockford
 * base32).
 */
const readable = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A short random code for people, e.g. `7K3QZ9TR`: five bits a character. */
export function readableCode (length: number): string {
  let code = ''
  for (let i = 0; i < length; i++) code += readable[randomInt(readable.length)]
  return code
}
