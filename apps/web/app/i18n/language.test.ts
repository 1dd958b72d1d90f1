import { expect, test } from 'vitest'
import { chooseLanguage } from './language.ts'

test('chooseLanguage: what the address asks for wins over the cookie and the browser', () => {
  expect(chooseLanguage({ asked: 'fr', kept: 'en', accepted: 'en' })).toBe('fr')
  expect(chooseLanguage({ asked: null, kept: 'fr', accepted: 'en' })).toBe('fr')
})

test('chooseLanguage: the browser\'s most wanted language that we speak', () => {
  expect(chooseLanguage({ accepted: 'de-DE,fr-CA;q=0.8,en;q=0.9' })).toBe('en')
  expect(chooseLanguage({ accepted: 'de, fr-FR;q=0.4, en;q=0' })).toBe('fr')
  expect(chooseLanguage({ accepted: 'fr,en' })).toBe('fr')
})

test('chooseLanguage: nonsense falls back to English', () => {
  for (const accepted of [null, '', ';;;', 'q=1', '*', 'zz;q=abc']) expect(chooseLanguage({ accepted })).toBe('en')
  expect(chooseLanguage({ asked: '../fr', kept: '<script>' })).toBe('en')
})
