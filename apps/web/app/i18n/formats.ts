import { formatMoney } from '@fermata/contracts/money'
import type { Language } from './language.ts'

/** Dates read as in Europe: day before month, 24 hours. */
const locales: Record<Language, string> = { en: 'en-GB', fr: 'fr-FR' }

export type DateStyle = 'full' | 'day' | 'short_day' | 'time' | 'day_time'

const styles: Record<DateStyle, Intl.DateTimeFormatOptions> = {
  full: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit' },
  day: { day: 'numeric', month: 'long', year: 'numeric' },
  short_day: { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' },
  time: { hour: '2-digit', minute: '2-digit' },
  day_time: { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' },
}

const formats = new Map<string, Intl.DateTimeFormat>()
const max_formats = 500

/**
 * Each format is made once: making one costs more than a hundred uses.
 * @throws RangeError for a zone that is not in the IANA data
 */
function formatFor (language: Language, zone: string,
  options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${zone} ${JSON.stringify(options)}`
  const known = formats.get(key)
  if (known) return known
  const format = new Intl.DateTimeFormat(locales[language], { ...options, timeZone: zone })
  if (formats.size < max_formats) formats.set(key, format)
  return format
}

/** @param zone IANA zone in which the moment is told, e.g. that of the venue */
export const formatDate =
  (language: Language, iso: string, zone: string, style: DateStyle): string =>
  formatFor(language, zone, styles[style]).format(new Date(iso))

/** The parts of a date that a calendar leaf shows. */
export function leafOf (
  language: Language, iso: string, zone: string
): { day: string, month: string } {
  const date = new Date(iso)
  return {
    day: formatFor(language, zone, { day: 'numeric' }).format(date),
    month: formatFor(language, zone, { month: 'short' }).format(date).replace(/\.$/, ''),
  }
}

/**
 * How the zone is called at that moment, e.g. `CET` or `UTC+9`; with a real minus sign, at which no
 * line is broken as at a hyphen. An offset reads the same in all languages, as on tickets.
 */
export function zoneName (language: Language, iso: string, zone: string): string {
  const parts = formatFor(language, zone, { timeZoneName: 'short' }).formatToParts(new Date(iso))
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? zone
  return name.replace(/^GMT(?=[+-])/, 'UTC').replace('-', '−')
}

export const formatPrice = (language: Language, minor: number, currency: string): string =>
  formatMoney(minor, currency, language)

export const formatCount = (language: Language, count: number): string =>
  new Intl.NumberFormat(locales[language]).format(count)

export const countryName = (language: Language, code: string): string =>
  new Intl.DisplayNames([language], { type: 'region', fallback: 'code' }).of(code) ?? code

/** A time to wait as people say it, rounded up: `3 minutes`, `5 hours`. */
export function formatWait (language: Language, seconds: number): string {
  const minutes = Math.max(1, Math.ceil(seconds / 60))
  const [count, unit] = minutes < 60 ? [minutes, 'minute'] : [Math.ceil(minutes / 60), 'hour']
  return new Intl.NumberFormat(locales[language], { style: 'unit', unit, unitDisplay: 'long' })
    .format(count)
}

const size_units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

/** Bytes as people say them, in powers of 1000: `1.2 MB`. */
export function formatSize (language: Language, bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(size_units.length - 1, Math.floor(Math.log10(bytes) / 3))
  return new Intl.NumberFormat(locales[language], {
    style: 'unit', unit: size_units[step], unitDisplay: 'short', maximumFractionDigits: step === 0 ? 0 : 1,
  }).format(bytes / 1000 ** step)
}
