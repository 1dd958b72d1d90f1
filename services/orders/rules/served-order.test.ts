import fc from 'fast-check'
import { expect, test } from 'vitest'
import { servedOrder } from './served-order.ts'

const serve = (networks: number[]) => [...servedOrder(Float64Array.from(networks))]

/** The sentence of docs/concepts/waiting-room.md, word for word, however slow. */
function model (networks: number[]): number[] {
  const waiting = networks.map((network, rank) => ({ network, rank }))
  const given = (of: number) => served.filter(rank => networks[rank] === of).length
  const served: number[] = []
  while (waiting.length > 0) {
    const place = served.length + 1
    const first = waiting.find(({ network }) =>
      given(network) === 0 || given(network) + 1 <= place / 4)
    const chosen = first ?? waiting.toSorted((a, b) =>
      given(a.network) - given(b.network) || a.rank - b.rank)[0]!
    waiting.splice(waiting.indexOf(chosen), 1)
    served.push(chosen.rank)
  }
  return served
}

/** Crowds of very different sizes. */
const crowds = fc.array(fc.oneof(
  fc.constant(1), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 30 })
), { maxLength: 120 })

test('servedOrder: does what its sentence says', () => {
  fc.assert(fc.property(crowds, networks => {
    expect(serve(networks)).toEqual(model(networks))
  }), { numRuns: 300 })
})

test('servedOrder: everybody has one place, and who comes alone keeps the drawn order', () => {
  fc.assert(fc.property(crowds, networks => {
    const served = serve(networks)
    expect(served.toSorted((a, b) => a - b)).toEqual(networks.map((_, rank) => rank))
    const counts = Map.groupBy(networks, network => network)
    const alone = served.filter(rank => counts.get(networks[rank]!)!.length === 1)
    expect(alone).toEqual(alone.toSorted((a, b) => a - b))
  }))
})

test('servedOrder: no network has more than a quarter of any beginning while four others wait', () => {
  fc.assert(fc.property(crowds, networks => {
    const served = serve(networks)
    for (let place = 1; place <= served.length; place++) {
      const waiting = new Set(served.slice(place - 1).map(rank => networks[rank]))
      if (waiting.size < 5) return
      const given = Map.groupBy(served.slice(0, place), rank => networks[rank])
      const most = Math.max(...[...given.values()].map(ranks => ranks.length))
      expect(most).toBeLessThanOrEqual(Math.max(1, Math.floor(place / 4)))
    }
  }))
})

test('servedOrder: one network alone is served as drawn, and two take turns', () => {
  expect(serve([1, 1, 1, 1, 1, 1])).toEqual([0, 1, 2, 3, 4, 5])
  expect(serve([1, 1, 1, 1, 2, 2])).toEqual([0, 4, 1, 5, 2, 3])
})
