/** How far the order in which people came decides the order in which they are served. */

const cells = 10
/** Of a table of 10 by 10 whose margins are fixed: 81 degrees of freedom, p = 0.01. */
export const critical_at_1_percent = 113.5

/** Chi-square of arrival against place, both in tenths of those that are given. */
export function chiSquareOf (pairs: readonly { arrival: number, place: number }[]): number {
  const ranked = (field: 'arrival' | 'place') => {
    const order = pairs.map((_, index) => index).sort((a, b) => pairs[a]![field] - pairs[b]![field])
    const ranks = Array.from({ length: pairs.length }, () => 0)
    order.forEach((index, rank) => { ranks[index] = Math.floor(rank * cells / pairs.length) })
    return ranks
  }
  const arrivals = ranked('arrival')
  const places = ranked('place')
  const counts = new Float64Array(cells * cells)
  pairs.forEach((_, index) => { counts[arrivals[index]! * cells + places[index]!]!++ })
  const expected = pairs.length / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

/** Waves in which somebody has a place before one of the wave that was answered earlier. */
export const countInversions = (waves: readonly number[][]): number =>
  waves.filter((wave, index) =>
    index > 0 && Math.min(...wave) < Math.max(...waves[index - 1]!)).length
