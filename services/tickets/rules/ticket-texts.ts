import { offsetNote } from '@fermata/contracts/clocks'
import type { EventFacts, Locale } from '@fermata/contracts/fields'
import { formatMoney } from '@fermata/contracts/money'

/** What a ticket says, in the languages it speaks. */
const texts = {
  en: {
    admits: 'Admits one',
    holder: 'Name', type: 'Ticket', price: 'Price', number: 'Number', order: 'Order',
    organizer: 'Presented by', free: 'Free', local_time: 'local time',
    show: 'Show this code at the door, on paper or on a screen.',
    once: 'It admits one person, once. Whoever shows it first goes in: do not post a picture of it.',
    canceled: 'This event was canceled',
    page: (page: number, pages: number) => `${page} of ${pages}`,
    calendar: (codes: string, url: string) => `Order ${codes}. Your tickets: ${url}`,
    calendar_guest: (code: string) => `Order ${code}. The link in the order's mail opens your tickets.`,
  },
  fr: {
    admits: 'Entrée pour une personne',
    holder: 'Nom', type: 'Billet', price: 'Prix', number: 'Numéro', order: 'Commande',
    organizer: 'Présenté par', free: 'Gratuit', local_time: 'heure locale',
    show: 'Présentez ce code à l’entrée, sur papier ou à l’écran.',
    once: 'Il vaut pour une personne, une seule fois. Le premier qui le présente entre : n’en publiez pas de photo.',
    canceled: 'Cet événement est annulé',
    page: (page: number, pages: number) => `${page} sur ${pages}`,
    calendar: (codes: string, url: string) => `Commande ${codes}. Vos billets : ${url}`,
    calendar_guest: (code: string) =>
      `Commande ${code}. Le lien dans l’e-mail de la commande ouvre vos billets.`,
  },
}

export const textsIn = (locale: Locale) => texts[locale]

/** English dates by day, month and 24 hours, which no reader anywhere takes for another day. */
const dateLocale = { en: 'en-GB', fr: 'fr-FR' }

const shown = {
  day: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
  time: { hour: '2-digit', minute: '2-digit' },
} as const

const formats = new Map<string, Intl.DateTimeFormat>()
/** There are about 600 zones; whoever invents more must not fill the memory. */
const max_formats = 2000

/** Kept, because making one takes longer than drawing what it says. */
function formatOf (what: keyof typeof shown, timeZone: string, locale: Locale) {
  const key = `${what} ${locale} ${timeZone}`
  const known = formats.get(key)
  if (known) return known
  const format = new Intl.DateTimeFormat(dateLocale[locale], { timeZone, ...shown[what] })
  if (formats.size >= max_formats) formats.clear()
  formats.set(key, format)
  return format
}

/**
 * `Saturday 3 July 2027` and `20:00 – 22:30`, by the clocks at the venue; with the offset from UTC
 * where clocks are set back meanwhile.
 */
export function whenTexts (event: EventFacts, locale: Locale): { day: string, time: string } {
  const format = (what: keyof typeof shown, iso: string) =>
    formatOf(what, event.timezone, locale).format(new Date(iso))
  const day = (iso: string) => format('day', iso)
  const { starts_at, ends_at } = event
  const time = (iso: string) => [format('time', iso),
    offsetNote(iso, event.timezone, iso === starts_at ? ends_at : starts_at) ?? []].flat().join(' ')
  const over_night = Date.parse(ends_at) - Date.parse(starts_at) < 12 * 3_600_000
  const first_day = capitalized(day(starts_at))
  if (day(starts_at) === day(ends_at) || over_night) {
    return { day: first_day, time: `${time(starts_at)} – ${time(ends_at)}` }
  }
  return { day: `${first_day} – ${day(ends_at)}`, time: time(starts_at) }
}

const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

export const priceText = (price_minor: number, currency: string, locale: Locale) =>
  price_minor === 0 ? texts[locale].free : formatMoney(price_minor, currency, locale)

/** The country's name in the reader's language; the letters of an unknown one. */
export const countryText = (country: string, locale: Locale) =>
  countries[locale].of(country) ?? country

const countryNames = (locale: Locale) =>
  new Intl.DisplayNames(locale, { type: 'region', fallback: 'code' })
const countries = { en: countryNames('en'), fr: countryNames('fr') }
