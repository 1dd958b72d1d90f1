import type { en } from './en.ts'
import type { Language } from './language.ts'
import type { staff } from './en/staff.ts'

/** A catalogue of the same shape as another, in another language. */
export type Wording<T> = {
  [K in keyof T]: T[K] extends string ? string : Wording<T[K]>
} & {
  // French counts in one, many and other; English knows no `many`.
  [K in keyof T as K extends `${infer Stem}_other` ? `${Stem}_many` : never]?: string
}

/**
 * What every page may say; `StaffCatalogue` is loaded with the pages of organisers, doors and
 * administrators only.
 */
export type Catalogue = Wording<typeof en>
export type StaffCatalogue = Wording<typeof staff>

type Stem<K extends string> = K extends `${infer S}_${'one' | 'other'}` ? S : K
type Paths<T> = { [K in keyof T & string]: T[K] extends string ? Stem<K> : `${K}.${Paths<T[K]>}` }[keyof T & string]

/** Every text of the catalogues, by its path; the forms of a plural share one. */
export type TextKey = Paths<typeof en> | Paths<typeof staff>
/** @param values fill the `{{names}}` of the text; `count` also chooses the form of a plural */
export type Translate = (key: TextKey, values?: Record<string, string | number>) => string

interface Texts { [name: string]: string | Texts }

/**
 * French puts a space before : ; ! ? and inside « »; one at which no line ends, or the sign would
 * stand alone at the beginning of the next.
 */
const keepTogether = (text: string) =>
  text.replace(/ (?=[:;!?»])/g, '\u00a0').replace(/« /g, '«\u00a0')

/**
 * Reads catalogues in i18next's JSON format (`{{name}}`, `_one`, `_many`, `_other`), as mail and
 * PDF do with i18next itself. Pages use these lines because the library is a tenth of all
 * JavaScript that a public page may load.
 *
 * @param catalogues looked through in turn, each time anew: one may arrive later
 */
export function createTranslate (language: Language, catalogues: readonly object[]): Translate {
  const kept = new Map<string, string>()
  const spaced = (text: string) => {
    if (language !== 'fr') return text
    const known = kept.get(text)
    if (known !== undefined) return known
    kept.set(text, keepTogether(text))
    return kept.get(text)!
  }
  const rules = new Intl.PluralRules(language)
  const find = (path: string): string | undefined => {
    for (const catalogue of catalogues) {
      let found: string | Texts | undefined = catalogue as Texts
      for (const name of path.split('.')) found = typeof found === 'object' ? found[name] : undefined
      if (typeof found === 'string') return found
    }
    return undefined
  }
  return (key, values = {}) => {
    const { count } = values
    const text = (typeof count === 'number' ? find(`${key}_${rules.select(count)}`) ?? find(`${key}_other`) : undefined) ?? find(key)
    return text === undefined ? key
      : spaced(text).replace(/\{\{(\w+)\}\}/g, (whole, name: string) => String(values[name] ?? whole))
  }
}
