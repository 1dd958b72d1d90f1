import { en } from './en.ts'
import { staff as staffEn } from './en/staff.ts'
import { fr } from './fr.ts'
import { staff as staffFr } from './fr/staff.ts'
import type { Language } from './language.ts'
import { createTranslate } from './translate.ts'
import type { Translator } from './translator.tsx'

/** The server speaks all languages at once; a browser loads only its own. */
export const translators: Record<Language, Translator> = {
  en: { language: 'en', t: createTranslate('en', [en, staffEn]) },
  fr: { language: 'fr', t: createTranslate('fr', [fr, staffFr]) },
}
