import fc from 'fast-check'
import { expect, test } from 'vitest'
import { oneLine } from './one-line.ts'

test('oneLine: keeps words, and none of what begins another line or turns its direction', () => {
  expect(oneLine(' Fête\r\nde\tl’été\u2028\u202e2027\u0000 ')).toBe('Fête de l’été 2027')
  expect(oneLine('שלום עולם')).toBe('שלום עולם')
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => {
    expect(oneLine(`${text}\r\nBcc: x\u202e`)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
  }))
})
