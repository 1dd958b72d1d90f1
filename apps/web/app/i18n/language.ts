/** Languages of the pages; a new one needs a catalogue in this folder and a line here. */
export const languages = ['en', 'fr'] as const
export type Language = typeof languages[number]

export const isLanguage = (text: unknown): text is Language =>
  languages.some(language => language === text)

/** Each language in its own words, as a switch should show it. */
export const languageNames: Record<Language, string> = { en: 'English', fr: 'Français' }

export interface LanguageHints {
  /** `?lang=` of the address. */
  asked?: string | null
  /** From the cookie. */
  kept?: string | null
  /** The `Accept-Language` header. */
  accepted?: string | null
}

/** What was asked for, else what was chosen before, else what the browser prefers, else English. */
export function chooseLanguage ({ asked, kept, accepted }: LanguageHints): Language {
  if (isLanguage(asked)) return asked
  if (isLanguage(kept)) return kept
  const preferred = (accepted ?? '').slice(0, 500).split(',').map((part, index) => {
    const [tag = '', ...parameters] = part.trim().toLowerCase().split(';')
    const quality = parameters.map(text => text.trim()).find(text => text.startsWith('q='))
    return { language: tag.split('-')[0], weight: quality ? Number(quality.slice(2)) || 0 : 1,
      index }
  }).filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight || a.index - b.index)
  return preferred.map(({ language }) => language).find(isLanguage) ?? 'en'
}
