import { currentZoneName, otherShowing } from '@fermata/contracts/clocks'
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

type Texts = Record<string, string>

/**
 * A moment as two fields of a form: the wall clock to read and to change, and the moment itself.
 * The clock alone would lose its seconds, and in an hour that comes twice which of the two it is.
 */
export function timeTexts (name: string, moment: string | null, zone: string): Texts {
  if (moment === null) return { [name]: '' }
  return { [name]: wallTime(moment, zone), [wasName(name)]: moment }
}

/** The name of the field that keeps the moment of another one. */
export const wasName = (name: string) => `${name}_was`

/** The moment of a field: what it was, if its clock still shows the same. Null as in `momentOf`. */
export function fieldMoment (texts: Texts, name: string, zone: string): string | null {
  const text = texts[name] ?? ''
  const was = texts[wasName(name)]
  return was !== undefined && showsStill(was, text, zone) ? was : momentOf(text, zone)
}

function showsStill (moment: string, text: string, zone: string): boolean {
  try {
    return wallTime(moment, zone) === text
  } catch {
    return false
  }
}

/** Whether both are moments, and the end is no later than the start. */
export const endsTooSoon = (start: string | null | undefined, end: string | null | undefined) =>
  Boolean(start && end && Date.parse(end) <= Date.parse(start))

/** The end of what starts then: of two moments at which clocks show it, the first that is later. */
export function endAfter (end: string, start: string, zone: string): string {
  if (Date.parse(end) > Date.parse(start)) return end
  const other_ms = otherShowing(Date.parse(end), zone)
  return other_ms !== null && other_ms > Date.parse(start)
    ? Temporal.Instant.fromEpochMilliseconds(other_ms).toString() : end
}

/** All zones by today's names. */
export const allZones = (): string[] =>
  [...new Set(Intl.supportedValuesOf('timeZone').map(currentZoneName))].toSorted()
