import fc from 'fast-check'
import { expect, test } from 'vitest'
import { whyWeak } from './weak-passwords.ts'

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
