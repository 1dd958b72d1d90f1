import { createInstance } from 'i18next'
import { expect, test } from 'vitest'
import { en } from './en.ts'
import { staff as staffEn } from './en/staff.ts'
import { fr } from './fr.ts'
import { staff as staffFr } from './fr/staff.ts'
import { createTranslate, type TextKey } from './translate.ts'

const catalogues = { en: { ...en, ...staffEn }, fr: { ...fr, ...staffFr } }

interface Texts { [name: string]: string | Texts }

/** Every text by its path. */
function flatten (texts: Texts, prefix = ''): Map<string, string> {
  return new Map(Object.entries(texts).flatMap(([name, value]) => typeof value === 'string'
    ? [[prefix + name, value] as const]
    : [...flatten(value, `${prefix}${name}.`)]))
}

const texts = { en: flatten(catalogues.en), fr: flatten(catalogues.fr) }
/** French may say more forms of a plural than English. */
const withoutMany = (paths: Iterable<string>) =>
  [...paths].filter(path => !path.endsWith('_many')).sort()
const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(match => match[1] ?? '').sort()
const stemOf = (path: string) => path.replace(/_(?:one|other|many)$/, '') as TextKey

test('catalogues: English and French have the same texts', () => {
  expect(withoutMany(texts.fr.keys())).toEqual(withoutMany(texts.en.keys()))
  expect(texts.en.size).toBeGreaterThan(300)
})

test('catalogues: a translation fills the same places as the original', () => {
  for (const [path, text] of texts.en) {
    expect(placeholders(texts.fr.get(path)!), path).toEqual(placeholders(text))
  }
})

test('catalogues: no text is empty, and every plural has its other form', () => {
  for (const catalogue of Object.values(texts)) {
    for (const [path, text] of catalogue) {
      expect(text.trim(), path).not.toBe('')
      // A text may be called `too_many` and count nothing.
      const is_form = path.endsWith('_one') ||
        (path.endsWith('_many') && catalogue.has(`${stemOf(path)}_one`))
      if (is_form) expect(catalogue.has(`${stemOf(path)}_other`), path).toBe(true)
    }
  }
})

test('translate: says of every text what i18next says', async () => {
  for (const language of ['en', 'fr'] as const) {
    const oracle = createInstance()
    await oracle.init({
      lng: language,
      fallbackLng: false,
      resources: { [language]: { translation: catalogues[language] } },
      interpolation: { escapeValue: false },
    })
    const t = createTranslate(language, [catalogues[language]])
    for (const key of new Set([...texts[language].keys()].map(stemOf))) {
      for (const count of [0, 1, 2, 1_000_000]) {
        const text = texts[language].get(key) ?? texts[language].get(`${key}_other`) ?? ''
        const values = { ...Object.fromEntries(placeholders(text).map(name => [name, `<${name}>`])), count }
        const said = t(key, values)
        expect(said.replaceAll('\u00a0', ' ')).toBe(oracle.t(key, values).replaceAll('\u00a0', ' '))
        if (language === 'fr') expect(said, key).not.toMatch(/ [:;!?»]|« /)
      }
    }
  }
})

test('translate: a text that does not exist shows its key', () => {
  expect(createTranslate('en', [])('shell.skip')).toBe('shell.skip')
})

test('translate: a catalogue that arrives later is read', () => {
  const loaded: object[] = []
  const t = createTranslate('en', loaded)
  loaded.push({ shell: { skip: 'Skip' } })
  expect(t('shell.skip')).toBe('Skip')
})
