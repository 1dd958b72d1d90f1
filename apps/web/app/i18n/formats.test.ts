import { expect, test } from 'vitest'
import { formatWait, zoneName } from './formats.ts'

test('zoneName: a zone west of Greenwich has a minus sign, not a hyphen that ends a line', () => {
  const nameIn = (zone: string) => zoneName('en', '2026-12-04T17:00:00Z', zone)
  expect(['America/Chicago', 'Asia/Tokyo', 'Europe/London'].map(nameIn)).toEqual(
    ['UTC−6', 'UTC+9', 'GMT'])
  expect(zoneName('fr', '2026-12-04T17:00:00Z', 'America/Chicago')).toBe('UTC−6')
})

test('formatWait: says minutes below an hour, then hours, and never too early', () => {
  expect([1, 61, 3540, 3541, 86_000].map(seconds => formatWait('en', seconds)))
    .toEqual(['1 minute', '2 minutes', '59 minutes', '1 hour', '24 hours'])
  expect(formatWait('fr', 7200)).toMatch(/^2\sheures$/)
})
