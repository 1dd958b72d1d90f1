import { expect, test } from 'vitest'
import { createConfirmations } from './confirmations.ts'

const wait_ms = 50
const upTo = (count: number) => Array.from({ length: count }, (_, n) => `${n}`)
const receipt = (pack: string, failed: string[] = []) => ({ pack, failed })

function openBook (handlers: string[]) {
  const late: string[] = []
  const book = createConfirmations(() => handlers, ids => late.push(...ids))
  const expectPack = (id: string, ids: string[]) => book.expect({ id, type: 'a.b.v1', ids })!
  return { book, late, expectPack }
}

test('confirmations: a pack is complete when its last handler has committed', async () => {
  const { book, late, expectPack } = openBook(['x.first', 'y.second'])
  const pack = expectPack('p', ['1', '2'])
  book.confirm('x.first', [receipt('p')])
  expect(await book.wait([pack], wait_ms)).toEqual(['1', '2'])
  expect(late).toEqual([])

  const waited = book.wait([pack], 10_000)
  book.confirm('y.second', [receipt('p')])
  expect(await waited).toEqual([])
  expect(late).toEqual([])
})

test('confirmations: who confirms twice counts once, and of a stranger nobody waits to hear', () => {
  const { book, late, expectPack } = openBook(['x.first', 'y.second'])
  expectPack('p', ['1'])
  expect(book.confirm('x.first', [receipt('p'), receipt('q')])).toEqual([receipt('q')])
  book.confirm('x.first', [receipt('p')])
  expect(late).toEqual([])
  book.confirm('y.second', [receipt('p')])
  expect(late).toEqual(['1'])
  expect(book.confirm('y.second', [receipt('p')])).toEqual([receipt('p')])
})

test('confirmations: what failed waits for its own handler, its neighbours do not', async () => {
  const { book, late, expectPack } = openBook(['x.first', 'y.second'])
  const pack = expectPack('p', ['1', '2', '3'])
  book.confirm('x.first', [receipt('p', ['2'])])
  book.confirm('y.second', [receipt('p', ['2', '3'])])
  expect(late).toEqual(['1'])
  expect(await book.wait([pack], wait_ms)).toEqual(['2', '3'])
  book.confirm('y.second', [receipt('p', ['2'])])
  expect(late).toEqual(['1', '3'])
  book.confirm('y.second', [receipt('p')])
  book.confirm('x.first', [receipt('p')])
  expect(late).toEqual(['1', '3', '2'])
})

test('confirmations: of a pack that comes again it is known who has confirmed it', () => {
  const { book, late, expectPack } = openBook(['x.first', 'y.second'])
  expectPack('p', ['1'])
  book.confirm('x.first', [receipt('p')])
  expectPack('p', ['1'])
  book.confirm('y.second', [receipt('p')])
  expect(late).toEqual(['1'])
})

test('confirmations: the oldest are forgotten, and never one that has just come again', async () => {
  const { book, late, expectPack } = openBook(['x.first'])
  const batch = upTo(1000)
  for (let pack = 0; pack < 100; pack++) expectPack(`p${pack}`, batch)
  const again = expectPack('p0', batch)
  expectPack('new', batch)
  expect(book.confirm('x.first', [receipt('p1')])).toEqual([receipt('p1')])
  // Forgotten, it would count as one that everybody has confirmed.
  expect(await book.wait([again], wait_ms)).toHaveLength(1000)
  book.confirm('x.first', [receipt('p0')])
  expect(late).toHaveLength(1000)
})

test('confirmations: what was not sent, or has no handlers, owes nothing', () => {
  const { book, late, expectPack } = openBook(['x.first'])
  expectPack('p', ['1'])
  book.forget('p')
  expect(book.confirm('x.first', [receipt('p')])).toEqual([receipt('p')])
  expect(late).toEqual([])
  expect(openBook([]).expectPack('p', ['1'])).toBeNull()
})
