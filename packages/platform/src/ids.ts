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

/** An id while it is written: one flat string leaves less to collect than its pieces joined. */
const text = Buffer.from('00000000-0000-7000-8000-000000000000')
const digits = Buffer.from('0123456789abcdef')

function writeByte (at: number, byte: number): void {
  text[at] = digits[byte >> 4]!
  text[at + 1] = digits[byte & 0xf]!
}

/** The first twelve digits; they change once a millisecond. */
function writeTime (ms: number): void {
  const time = ms.toString(16).padStart(12, '0')
  text.write(time.slice(0, 8), 0, 'latin1')
  text.write(time.slice(8), 9, 'latin1')
}

/** Where in the text the last six random bytes stand. */
const places = [24, 26, 28, 30, 32, 34]

/**
 * A UUIDv7 (RFC 9562): 48 bits of milliseconds, then a 12-bit sequence that keeps ids of one
 * process in order within a millisecond, then 62 random bits.
 */
export function uuidv7 (now_ms = Date.now()): string {
  if (now_ms > last_ms) {
    last_ms = now_ms
    sequence = 0
    writeTime(last_ms)
  } else if (++sequence > 0xfff) {
    // More than 4,096 ids in one millisecond: borrow the next one rather than lose the order.
    last_ms += 1
    sequence = 0
    writeTime(last_ms)
  }
  text[15] = digits[sequence >> 8]!
  writeByte(16, sequence & 0xff)
  const at = drawRandom(8)
  writeByte(19, 0x80 | (random[at]! & 0x3f))
  writeByte(21, random[at + 1]!)
  for (let index = 0; index < places.length; index++) {
    writeByte(places[index]!, random[at + 2 + index]!)
  }
  return text.toString('latin1')
}

/** As many as three hexadecimal digits count. */
const max_places = 4095

/**
 * A UUIDv8 (RFC 9562) that many have in common: a UUIDv7 whose last three digits are zero, and say
 * with `idAt` which of them is meant.
 */
export function sharedId (): string {
  const id = uuidv7()
  return `${id.slice(0, 14)}8${id.slice(15, 33)}000`
}

/** @param place from 1 to 4,095 */
export const idAt = (shared: string, place: number) =>
  shared.slice(0, 33) + place.toString(16).padStart(3, '0')

/** The id that it shares with others and its place among them, counted from 1; or it alone. */
export const originOf = (id: string): { id: string, place: number | null } => id[14] === '8'
  ? { id: `${id.slice(0, 33)}000`, place: Number.parseInt(id.slice(33), 16) } : { id, place: null }

/** Ids of what is made in one go: what is kept of all of them fits in few rows. */
export function idsTogether (count: number): string[] {
  if (count === 1) return [uuidv7()]
  let shared = ''
  return Array.from({ length: count }, (_, index) => {
    const place = index % max_places
    if (place === 0) shared = sharedId()
    return idAt(shared, place + 1)
  })
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

/**
 * A short random code for people, e.g. `7K3QZ9TR`: five bits a character, each from its own byte.
 */
export function readableCode (length: number): string {
  let code = ''
  const at = drawRandom(length)
  for (let i = 0; i < length; i++) code += readable[random[at + i]! & 31]
  return code
}
