/**
 * Chance that can be had again: the same seed gives the same numbers. Xorshift with 32 bits
 * (Marsaglia 2003), fast and good enough to mix up a crowd.
 * @returns draws a whole number from 0 up to but not including `below`
 */
export function createRandom (seed: number): (below: number) => number {
  // Small seeds differ in few bits; multiplied, they begin far from each other. Zero would stay.
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1
  return below => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}
