import fc from 'fast-check'
import { expect, test } from 'vitest'
import { numberPrefixOf, ticketNumber } from './ticket-number.ts'

test('numberPrefixOf: the first word that tells an event apart, in plain letters', () => {
  const cases = [
    ['Summer Nights', 'SUMMER'], ['The Winter Concert', 'WINTER'], ['L’Été à Lyon', 'ETE'],
    ['Łódź Jazz', 'LODZ'], ['Symphonies of Beethoven', 'SYMPHONI'], ['A to Z', 'SLUG'],
    ['Ελλάδα', 'SLUG'], ['東京ドーム', 'SLUG'],
  ]
  for (const [title, prefix] of cases) expect(numberPrefixOf(title!, 'slug-of-it')).toBe(prefix)
  expect(numberPrefixOf('東京', '-')).toBe('TICKET')
})

test('numberPrefixOf: is always what the column accepts', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string(), (title, slug) => {
    expect(numberPrefixOf(title, slug)).toMatch(/^[A-Z0-9]{1,8}$/)
  }))
})

test('ticketNumber: has six digits until more are needed', () => {
  expect([1, 42, 999_999, 1_000_000].map(running => ticketNumber('SUMMER', running)))
    .toEqual(['SUMMER-000001', 'SUMMER-000042', 'SUMMER-999999', 'SUMMER-1000000'])
})
