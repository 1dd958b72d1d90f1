import { createContext, useContext } from 'react'
import type { Language } from './language.ts'
import type { Translate } from './translate.ts'

/**
 * One for each language and process, or page: a page never changes its language without loading
 * anew.
 */
export interface Translator { language: Language, t: Translate }

const TranslatorContext = createContext<Translator | null>(null)
export const TranslatorProvider = TranslatorContext.Provider

export function useTranslator (): Translator {
  const translator = useContext(TranslatorContext)
  if (!translator) throw new Error('A page was rendered outside TranslatorProvider')
  return translator
}

export const useT = (): Translate => useTranslator().t
