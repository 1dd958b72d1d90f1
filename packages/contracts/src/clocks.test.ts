import fc from 'fast-check'
import { expect, test } from 'vitest'
import { currentZoneName, offsetMinutesAt, offsetNote, otherShowing } from './clocks.ts'

const zones = ['America/New_York', 'Europe/Paris', 'Australia/Lord_Howe', 'Africa/Casablanca',
  'America/St_Johns', 'Pacific/Chatham', 'Asia/Tokyo', 'UTC']

test('otherShowing: clocks show the same at both moments, and only in an hour set back', () => {
  const at = Date.parse('2027-11-07T05:30:00Z')
  expect(otherShowing(at, 'America/New_York')).toBe(Date.parse('2027-11-07T06:30:00Z'))
  expect(otherShowing(Date.parse('2027-11-07T06:30:00Z'), 'America/New_York')).toBe(at)
  for (const once of ['2027-11-07T04:59:00Z', '2027-11-07T07:00:00Z', '2027-03-14T07:00:00Z']) {
    expect([once, otherShowing(Date.parse(once), 'America/New_York')]).toEqual([once, null])
  }
  const minute = 60_000
  const from = Date.parse('2026-01-01T00:00:00Z') / minute
  const moments = fc.integer({ min: from, max: from + 3 * 525_600 })
  fc.assert(fc.property(fc.constantFrom(...zones), moments, (zone, minutes) => {
    const shown = (ms: number) => ms + offsetMinutesAt(ms, zone) * minute
    const other = otherShowing(minutes * minute, zone)
    if (other === null) return
    expect(shown(other)).toBe(shown(minutes * minute))
    expect(otherShowing(other, zone)).toBe(minutes * minute)
  }), { numRuns: 2000 })
})

test('offsetNote: is there where the clock alone does not say which moment is meant', () => {
  const [first, second] = ['2027-11-07T05:30:00Z', '2027-11-07T06:15:00Z']
  expect(offsetNote(first, 'America/New_York')).toBe('UTC−4')
  expect(offsetNote(second, 'America/New_York', first)).toBe('UTC−5')
  expect(offsetNote('2027-11-07T08:00:00Z', 'America/New_York', '2027-11-07T03:00:00Z')).toBe('UTC−5')
  expect(offsetNote('2027-07-01T18:00:00Z', 'America/New_York', '2027-07-01T20:00:00Z')).toBeNull()
  expect(offsetNote('2027-11-06T06:00:00Z', 'America/St_Johns', '2027-11-07T05:00:00Z')).toBe('UTC−2:30')
})

test('currentZoneName: old names lead to zones that are the same', () => {
  const listed = Intl.supportedValuesOf('timeZone')
  const renamed = listed.filter(zone => currentZoneName(zone) !== zone)
  expect(renamed).toContain('Asia/Calcutta')
  for (const zone of listed) {
    for (const at of ['2026-01-15T12:00:00Z', '2026-07-15T12:00:00Z'].map(Date.parse)) {
      expect(offsetMinutesAt(at, currentZoneName(zone))).toBe(offsetMinutesAt(at, zone))
    }
  }
  expect(['Europe/Kiev', 'Asia/Saigon', 'America/Godthab'].map(currentZoneName))
    .toEqual(['Europe/Kyiv', 'Asia/Ho_Chi_Minh', 'America/Nuuk'])
})
