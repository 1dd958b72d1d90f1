import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pollBefore, standingOf, waitFor, type RoomView } from './queue-position.ts'

const room: RoomView = {
  state: 'open', opens_in_ms: 0, admitted_up_to: 100, missed_up_to: 40, admitted_per_second: 5,
}
const spreads = fc.double({ min: 0, max: 1, noNaN: true })

test('standingOf: every place of an open room is missed, on its turn, or in line', () => {
  const rooms = fc.tuple(fc.nat(10_000), fc.nat(10_000)).map(([a, b]) =>
    ({ ...room, missed_up_to: Math.min(a, b), admitted_up_to: Math.max(a, b) }))
  fc.assert(fc.property(rooms, fc.integer({ min: 1, max: 20_000 }), spreads,
    (view, place, spread) => {
      const { status, ahead, poll_after_ms } = standingOf(view, place, spread)
      const wanted = place <= view.missed_up_to ? 'missed' : place <= view.admitted_up_to ? 'your_turn' : 'in_line'
      expect(status).toBe(wanted)
      if (status === 'in_line') expect(ahead).toBe(place - view.admitted_up_to - 1)
      expect(poll_after_ms).toBeGreaterThanOrEqual(1000)
      expect(poll_after_ms).toBeLessThanOrEqual(33_000)
    }))
})

test('standingOf: who is further away asks less often, and is told a longer wait', () => {
  const near = standingOf(room, 111, 0.5)
  const far = standingOf(room, 1100, 0.5)
  expect(near).toMatchObject({ ahead: 10, expected_wait_seconds: 3, poll_after_ms: 2000 })
  expect(far).toMatchObject({ ahead: 999, expected_wait_seconds: 200, poll_after_ms: 20_000 })
})

test('standingOf: says nothing of the wait while nobody moves', () => {
  expect(standingOf({ ...room, admitted_per_second: 0 }, 200, 0).expected_wait_seconds).toBeNull()
  expect(waitFor(10, 0.001)).toBeNull()
})

test('standingOf: before the draw there is no place, and after the sale none is left', () => {
  expect(standingOf({ ...room, state: 'before_opening', opens_in_ms: 5000 }, null, 0))
    .toMatchObject({ status: 'before_opening', place: null })
  expect(standingOf({ ...room, state: 'drawing' }, null, 0).status).toBe('drawing')
  expect(standingOf({ ...room, state: 'sold_out' }, 50, 0).status).toBe('sold_out')
  expect(standingOf({ ...room, state: 'closed' }, 50, 0).status).toBe('closed')
})

test('pollBefore: nobody asks across the opening, and the crowd is spread behind it', () => {
  fc.assert(fc.property(fc.nat(100_000_000), spreads, (opens_in_ms, spread) => {
    const poll_ms = pollBefore(opens_in_ms, spread)
    // Either before the opening or within three seconds of it.
    expect(poll_ms <= opens_in_ms || poll_ms <= opens_in_ms + 3001).toBe(true)
    expect(poll_ms).toBeLessThanOrEqual(63_001)
  }))
  expect(pollBefore(1000, 0)).toBe(1000)
  expect(pollBefore(1000, 1)).toBe(4000)
})
