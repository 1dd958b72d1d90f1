import type { EventFacts, Locale } from '@fermata/contracts/fields'

/** A moment as people at the venue would say it, e.g. `Saturday, 12 December 2026 at 19:30 (Europe/Paris)`. */
export function venueTime (at: string, timezone: string, locale: Locale): string {
  const text = new Intl.DateTimeFormat(locale === 'fr' ? 'fr-FR' : 'en-GB', {
    timeZone: timezone, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit',
  }).format(new Date(at))
  return `${text} (${timezone.replaceAll('_', ' ')})`
}

/** A moment of today, e.g. the end of a hold: with seconds it would look like a threat. */
export const clockTime = (at: string, locale: Locale) => `${new Intl.DateTimeFormat(locale === 'fr' ? 'fr-FR' : 'en-GB', {
  hour: '2-digit', minute: '2-digit', timeZone: 'UTC' }).format(new Date(at))} UTC`

export const venueLine = ({ venue }: Pick<EventFacts, 'venue'>) => `${venue.name}, ${venue.address}, ${venue.city}`
