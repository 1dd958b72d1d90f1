/**
 * The sum that a place in a waiting room costs where many come from one network: SHA-256, for short
 * texts and only its first 32 bits (FIPS 180-4). `crypto.subtle` answers each hash by a promise,
 * which takes many times as long.
 */

const block_bytes = 64
/** A block holds the text, a mark of its end, and its length in eight bytes. */
const longest = block_bytes - 9
/** As long as the longest number that the API takes, and far more than are ever needed. */
const most_nonces = 999_999_999

const bits_of_word = 32
const primes = firstPrimes(64)
const fraction = (value: number) => (value - Math.floor(value)) * 2 ** bits_of_word | 0
const round_constants = Int32Array.from(primes, prime => fraction(Math.cbrt(prime)))
const start = Int32Array.from(primes.slice(0, 8), prime => fraction(Math.sqrt(prime)))

function firstPrimes (count: number): number[] {
  const found: number[] = []
  for (let one = 2; found.length < count; one++) {
    if (found.every(prime => one % prime !== 0)) found.push(one)
  }
  return found
}

const rotate = (word: number, by: number) => word >>> by | word << bits_of_word - by

/** The first 32 bits of the hash of one padded block; `words` is written over. */
function firstWord (block: DataView, words: Int32Array): number {
  for (let at = 0; at < 16; at++) words[at] = block.getInt32(at * 4)
  for (let at = 16; at < 64; at++) {
    const [near, far] = [words[at - 2]!, words[at - 15]!]
    const s0 = rotate(far, 7) ^ rotate(far, 18) ^ far >>> 3
    const s1 = rotate(near, 17) ^ rotate(near, 19) ^ near >>> 10
    words[at] = words[at - 16]! + s0 + words[at - 7]! + s1 | 0
  }
  let a = start[0]!, b = start[1]!, c = start[2]!, d = start[3]!
  let e = start[4]!, f = start[5]!, g = start[6]!, h = start[7]!
  for (let at = 0; at < 64; at++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const one = h + s1 + (e & f ^ ~e & g) + round_constants[at]! + words[at]! | 0
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const two = s0 + (a & b ^ a & c ^ b & c) | 0
    h = g
    g = f
    f = e
    e = d + one | 0
    d = c
    c = b
    b = a
    a = one + two | 0
  }
  return start[0]! + a >>> 0
}

/**
 * The smallest number with which SHA-256 of `challenge:number` begins with so many zero bits.
 * @param bits up to 32
 * @returns null when there is none, or the challenge is too long for one block
 */
export function findNonce (challenge: string, bits: number): number | null {
  const prefix = new TextEncoder().encode(`${challenge}:`)
  if (prefix.length + String(most_nonces).length > longest) return null
  const bytes = new Uint8Array(block_bytes)
  const block = new DataView(bytes.buffer)
  const words = new Int32Array(64)
  bytes.set(prefix)
  for (let nonce = 0; nonce <= most_nonces; nonce++) {
    const digits = String(nonce)
    const length = prefix.length + digits.length
    for (let at = 0; at < digits.length; at++) bytes[prefix.length + at] = digits.charCodeAt(at)
    // Numbers only grow longer, so what follows the mark is zero.
    bytes[length] = 0x80
    block.setUint32(block_bytes - 4, length * 8)
    if (firstWord(block, words) >>> bits_of_word - bits === 0) return nonce
  }
  return null
}
