import { offsetMinutesAt } from '@fermata/contracts/clocks'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { vtimezone, wallClock } from './time-zone.ts'

const at = (iso: string) => Date.parse(iso)

test('wallClock: shows what clocks at the place show', () => {
  expect(wallClock(at('2027-07-03T18:00:00Z'), 'Europe/Paris')).toBe('20270703T200000')
  expect(wallClock(at('2027-01-03T18:00:00Z'), 'Europe/Paris')).toBe('20270103T190000')
  expect(wallClock(at('2027-07-03T18:00:00Z'), 'Asia/Kolkata')).toBe('20270703T233000')
  expect(wallClock(at('2027-07-03T02:00:00Z'), 'America/St_Johns')).toBe('20270702T233000')
  expect(wallClock(at('2027-07-03T18:00:00Z'), 'UTC')).toBe('20270703T180000')
})

test('vtimezone: names both changes of the year before the event', () => {
  expect(vtimezone('Europe/Paris', at('2027-07-03T18:00:00Z'), at('2027-07-03T20:00:00Z')).split('\r\n')).toEqual([
    'BEGIN:VTIMEZONE', 'TZID:Europe/Paris',
    'BEGIN:DAYLIGHT', 'DTSTART:20260628T020000', 'TZOFFSETFROM:+0200', 'TZOFFSETTO:+0200', 'END:DAYLIGHT',
    'BEGIN:STANDARD', 'DTSTART:20261025T030000', 'TZOFFSETFROM:+0200', 'TZOFFSETTO:+0100', 'END:STANDARD',
    'BEGIN:DAYLIGHT', 'DTSTART:20270328T020000', 'TZOFFSETFROM:+0100', 'TZOFFSETTO:+0200', 'END:DAYLIGHT',
    'END:VTIMEZONE',
  ])
})

/** Reads a VTIMEZONE as a calendar does: the offset of the latest observance that began by then. */
function offsetIn (text: string, clock: string): number {
  const observances = [...text.matchAll(/DTSTART:(\S+)\r\nTZOFFSETFROM:\S+\r\nTZOFFSETTO:([+-])(\d\d)(\d\d)/g)]
  const current = observances.filter(([, start]) => start! <= clock).at(-1)!
  return Number(`${current[2]}1`) * (Number(current[3]) * 60 + Number(current[4]))
}

test('vtimezone: read as a calendar reads it, gives every moment of an event back', () => {
  const zones = ['Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Tokyo', 'Africa/Casablanca', 'America/St_Johns', 'Pacific/Chatham']
  const from = at('2026-01-01T00:00:00Z') / 3_600_000
  fc.assert(fc.property(fc.constantFrom(...zones), fc.integer({
    min: from, max: from + 8760 * 3,
  }), fc.integer({ min: 1, max: 48 }),
    (zone, hour, hours) => {
      const [start, end] = [hour * 3_600_000, (hour + hours) * 3_600_000]
      const text = vtimezone(zone, start, end)
      for (const moment of [start, end]) {
        // An hour that clocks show twice is told by its first showing.
        const twice = offsetMinutesAt(moment - 3_600_000, zone) > offsetMinutesAt(moment, zone)
        if (!twice) expect(
          offsetIn(text, wallClock(moment, zone))
        ).toBe(offsetMinutesAt(moment, zone))
      }
    }), { numRuns: 60 })
})
