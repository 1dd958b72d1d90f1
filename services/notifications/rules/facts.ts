import { offsetNote } from '@fermata/contracts/clocks'
import type { EventFacts, Locale } from '@fermata/contracts/fields'

const tags = { en: 'en-GB', fr: 'fr-FR' } as const

const zoneNames = {
  en: (city: string) => `${city} time`,
  fr: (city: string) => `heure de ${city}`.replace(/ de (?=[AEIOUYÀÂÉÈÊÎÔ])/u, ' d’'),
}

const formats = new Map<string, Intl.DateTimeFormat>()
/** There are about 600 zones; whoever invents more must not fill the memory. */
const max_formats = 2000

/** Kept, because making one takes longer than all the rest of a notice. */
function formatOf (timezone: string, locale: Locale): Intl.DateTimeFormat {
  const key = `${locale} ${timezone}`
  const known = formats.get(key)
  if (known) return known
  const format = new Intl.DateTimeFormat(tags[locale], {
    timeZone: timezone, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric',
    hour: '2-digit', minute: '2-digit',
  })
  if (formats.size >= max_formats) formats.clear()
  formats.set(key, format)
  return format
}

/**
 * A moment as people at the venue would say it: `Saturday 12 December 2026 at 19:30 (Paris time)`;
 * with the offset from UTC in the hour that clocks show twice.
 */
export function venueTime (at: string, timezone: string, locale: Locale): string {
  const text = formatOf(timezone, locale).format(new Date(at))
  const city = timezone.split('/').at(-1)!.replaceAll('_', ' ')
  const zone = timezone.includes('/') ? zoneNames[locale](city) : city
  return `${text} (${[zone, offsetNote(at, timezone) ?? []].flat().join(', ')})`
}

export const venueLine = ({ venue }: Pick<EventFacts, 'venue'>) =>
  `${venue.name}, ${venue.address}, ${venue.city}`

/** Whole minutes between two moments, one at least. */
export const minutesBetween = (from: string, to: string) =>
  Math.max(1, Math.round((Date.parse(to) - Date.parse(from)) / 60_000))

const hour_ms = 3_600_000

/**
 * How a reminder calls the day of an event, seen from `now`. Null when it is no time for one: the
 * event has begun, or was moved away meanwhile and will be reminded of again.
 */
export function reminderDay (
  event: Pick<EventFacts, 'starts_at' | 'timezone'>, now: string
): 'today' | 'tomorrow' | null {
  const away_ms = Date.parse(event.starts_at) - Date.parse(now)
  if (away_ms <= 0 || away_ms > 36 * hour_ms) return null
  const dayOf = (at: string) =>
    new Intl.DateTimeFormat('en-CA', { timeZone: event.timezone }).format(new Date(at))
  return dayOf(event.starts_at) === dayOf(now) ? 'today' : 'tomorrow'
}

/** Of several versions of one event in a batch, the newest. */
export function newestOfEach<E extends { version: number, id: string }> (events: E[]): E[] {
  const newest = new Map<string, E>()
  for (const event of events) {
    if (event.version >= (newest.get(event.id)?.version ?? 0)) newest.set(event.id, event)
  }
  return [...newest.values()]
}
