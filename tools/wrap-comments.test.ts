import fc from 'fast-check'
import { expect, test } from 'vitest'
import { max_columns } from './tidy-rules.ts'
import { wrapComments } from './wrap-comments.ts'

const words = (count: number) => Array.from({ length: count }, (_, index) => `word${index}`).join(' ')

test('wrap-comments: a wide doc comment on one line becomes several lines', () => {
  const wrapped = wrapComments(`  /** ${words(20)} */\n  const a = 1\n`).split('\n')
  expect(wrapped[0]).toBe('  /**')
  expect(wrapped.slice(1, -4).every(line => line.startsWith('   * '))).toBe(true)
  expect(wrapped.slice(-3)).toEqual(['   */', '  const a = 1', ''])
})

test('wrap-comments: the rest of a line runs on into the next one of its paragraph', () => {
  const wrapped = wrapComments(`// ${words(20)}\n// and on\n// - an item`)
  expect(wrapped.split('\n')).toHaveLength(3)
  expect(wrapped).toContain(' and on\n// - an item')
})

test('wrap-comments: no word is lost or moved, and no line stays wide', () => {
  const paragraph = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 80 })
  fc.assert(fc.property(fc.array(paragraph, { maxLength: 5 }), paragraphs => {
    const source = paragraphs.map(part => `// ${part.join(' ')}`).join('\n')
    const wrapped = wrapComments(source)
    const wordsOf = (text: string) => text.split(/\s+/).filter(word => word !== '//')
    expect(wordsOf(wrapped)).toEqual(wordsOf(source))
    expect(wrapped.split('\n').filter(line => line.length > max_columns)).toEqual([])
    expect(wrapComments(wrapped)).toBe(wrapped)
  }))
})

test('wrap-comments: code, addresses and directives stay as they are', () => {
  const source = [
    `const a = ${words(30)}`, `// https://example.org/${words(30)}`, `// oxlint-disable-next-line ${words(30)}`
  ].join('\n')
  expect(wrapComments(source)).toBe(source)
})
