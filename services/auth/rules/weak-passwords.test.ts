import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commonPasswords } from '../adapters/common-passwords.ts'
import { whyWeak as judge } from './weak-passwords.ts'

const stolen = await commonPasswords()
const whyWeak = (password: string, owner: { email: string, username: string }) =>
  judge(password, owner, stolen)

const ann = { email: 'ann.example@example.com', username: 'Ann of the Hill' }

test('whyWeak: refuses what is tried first, whatever its case or width', () => {
  for (const password of ['password', 'PASSWORD1', ' 12345678 ', 'qwertyuiop', 'motdepasse', 'ｐassword']) {
    expect([password, whyWeak(password, ann)]).toEqual([password, expect.stringContaining('tried first')])
  }
})

test('whyWeak: refuses the own name and email, and repetition', () => {
  for (const password of ['ann.example@example.com', 'Ann.Example', 'ann of the hill', 'zzzzzzzzzz', '👍👍👍👍👍👍👍👍']) {
    expect([password, whyWeak(password, ann)]).toEqual([password, expect.any(String)])
  }
  expect(whyWeak('👍👎👍👎', ann)).toContain('eight')
})

test('whyWeak: asks for no kinds of characters', () => {
  const word = fc.constantFrom('horse', 'battery', 'staple', 'lantern', 'meadow')
  fc.assert(fc.property(fc.array(word, { minLength: 3, maxLength: 6 }), words => {
    expect(whyWeak(words.join(' '), ann)).toBe(null)
  }))
})

test('whyWeak: knows more of the stolen passwords than anybody tries in an evening', () => {
  expect(stolen.size).toBeGreaterThan(3_000)
  // In the list of stolen passwords alone, not in ours.
  expect(whyWeak('Mercedes1', ann)).toEqual(expect.stringContaining('tried first'))
  expect(judge('Mercedes1', ann, new Set())).toBe(null)
})
