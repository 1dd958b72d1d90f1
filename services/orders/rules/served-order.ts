/**
 * Who is served when, of all who joined before the opening: the drawn order, in which no network
 * takes more than its part while others wait. docs/concepts/waiting-room.md has it in words and
 * tools/verify-draw.ts in a second program.
 */

/** One place of so many goes to the same network at most, while others wait. */
const places_for_one = 4

/** Those of a network that were passed over, in the drawn order. */
interface PassedOver { network: number, ranks: number[], next: number }

/**
 * Each place is for the first in the drawn order whose network has none so far, or has, this place
 * included, at most a quarter of those given. Where nobody is left whose network may, it is for the
 * network with the fewest.
 * @param networks in the drawn order, equal for those of one network
 * @yields their indexes in the order of service
 */
export function * servedOrder (networks: Float64Array): Generator<number, void> {
  const given = new Map<number, number>()
  // Never more than some: whoever is passed over has a quarter of the places, or one of the first.
  const passed = new Map<number, PassedOver>()
  let next = 0
  for (let place = 1; place <= networks.length; place++) {
    const may = (network: number) => {
      const count = given.get(network) ?? 0
      return count === 0 || (count + 1) * places_for_one <= place
    }
    let rank = takeFirst(passed, may)
    while (rank === undefined && next < networks.length) {
      const network = networks[next]!
      if (!passed.has(network) && may(network)) rank = next
      else passOver(passed, network, next)
      next++
    }
    rank ??= takeFewest(passed, given)
    const network = networks[rank]!
    given.set(network, (given.get(network) ?? 0) + 1)
    yield rank
  }
}

const headOf = ({ ranks, next }: PassedOver) => ranks[next]!

function passOver (passed: Map<number, PassedOver>, network: number, rank: number): void {
  const known = passed.get(network)
  if (known) known.ranks.push(rank)
  else passed.set(network, { network, ranks: [rank], next: 0 })
}

function takeFirst (
  passed: Map<number, PassedOver>, may: (network: number) => boolean
): number | undefined {
  let first: PassedOver | undefined
  for (const one of passed.values()) {
    if ((!first || headOf(one) < headOf(first)) && may(one.network)) first = one
  }
  return first && takeHead(passed, first)
}

/** Everybody who waits was passed over. */
function takeFewest (passed: Map<number, PassedOver>, given: ReadonlyMap<number, number>): number {
  const [one] = [...passed.values()].sort((a, b) =>
    (given.get(a.network) ?? 0) - (given.get(b.network) ?? 0) || headOf(a) - headOf(b))
  return takeHead(passed, one!)
}

function takeHead (passed: Map<number, PassedOver>, one: PassedOver): number {
  const rank = headOf(one)
  one.next++
  if (one.next === one.ranks.length) passed.delete(one.network)
  return rank
}
