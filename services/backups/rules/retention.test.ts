import fc from 'fast-check'
import { expect, test } from 'vitest'
import { outdated, type Kept } from './retention.ts'

const minutes = (count: number, status: Kept['status'] = 'completed'): Kept[] =>
  Array.from({ length: count }, (_, index) => ({ id: `${status} ${index}`, status,
    created_at: new Date(Date.UTC(2027, 0, 31) - index * 600_000).toISOString() }))

test('outdated: a month of ten-minute backups leaves the newest 24 and one of each day', () => {
  const backups = minutes(31 * 144)
  const gone = new Set(outdated(backups, { keep_last: 24, keep_days: 30 }))
  const left = backups.filter(backup => !gone.has(backup.id))
  expect(left.slice(0, 24)).toEqual(backups.slice(0, 24))
  const days = new Set(left.map(backup => backup.created_at.slice(0, 10)))
  expect(days.size).toBe(30)
  expect(left.length).toBeLessThanOrEqual(54)
})

test('outdated: never names what is under way, nor more than the rule allows', () => {
  const backup = fc.record({
    id: fc.uuid(),
    status: fc.constantFrom('pending', 'in_progress', 'completed', 'failed' as const),
    created_at: fc.date({
      noInvalidDate: true,
      min: new Date('2026-01-01'),
      max: new Date('2027-01-01'),
    }).map(date => date.toISOString()),
  })
  fc.assert(
    fc.property(
      fc.uniqueArray(backup as fc.Arbitrary<Kept>, { selector: one => one.id, maxLength: 60 }),
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 0, max: 10 }),
      (backups, keep_last, keep_days) => {
        const gone = new Set(outdated(backups, { keep_last, keep_days }))
        const left = backups.filter(one => !gone.has(one.id))
        for (const one of backups)
          if (one.status === 'pending' || one.status === 'in_progress')
            expect(gone.has(one.id)).toBe(false)
        const completed = left.filter(one => one.status === 'completed')
        expect(completed.length).toBeLessThanOrEqual(keep_last + keep_days)
        expect(left.filter(one => one.status === 'failed').length).toBeLessThanOrEqual(keep_last)
        const all = backups.filter(one => one.status === 'completed').map(one => one.created_at)
          .sort()
        expect(completed.map(one => one.created_at).sort().at(-1)).toBe(all.at(-1))
      },
    ),
  )
})
