import { expect, test } from 'vitest'
import { en } from '../rules/texts-en.ts'
import { fr } from '../rules/texts-fr.ts'
import { translator } from './catalogue.ts'

const title = (locale: 'en' | 'fr', count: number) =>
  translator(locale)('issued.title', { count, event: 'X' })

test('translator: counts as each language does', () => {
  expect([0, 1, 2].map(count => title('en', count)))
    .toEqual(['Your 0 tickets for X', 'Your ticket for X', 'Your 2 tickets for X'])
  expect([0, 1, 2, 1_000_000].map(count => title('fr', count))).toEqual(
    ['Votre billet pour X', 'Votre billet pour X', 'Vos 2 billets pour X', 'Vos 1000000 de billets pour X'])
})

test('translator: takes values as words on one line, not as texts of ours', () => {
  const words = (event: string) => translator('fr')('completed.body', { event })
  expect(words('{{code}} $t(reset.title) $& <b>')).toBe('Vos billets pour {{code}} $t(reset.title) $& <b> arrivent.')
  expect(words('A\r\nBcc: x\u0000')).toBe('Vos billets pour A Bcc: x arrivent.')
})

type Texts = { [name: string]: string | Texts }

const flat = (texts: Texts, path = ''): [string, string][] => Object.entries(texts).flatMap(([
  name, text
]) =>
  typeof text === 'string' ? [[path + name, text] as [string, string]] : flat(text, `${path}${name}.`))

test('texts: French has every English text, with the same names to fill in', () => {
  const french = new Map(flat(fr))
  const namesIn = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map(match => match[1]).sort()
  for (const [path, text] of flat(en)) {
    const own = path.endsWith('_one') ? namesIn(text).filter(name => name !== 'count') : namesIn(text)
    const other = namesIn(french.get(path) ?? 'missing').filter(name => !path.endsWith('_one') || name !== 'count')
    expect([path, other]).toEqual([path, own])
  }
})
