import fc from 'fast-check'
import { expect, test } from 'vitest'
import { admit, type Measured, type Speed } from './admission.ts'

const still: Speed = { in_checkout: 0, left_per_second: 0, admitted_per_second: 0 }
const measured = fc.record<Measured>({
  waiting: fc.nat(1_000_000), choosing: fc.nat(5000), paying: fc.nat(5000),
  available: fc.nat(100_000),
  seconds: fc.oneof(fc.constant(null), fc.double({ min: 0.5, max: 3600, noNaN: true })),
})
const speeds = fc.record<Speed>({
  in_checkout: fc.nat(20_000), left_per_second: fc.double({ min: 0, max: 1000, noNaN: true }),
  admitted_per_second: fc.double({ min: 0, max: 1000, noNaN: true }),
})

test('admit: never lets in more than wait, fit, or could find a ticket', () => {
  const mosts = fc.integer({ min: 1, max: 100_000 })
  fc.assert(fc.property(measured, speeds, mosts, (now, before, most) => {
    const { admitted, in_checkout, left_per_second, admitted_per_second } = admit(now, before, most)
    expect(admitted).toBeGreaterThanOrEqual(0)
    expect(admitted).toBeLessThanOrEqual(now.waiting)
    if (admitted > 0) {
      expect(in_checkout).toBeLessThanOrEqual(most)
      expect(now.choosing + admitted).toBeLessThanOrEqual(2 * now.available)
    }
    expect(Math.min(left_per_second, admitted_per_second)).toBeGreaterThanOrEqual(0)
  }))
})

test('admit: nobody comes in for tickets that are not there', () => {
  const now = { waiting: 500, choosing: 0, paying: 80, available: 0, seconds: 1 }
  expect(admit(now, still, 1000).admitted).toBe(0)
})

test('admit: a pause is not made up for by a crowd', () => {
  const now = { waiting: 90_000, choosing: 0, paying: 0, available: 90_000, seconds: 3600 }
  expect(admit(now, still, 50_000).admitted).toBe(100)
})

test('admit: steps of any length let in as many as the time allows', () => {
  const length = fc.double({ min: 0.5, max: 1.9, noNaN: true })
  fc.assert(fc.property(fc.array(length, { minLength: 100, maxLength: 200 }), lengths => {
    let [admitted, unused] = [0, 0]
    for (const passed of lengths) {
      const seconds = Math.min(2, passed + unused)
      const now = { waiting: 1e6, choosing: 0, paying: 0, available: 1e6, seconds }
      const step = admit(now, still, 1e6)
      admitted += step.admitted
      unused = step.unused_seconds
    }
    const passed = lengths.reduce((sum, one) => sum + one, 0)
    expect(Math.abs(admitted / (50 * passed) - 1)).toBeLessThan(0.005)
  }))
})

/** A checkout that finishes at most `capacity` people a second, each after `stay` seconds. */
function simulate (
  capacity: number, { most, stay, seconds }: { most: number, stay: number, seconds: number }
) {
  let speed = still
  let waiting = 1_000_000
  const inside: number[] = []
  let credit = 0
  const admissions: number[] = []
  for (let second = 0; second < seconds; second++) {
    credit = Math.min(credit + capacity, 2 * capacity)
    while (credit >= 1 && inside.length > 0 && second - inside[0]! >= stay) {
      inside.shift()
      credit--
    }
    const now = { waiting, choosing: inside.length, paying: 0, available: 1_000_000,
      seconds: second === 0 ? null : 1 }
    const step = admit(now, speed, most)
    speed = step
    waiting -= step.admitted
    for (let count = 0; count < step.admitted; count++) inside.push(second)
    admissions.push(step.admitted)
  }
  return { admissions, speed }
}

test.each([3, 17.5, 40, 120])('admit: follows a checkout that serves %d people a second within 2 %%', capacity => {
  const { admissions, speed } = simulate(capacity, { most: 500, stay: 3, seconds: 400 })
  const settled = admissions.slice(-200)
  const rate = settled.reduce((sum, one) => sum + one, 0) / settled.length
  expect(Math.abs(rate / capacity - 1)).toBeLessThan(0.02)
  expect(Math.abs(speed.admitted_per_second / capacity - 1)).toBeLessThan(0.1)
})

test('admit: slows down within seconds when the checkout does', () => {
  const fast = simulate(100, { most: 300, stay: 2, seconds: 100 })
  const now = { waiting: 1000, choosing: 300, paying: 0, available: 9999, seconds: 1 }
  const slowed = admit(now, fast.speed, 300)
  expect(fast.admissions.at(-1)).toBeGreaterThan(90)
  expect(slowed.admitted).toBe(0)
})
