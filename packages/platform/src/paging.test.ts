import { expect, test } from 'vitest'
import { pageOf, readCursor } from './paging.ts'

const id = '0198f3c0-0000-7000-8000-000000000001'
const written = (position: unknown) =>
  Buffer.from(typeof position === 'string' ? position : JSON.stringify(position)).toString('base64url')
const read = (cursor: string) =>
  readCursor<{ at_at: string, id: string, number: number }>(cursor, ['at_at', 'id', 'number'])

test('readCursor: what pageOf gave out is read as it was', () => {
  const rows = [{ at_at: '2027-01-01T00:00:00.123456Z', id, number: 3 }, { at_at: '', id: '', number: 0 }]
  const { next_cursor } = pageOf(rows, 1, row => row, row => row)
  expect(read(next_cursor!)).toEqual(rows[0])
  expect(readCursor(undefined, ['id'])).toBeNull()
})

const good = { at_at: '2027-01-01T00:00:00Z', id, number: 0 }

test.each([
  ['no base64', '%%%'], ['nothing', ''], ['no JSON', written('{')], ['null', written(null)],
  ['a number', written('1e400')], ['a list', written([good])], ['a text', written('"id"')],
  ['another list\'s columns', written({ id })], ['a column more', written({ ...good, sum: 1 })],
  ['an inherited column', written(`{"__proto__":${JSON.stringify(good)}}`)],
  ['an id that is none', written({ ...good, id: 'x' })], ['an id with a zero byte', written({ ...good, id: `${id}\0` })],
  ['no id', written({ ...good, id: null })], ['a list of ids', written({ ...good, id: [id] })],
  ['a moment that is none', written({ ...good, at_at: 'infinity' })],
  ['an offset of no place', written({ ...good, at_at: '2027-01-01T00:00:00+23:00' })],
  ['a leap second', written({ ...good, at_at: '2026-12-31T23:59:60Z' })],
  ['a moment as a number', written({ ...good, at_at: 0 })],
  ['more than an integer', written({ ...good, number: 2 ** 31 })], ['half', written({ ...good, number: 0.5 })],
  ['below zero', written({ ...good, number: -1 })], ['a number as text', written({ ...good, number: '1' })],
  ['endless', written(`{"at_at":"2027-01-01T00:00:00Z","id":"${id}","number":1e400}`)],
  ['padding of another alphabet', `${written(good)}==`], ['a line end', `${written(good)}\n`],
  ['broken UTF-8', Buffer.from([0xc3, 0x28]).toString('base64url')],
])('readCursor: refuses %s', (_, cursor) => {
  expect(() => read(cursor)).toThrow('Some fields are not valid')
})
