import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTally } from './tally.ts'

test('createTally: counts as a map does, however its keys meet', () => {
  // Few different remainders, so that keys meet in the table; 0 is a key as others are.
  const key = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2 ** 20 }))
    .map(([remainder, factor]) => remainder + factor * 1024)
  fc.assert(fc.property(fc.array(key, { maxLength: 3000 }), keys => {
    const tally = createTally()
    const counts = new Map<number, number>()
    for (const one of [...keys, ...keys.slice(0, 20)]) {
      tally.add(one)
      counts.set(one, (counts.get(one) ?? 0) + 1)
    }
    for (const [one, count] of counts) expect(tally.of(one)).toBe(count)
    expect(tally.of(2 ** 47 + 3)).toBe(0)
    for (const one of counts.keys()) tally.set(one, one + 1)
    for (const one of counts.keys()) expect(tally.of(one)).toBe(one + 1)
  }), { numRuns: 30 })
})

test('createTally: holds a hundred thousand', () => {
  const tally = createTally()
  for (let key = 0; key < 100_000; key++) tally.add(key * 1_000_003)
  for (let key = 0; key < 100_000; key += 97) expect(tally.of(key * 1_000_003)).toBe(1)
})
