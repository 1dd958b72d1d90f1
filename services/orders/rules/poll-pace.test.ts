import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextPace, shortest_poll_ms } from './poll-pace.ts'

/** Polls that so many watchers send within one pace, each once. */
const settled = (watchers: number) => {
  let pace_ms = shortest_poll_ms
  const paces = Array.from({ length: 5 }, () => pace_ms = nextPace(pace_ms, watchers, pace_ms))
  return { pace_ms, paces }
}

test('nextPace: few who look ask every two seconds, a crowd less often', () => {
  expect([1, 2000, 2001, 10_000, 100_000].map(watchers => settled(watchers).pace_ms))
    .toEqual([2000, 2000, 3000, 12_000, 30_000])
})

test('nextPace: a crowd that stays keeps its pace, instead of asking in waves', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 1_000_000 }), watchers => {
    expect(new Set(settled(watchers).paces).size).toBe(1)
  }))
})

test('nextPace: no more than a thousand ask in a second, as long as the longest pace allows it', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 30_000 }), watchers => {
    expect(watchers / (settled(watchers).pace_ms / 1000)).toBeLessThanOrEqual(1000)
  }))
})

test('nextPace: a pause between two looks makes nobody a crowd', () => {
  expect(nextPace(2000, 100, 600_000)).toBe(2000)
  expect(nextPace(30_000, 30_000, 60_000)).toBe(20_000)
})
