import { countryName } from '../i18n/formats.ts'
import type { Language } from '../i18n/language.ts'

/** Of a region's codes those that are none of a country's: unions, remote islands, tests. */
const no_countries = new Set([
  'AC', 'CP', 'CQ', 'DG', 'EA', 'EU', 'EZ', 'IC', 'QO', 'TA', 'UN', 'XA', 'XB', 'ZZ',
])

const letters = Array.from({ length: 26 }, (_, at) => String.fromCodePoint(65 + at))
/** A code of before is another one today, as DD is DE. */
const isOfToday = (code: string) => new Intl.Locale(`und-${code}`).region === code

/** Every country by its code and its name, in the order of the names. */
export function countriesIn (language: Language): { value: string, text: string }[] {
  const codes = letters.flatMap(one => letters.map(other => one + other))
  return codes.filter(code => !no_countries.has(code) && isOfToday(code))
    .map(code => ({ value: code, text: countryName(language, code) }))
    .filter(({ value, text }) => text !== value)
    .sort((one, other) => one.text.localeCompare(other.text, language))
}
