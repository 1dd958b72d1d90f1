import fc from 'fast-check'
import { expect, test } from 'vitest'
import { recipient_pace, spend, type Pace } from './mail-allowance.ts'

const hour_ms = 3_600_000

const upTo = (max: number) => fc.integer({ min: 1, max })
const byNumber = (a: number, b: number) => a - b

/** When mails leave that are asked for at these moments. */
function leave (moments: number[], pace: Pace): number[] {
  let kept = 0
  return moments.map(now => {
    const { wait_ms, spent_until } = spend(kept, now, pace)
    kept = spent_until
    return now + wait_ms
  })
}

test('spend: a letter box gets five at once, then one every six hours', () => {
  const start = 1_800_000_000_000
  const left = leave(Array.from({ length: 8 }, () => start), recipient_pace)
  const hours = left.map(at => (at - start) / hour_ms)
  expect(hours).toEqual([0, 0, 0, 0, 0, 6, 12, 18])
})

test('spend: whatever is asked for when, no window holds more than the burst and what its time allows', () => {
  fc.assert(fc.property(
    fc.array(upTo(1000), { minLength: 1, maxLength: 60 }), upTo(6), upTo(50), upTo(400),
    (moments, burst, every_ms, window_ms) => {
      const sent = leave(moments.toSorted(byNumber), { burst, every_ms }).toSorted(byNumber)
      for (const from of sent) {
        const within = sent.filter(at => at >= from && at <= from + window_ms).length
        expect(within).toBeLessThanOrEqual(burst + Math.floor(window_ms / every_ms))
      }
    }))
})

test('spend: whoever keeps to the pace never waits', () => {
  fc.assert(fc.property(upTo(50), upTo(40), (every_ms, count) => {
    const moments = Array.from({ length: count }, (_, index) => index * every_ms)
    expect(leave(moments, { burst: 1, every_ms })).toEqual(moments)
  }))
})
