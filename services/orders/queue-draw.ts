import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import { id_bytes } from './queue-tokens.ts'
import { servedOrder } from './rules/served-order.ts'

/**
 * The draw, as anybody can repeat it: docs/concepts/waiting-room.md has it in words and
 * tools/verify-draw.ts in a second program.
 */

/**
 * 48 bits are exact in a JavaScript number, and two of a million visitors share one in 1 of 500
 * draws.
 */
const number_bytes = 6
/**
 * Of a network's keyed hash: as with numbers, two of a million that are taken for one do no harm.
 */
export const network_bytes = 6
/** Some milliseconds of hashing; then others have their turn. */
const chunk = 4000

export interface Draw {
  /** Ascending: the drawn order. */
  numbers: Float64Array
  /** Of each number its place. */
  places: Uint32Array
  order_digest: string
  seed: KeyObject
}

/** Some who joined, in their order. */
export interface Drawn {
  /** 16 bytes for each. */
  ids: Buffer
  /** 6 bytes for each; null: each comes from a network of its own. */
  networks: Buffer | null
}

export const hashOfKey = (key: Buffer) => createHash('sha256').update(key).digest('hex')

/** Ties each batch to all before it. */
export const extendDigest = (digest: Buffer, ids: Buffer, networks: Buffer) =>
  createHash('sha256').update(digest).update(ids).update(networks).digest()

/** Nobody knows it before the last visitor joined, for it needs their ids as well as the key. */
export const seedOf = (key: Buffer, joins_digest: Buffer) =>
  createSecretKey(createHmac('sha256', key).update(joins_digest).digest())

export const drawNumber = (seed: KeyObject, id: Buffer) =>
  createHmac('sha256', seed).update(id).digest().readUIntBE(0, number_bytes)

/**
 * Draws everybody in `batches`, and gives the places in that order but for the part of each network
 * (rules/served-order.ts). A million take some seconds, during which others are served.
 */
export async function draw (seed: KeyObject, batches: Drawn[]): Promise<Draw> {
  const drawn = await drawNumbers(seed, batches)
  const numbers = drawn.toSorted()
  const networks = await networksByRank(numbers, drawn, batches)
  const places = new Uint32Array(numbers.length)
  const hash = createHash('sha256')
  const bytes = Buffer.alloc(chunk * number_bytes)
  let place = 0
  for (const rank of servedOrder(networks)) {
    bytes.writeUIntBE(numbers[rank]!, place % chunk * number_bytes, number_bytes)
    places[rank] = ++place
    if (place % chunk === 0) {
      hash.update(bytes)
      await breathe()
    }
  }
  hash.update(bytes.subarray(0, place % chunk * number_bytes))
  return { numbers, places, seed, order_digest: hash.digest('hex') }
}

/** In the order of joining. */
async function drawNumbers (seed: KeyObject, batches: Drawn[]): Promise<Float64Array> {
  const count = batches.reduce((sum, { ids }) => sum + ids.length / id_bytes, 0)
  const numbers = new Float64Array(count)
  let index = 0
  for (const { ids } of batches) {
    for (let at = 0; at < ids.length; at += id_bytes) {
      numbers[index++] = drawNumber(seed, ids.subarray(at, at + id_bytes))
      if (index % chunk === 0) await breathe()
    }
  }
  return numbers
}

/**
 * The network of each number in the drawn order; of two equal numbers who joined first is first.
 */
async function networksByRank (
  numbers: Float64Array, drawn: Float64Array, batches: Drawn[]
): Promise<Float64Array> {
  const by_rank = new Float64Array(numbers.length).fill(NaN)
  let index = 0
  for (const { ids, networks } of batches) {
    for (let at = 0; at < ids.length / id_bytes; at++) {
      let rank = rankOf(numbers, drawn[index]!)
      while (!Number.isNaN(by_rank[rank])) rank++
      index++
      by_rank[rank] = networks ? networks.readUIntBE(at * network_bytes, network_bytes) : -index
      if (index % chunk === 0) await breathe()
    }
  }
  return by_rank
}

/**
 * How many numbers are smaller. Found by halving, so a million visitors cost twenty comparisons.
 */
function rankOf (numbers: Float64Array, own: number): number {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (numbers[middle]! < own) low = middle + 1
    else high = middle
  }
  return low
}

/** From 1; null for an id that took no part. */
export const placeInDraw = ({ numbers, places, seed }: Draw, id: Buffer): number | null =>
  places[rankOf(numbers, drawNumber(seed, id))] ?? null
