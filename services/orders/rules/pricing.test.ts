import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { max_total_minor, priceLines } from './pricing.ts'

const line = (price_minor: number, quantity: number, currency = 'EUR') =>
  ({ type: { currency }, unit_price_minor: price_minor, quantity })

test('priceLines: multiplies and adds whole minor units', () => {
  expect(priceLines([line(1250, 2), line(1, 3)])).toBe(2503)
  expect(priceLines([line(0, 10)])).toBe(0)
})

test('priceLines: refuses more than any service can carry, and two currencies', () => {
  expect(priceLines([line(max_total_minor, 1)])).toBe(max_total_minor)
  expect(priceLines([line(max_total_minor, 1), line(1, 1)])).toBeNull()
  expect(priceLines([line(100, 1), line(100, 1, 'USD')])).toBeNull()
})

test('priceLines: is exact for every order that the contract allows', () => {
  const lines = fc.array(fc
    .tuple(fc.integer({ min: 0, max: max_total_minor }), fc.integer({ min: 1, max: 100 })),
    { minLength: 1, maxLength: 20 })
  fc.assert(fc.property(lines, pairs => {
    const exact = pairs.reduce((sum, [price, quantity]) =>
      sum + BigInt(price) * BigInt(quantity), 0n)
    const total = priceLines(pairs.map(([price, quantity]) => line(price, quantity)))
    expect(total).toBe(exact <= BigInt(max_total_minor) ? Number(exact) : null)
  }))
})
