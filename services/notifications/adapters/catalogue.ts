import type { Locale } from '@fermata/contracts/fields'
import { createInstance, type TFunction } from 'i18next'
import { en } from '../rules/texts-en.ts'
import { fr } from '../rules/texts-fr.ts'

const i18n = createInstance()
await i18n.init({
  lng: 'en', fallbackLng: 'en', resources: { en: { translation: en }, fr: { translation: fr } },
  // Texts become plain text or React nodes, both of which escape for themselves.
  interpolation: { escapeValue: false }, pluralSeparator: '_',
})

export type Translate = TFunction

/** The words of one language. */
export const translator = (locale: Locale): Translate => i18n.getFixedT(locale)
