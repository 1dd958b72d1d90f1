import { expect, test } from 'vitest'
import { zoneName } from './formats.ts'

test('zoneName: a zone west of Greenwich has a minus sign, not a hyphen that ends a line', () => {
  const nameIn = (zone: string) => zoneName('en', '2026-12-04T17:00:00Z', zone)
  expect(['America/Chicago', 'Asia/Tokyo', 'Europe/London'].map(nameIn)).toEqual(
    ['GMT−6', 'GMT+9', 'GMT'])
  expect(zoneName('fr', '2026-12-04T17:00:00Z', 'America/Chicago')).toBe('UTC−6')
})
