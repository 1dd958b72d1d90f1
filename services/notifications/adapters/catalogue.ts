import type { Locale } from '@fermata/contracts/fields'
import { oneLine } from '@fermata/contracts/one-line'
import { createInstance } from 'i18next'
import { en, type Texts } from '../rules/texts-en.ts'
import { fr } from '../rules/texts-fr.ts'

const i18n = createInstance()
await i18n.init({
  lng: 'en', fallbackLng: 'en', resources: { en: { translation: en }, fr: { translation: fr } },
  // Texts become plain text or React nodes, both of which escape for themselves.
  interpolation: { escapeValue: false }, pluralSeparator: '_',
})

type Paths<T, P extends string = ''> = {
  [K in keyof T & string]: T[K] extends string ? `${P}${K}` : Paths<T[K], `${P}${K}.`>
}[keyof T & string]
type WithoutForm<K extends string> = K extends `${infer Base}_${'one' | 'other'}` ? Base : K

/** Every text by its path; the forms of a plural share one. */
export type TextKey = WithoutForm<Paths<Texts>>
/** @param values fill the `{{names}}` of the text; `count` also chooses the form of a plural */
export type Translate = (key: TextKey, values?: Record<string, string | number>) => string

/** Names and titles come from people; within our sentences each is a few words on one line. */
const inSentence = (value: string | number) =>
  typeof value === 'number' ? value : oneLine(value)

function createTranslator (locale: Locale): Translate {
  const translate = i18n.getFixedT(locale)
  // Labels, each of which every mail of a rush says; there are as many as texts.
  const labels = new Map<string, string>()
  return (key, values) => {
    if (values) return translate(key, Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, inSentence(value)])))
    const label = labels.get(key) ?? translate(key)
    labels.set(key, label)
    return label
  }
}

const translators = { en: createTranslator('en'), fr: createTranslator('fr') }

/** The words of one language. */
export const translator = (locale: Locale): Translate => translators[locale]
