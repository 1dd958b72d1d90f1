import fc from 'fast-check'
import { expect, test } from 'vitest'
import { currencies, decimalOf, exponentOf, formatMoney, isCurrency, parseMoney } from './money.ts'

const Currency = fc.constantFrom(...currencies)
const Amount = fc.integer({ min: 0, max: 1_000_000_000_000 })

test('exponentOf: follows ISO 4217 where currencies differ', () => {
  const found = ['EUR', 'JPY', 'KWD', 'IQD', 'CLF', 'UGX', 'MGA', 'HUF'].map(exponentOf)
  expect(found).toEqual([2, 0, 3, 3, 4, 0, 2, 2])
})

test('exponentOf: refuses what is not a currency, metals and withdrawn codes included', () => {
  for (const code of ['XAU', 'XXX', 'DEM', 'HRK', 'eur', '', 'toString']) {
    expect(() => exponentOf(code)).toThrow(RangeError)
    expect(isCurrency(code)).toBe(false)
  }
})

test('currencies: each once, three capitals', () => {
  expect(new Set(currencies).size).toBe(currencies.length)
  expect(currencies.every(code => /^[A-Z]{3}$/.test(code))).toBe(true)
  expect(currencies.length).toBeGreaterThan(150)
})

test('parseMoney: reads back every amount that decimalOf writes', () => {
  fc.assert(fc.property(Amount, Currency, (minor, currency) => {
    expect(parseMoney(decimalOf(minor, currency), currency)).toBe(minor)
  }))
})

test('parseMoney: refuses one decimal more than the currency has', () => {
  fc.assert(fc.property(Amount, Currency, (whole, currency) => {
    const text = `${whole}.${'0'.repeat(exponentOf(currency) + 1)}`
    expect(() => parseMoney(text, currency)).toThrow(RangeError)
  }))
})

test('parseMoney: fills missing decimals', () => {
  expect(parseMoney('12', 'EUR')).toBe(1200)
  expect(parseMoney('12.5', 'EUR')).toBe(1250)
  expect(parseMoney(' 1.5 ', 'KWD')).toBe(1500)
})

test('parseMoney: refuses signs, exponents, grouping, other digits and too much', () => {
  const refused = [
    '', '-1', '+1', '1e3', '1,50', '1 000', '.5', '5.', '０1', '２', 'NaN', '9999999999999999',
  ]
  for (const text of refused) {
    expect(() => parseMoney(text, 'EUR'), text).toThrow(RangeError)
  }
})

test('decimalOf: keeps the sign and refuses fractions', () => {
  expect(decimalOf(-5, 'EUR')).toBe('-0.05')
  expect(decimalOf(-1250, 'JPY')).toBe('-1250')
  expect(() => decimalOf(0.5, 'EUR')).toThrow(RangeError)
})

test('formatMoney: writes it as the language does', () => {
  expect(formatMoney(1250, 'EUR', 'en')).toBe('€12.50')
  expect(formatMoney(1250, 'EUR', 'fr').replace(/\s/g, ' ')).toBe('12,50 €')
  expect(formatMoney(1250, 'JPY', 'en')).toBe('¥1,250')
  expect(formatMoney(1250, 'KWD', 'en').replace(/\s/g, ' ')).toBe('KWD 1.250')
})

test('formatMoney: shows every digit of every amount', () => {
  fc.assert(fc.property(Amount, Currency, (minor, currency) => {
    const digits = formatMoney(minor, currency, 'en').replace(/[^0-9.]/g, '').replace(/^\./, '')
    expect(digits).toBe(decimalOf(minor, currency))
  }))
})
