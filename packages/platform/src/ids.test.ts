import { expect, test } from 'vitest'
import { readableCode, uuidv7 } from './ids.ts'

test('uuidv7: ids are unique and in order, however many a millisecond has', () => {
  const ids = Array.from({ length: 50_000 }, () => uuidv7())

  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toEqual(ids.toSorted())
})

test('uuidv7: has version, variant and the time that RFC 9562 asks for', () => {
  const before_ms = Date.now()
  const id = uuidv7()

  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const made_ms = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)
  // The test above may have borrowed milliseconds of the future.
  expect(made_ms).toBeGreaterThanOrEqual(before_ms)
  expect(made_ms).toBeLessThan(before_ms + 1000)
})

test('uuidv7: a clock that is set back does not break the order', () => {
  const now_ms = Date.now() + 10_000
  const ids = [uuidv7(now_ms), uuidv7(now_ms - 5000), uuidv7(now_ms - 1), uuidv7(now_ms + 1)]

  expect(ids).toEqual(ids.toSorted())
})

test('readableCode: uses its whole alphabet, in which nothing is mistaken', () => {
  const characters = new Set(Array.from({ length: 400 }, () => readableCode(8)).join(''))

  expect([...characters].toSorted().join('')).toBe('0123456789ABCDEFGHJKMNPQRSTVWXYZ')
  expect(readableCode(5)).toHaveLength(5)
})
