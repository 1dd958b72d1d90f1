import { expect, test } from 'vitest'
import { minutesBetween, newestOfEach, reminderDay, venueTime } from './facts.ts'

test('venueTime: reads as people at the venue would say it', () => {
  const at = '2026-12-12T18:30:00.000Z'
  expect(venueTime(at, 'Europe/Paris', 'en')).toMatch(/^Saturday,? 12 December 2026 at 19:30 \(Paris time\)$/)
  expect(venueTime(at, 'Europe/Paris', 'fr')).toMatch(/^samedi 12 décembre 2026 à 19:30 \(heure de Paris\)$/)
  expect(venueTime(at, 'America/New_York', 'fr')).toMatch(/13:30 \(heure de New York\)$/)
  expect(venueTime(at, 'Europe/Amsterdam', 'fr')).toMatch(/\(heure d’Amsterdam\)$/)
  expect(venueTime('2027-11-07T06:15:00Z', 'America/New_York', 'en')).toMatch(/01:15 \(New York time, UTC−5\)$/)
  expect(venueTime(at, 'UTC', 'en')).toMatch(/18:30 \(UTC\)$/)
})

test('minutesBetween: is never less than one', () => {
  expect(minutesBetween('2026-12-12T18:30:00Z', '2026-12-12T18:45:00Z')).toBe(15)
  expect(minutesBetween('2026-12-12T18:30:00Z', '2026-12-12T18:30:05Z')).toBe(1)
})

test('reminderDay: names the day as the venue counts it, and knows when it is too late or too early', () => {
  const show = { starts_at: '2026-12-12T23:30:00.000Z', timezone: 'Europe/Paris' }
  expect(reminderDay(show, '2026-12-11T23:30:00.000Z')).toBe('tomorrow')
  expect(reminderDay(show, '2026-12-12T22:30:00.000Z')).toBe('tomorrow')
  expect(reminderDay(show, '2026-12-12T23:10:00.000Z')).toBe('today')
  expect(reminderDay(show, '2026-12-12T23:30:00.000Z')).toBeNull()
  expect(reminderDay(show, '2026-12-11T11:00:00.000Z')).toBeNull()
})

test('newestOfEach: keeps one version of each', () => {
  const versions = [{ id: 'a', version: 2 }, { id: 'b', version: 1 }, { id: 'a', version: 1 }, {
    id: 'a', version: 3,
  }]
  expect(newestOfEach(versions)).toEqual([{ id: 'a', version: 3 }, { id: 'b', version: 1 }])
})
