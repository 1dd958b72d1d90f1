import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import { id_bytes } from './queue-tokens.ts'

/**
 * The draw, as anybody can repeat it: docs/concepts/waiting-room.md has it in words and
 * tools/verify-draw.ts in a second program.
 */

/**
 * 48 bits are exact in a JavaScript number, and two of a million visitors share one in 1 of 500
 * draws.
 */
const number_bytes = 6
/** Some milliseconds of hashing; then others have their turn. */
const chunk = 4000

export interface Draw {
  /** Ascending; a place is one more than the count of smaller ones. */
  numbers: Float64Array
  order_digest: string
  seed: KeyObject
}

export const hashOfKey = (key: Buffer) => createHash('sha256').update(key).digest('hex')

/** Ties each batch of ids to all before it. */
export const extendDigest = (digest: Buffer, ids: Buffer) =>
  createHash('sha256').update(digest).update(ids).digest()

/** Nobody knows it before the last visitor joined, for it needs their ids as well as the key. */
export const seedOf = (key: Buffer, joins_digest: Buffer) =>
  createSecretKey(createHmac('sha256', key).update(joins_digest).digest())

export const drawNumber = (seed: KeyObject, id: Buffer) =>
  createHmac('sha256', seed).update(id).digest().readUIntBE(0, number_bytes)

/**
 * Draws everybody whose id is in `ids`; a million take some seconds, during which others are
 * served.
 */
export async function draw (seed: KeyObject, ids: Buffer[]): Promise<Draw> {
  const count = ids.reduce((sum, batch) => sum + batch.length / id_bytes, 0)
  const numbers = new Float64Array(count)
  let index = 0
  for (const batch of ids) {
    for (let at = 0; at < batch.length; at += id_bytes) {
      numbers[index++] = drawNumber(seed, batch.subarray(at, at + id_bytes))
      if (index % chunk === 0) await breathe()
    }
  }
  numbers.sort()
  return { numbers, seed, order_digest: digestOf(numbers) }
}

function digestOf (numbers: Float64Array): string {
  const hash = createHash('sha256')
  const bytes = Buffer.alloc(number_bytes)
  for (const value of numbers) {
    bytes.writeUIntBE(value, 0, number_bytes)
    hash.update(bytes)
  }
  return hash.digest('hex')
}

/** From 1. Found by halving, so a million visitors cost twenty comparisons. */
export function placeInDraw ({ numbers, seed }: Draw, id: Buffer): number {
  const own = drawNumber(seed, id)
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (numbers[middle]! < own) low = middle + 1
    else high = middle
  }
  return low + 1
}
