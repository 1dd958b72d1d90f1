import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inLines, isLastAttempt, retryDelay } from './outgoing.ts'

test('inLines: a heading and each row are one line, whatever comes in', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => {
    const evil = `${text}\r\nhttps://shop.example`
    const { title, facts } = inLines(
      { title: evil, paragraphs: [], facts: [['Event', evil]], footer: '' })
    expect([title, facts[0]![1]].join('')).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
  }))
})

test('retryDelay: doubles up to an hour, and all tries together outlast a mail server\'s night', () => {
  expect([1, 2, 3, 4].map(attempts => retryDelay(30, attempts))).toEqual([30, 60, 120, 240])
  expect(retryDelay(30, 40)).toBe(3600)
  expect([1, 2].map(attempts => retryDelay(30, attempts, false))).toEqual([3, 60])
  expect(retryDelay(1, 1, false)).toBe(1)
  let total_s = 0
  for (
    let attempts = 1; !isLastAttempt(attempts, false); attempts++
  ) total_s += retryDelay(30, attempts)
  expect(total_s / 3600).toBeGreaterThan(7)
  expect(isLastAttempt(2, true)).toBe(false)
  expect(isLastAttempt(3, true)).toBe(true)
})
