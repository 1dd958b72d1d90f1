import { Temporal } from 'temporal-polyfill'

/**
 * Times as an organiser types them (`2027-03-01T19:30`, on the wall at the venue), and as the API
 * keeps them (UTC).
 */

export function isZone (zone: string): boolean {
  try {
    // Offsets such as +02:00 are understood too, but know no summer time: only names count.
    return /^[A-Za-z]/.test(zone) && Boolean(Temporal.Now.zonedDateTimeISO(zone))
  } catch {
    return false
  }
}

/**
 * The moment at which the wall clock of a zone shows a time; null when text or zone mean nothing.
 * An hour that the change to summer time skips is moved past the gap; one that comes twice means
 * the first.
 */
export function momentOf (text: string, zone: string): string | null {
  try {
    const wall = Temporal.PlainDateTime.from(text)
    return wall.toZonedDateTime(zone, { disambiguation: 'compatible' }).toInstant().toString()
  } catch {
    return null
  }
}

/** What the wall clock of a zone shows, as an input of a form reads it. */
export const wallTime = (moment: string, zone: string): string =>
  Temporal.Instant.from(moment).toZonedDateTimeISO(zone).toPlainDateTime()
    .toString({ smallestUnit: 'minute' })

export const allZones = (): string[] => Intl.supportedValuesOf('timeZone')
