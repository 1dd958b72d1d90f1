/**
 * What a place in a waiting room costs; docs/concepts/waiting-room.md gives the reason of every
 * number.
 */

/** Leading zero bits of the first join that has a price: 262,144 hashes, about a second of a phone. */
const first_bits = 18
/** Four million hashes. More would ask of people what a machine with a graphics card does not feel. */
const most_bits = 22
/** The number may have grown while a visitor's sum was under way. */
const tolerated_bits = 1
/** After the opening places are those of arrival: then a network takes five a second at most. */
const late_gap_ms = 200
/** Who waits instead of computing shares the pace with all who do so on the same network. */
const waited_gap_ms = 2000

/** What somebody did for their place. */
export type Effort = { kind: 'none' } | { kind: 'solved', bits: number } | { kind: 'waited' }

export interface JoinPrices { free: number, most: number }

/** A network at one event. */
export interface NetworkJoins {
  joins: number
  /** When it was last given a place, by the room's clock; -Infinity: long ago. */
  last_ms: number
}

export type JoinVerdict =
  | { kind: 'joins' }
  /** No more of this network. */
  | { kind: 'network_full', limit: number }
  | { kind: 'priced', bits: number }
  /** Paid; but others of the network come first. */
  | { kind: 'paced', retry_ms: number }

/** Doubles each time the joins of the network do. */
export const bitsFor = (joins: number, free: number): number =>
  Math.min(most_bits, first_bits + Math.floor(Math.log2(Math.max(1, joins / Math.max(1, free)))))

/** @param is_late whether the draw has taken place */
export function judgeJoin (
  { joins, last_ms }: NetworkJoins, effort: Effort, { free, most }: JoinPrices,
  is_late: boolean, now_ms: number
): JoinVerdict {
  if (joins >= most) return { kind: 'network_full', limit: most }
  if (joins < free) return { kind: 'joins' }
  const bits = bitsFor(joins, free)
  const has_solved = effort.kind === 'solved' && effort.bits >= bits - tolerated_bits
  if (!has_solved && effort.kind !== 'waited') return { kind: 'priced', bits }
  const gap_ms = has_solved ? is_late ? late_gap_ms : 0 : waited_gap_ms
  const retry_ms = last_ms + gap_ms - now_ms
  return retry_ms > 0 ? { kind: 'paced', retry_ms } : { kind: 'joins' }
}
