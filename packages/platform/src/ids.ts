import { randomFillSync } from 'node:crypto'

let last_ms = 0
let sequence = 0

/** Random bytes for many ids: asking the system for each alone costs more than the rest of it. */
const random = Buffer.alloc(4096)
let random_used = random.length

/** Where the next `count` random bytes stand in `random`. */
function drawRandom (count: number): number {
  if (random_used + count > random.length) {
    randomFillSync(random)
    random_used = 0
  }
  random_used += count
  return random_used - count
}

const hex_of = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

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
  const time = last_ms.toString(16).padStart(12, '0')
  const at = drawRandom(8)
  const hex = (index: number) => hex_of[random[at + index]!]!
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex_of[sequence >> 8]![1]}${hex_of[sequence & 0xff]}-` +
    `${hex_of[0x80 | (random[at]! & 0x3f)]}${hex(1)}-${hex(2)}${hex(3)}${hex(4)}${hex(5)}${hex(6)}${hex(7)}`
}

/** The least UUIDv7 of a moment: all made before it are smaller, all others are not. */
export function firstIdAt (ms: number): string {
  const time = ms.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-0000-0000-000000000000`
}

/** 32 hexadecimal digits as a UUID is written. */
export const toUuid = (hex: string) =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')

/**
 * Letters and digits that are not mistaken for one another when read aloud or typed (Crockford
 * base32).
 */
const readable = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A short random code for people, e.g. `7K3QZ9TR`: five bits a character, each from its own byte. */
export function readableCode (length: number): string {
  let code = ''
  const at = drawRandom(length)
  for (let i = 0; i < length; i++) code += readable[random[at + i]! & 31]
  return code
}
