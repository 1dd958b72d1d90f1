import type { NewEvent } from '@fermata/contracts/events'
import { isCurrency } from '@fermata/contracts/money'

export interface FieldError { field: string, message: string }

/** What an organiser says about an event, complete. */
export type Details = Required<Omit<NewEvent, 'organizer_id'>>

const day_ms = 24 * 60 * 60 * 1000
/** A season is one event at most; what has no end is not an event. */
const longest_ms = 366 * day_ms
const earliest_ms = Date.UTC(1970, 0, 1)
const latest_ms = Date.UTC(2200, 0, 1)

/**
 * IANA names and their aliases; the offsets that Intl also takes (`+02:00`) know no summer time.
 */
export function isTimeZone (name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,2}$/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** What the contract's shapes cannot say; one entry for each field that is not usable. */
export function checkEvent (details: Details): FieldError[] {
  const { starts_at, ends_at, timezone, currency, venue, title, description } = details
  const errors = checkTimes(starts_at, ends_at)
  const refuse = (field: string, message: string) => errors.push({ field, message })
  if (!isTimeZone(timezone)) refuse('timezone', 'is not a time zone such as Europe/Paris')
  if (!isCurrency(currency)) refuse('currency', 'is not a currency of ISO 4217')
  if (title.trim() === '') refuse('title', 'must not be blank')
  if (description.trim() === '') refuse('description', 'must not be blank')
  for (const part of ['name', 'address', 'city'] as const) {
    if (venue[part].trim() === '') refuse(`venue.${part}`, 'must not be blank')
  }
  return errors
}

function checkTimes (starts_at: string, ends_at: string): FieldError[] {
  const start_ms = Date.parse(starts_at)
  const end_ms = Date.parse(ends_at)
  const errors: FieldError[] = []
  for (const [field, at_ms] of [['starts_at', start_ms], ['ends_at', end_ms]] as const) {
    if (!(at_ms >= earliest_ms && at_ms < latest_ms)) errors.push({ field, message: 'must be a moment before the year 2200' })
  }
  if (errors.length > 0) return errors
  if (end_ms <= start_ms) errors.push({ field: 'ends_at', message: 'must be after starts_at' })
  if (end_ms - start_ms > longest_ms) errors.push({ field: 'ends_at', message: 'must be within 366 days of starts_at' })
  return errors
}

/**
 * One form for what is stored: trimmed lines, moments in UTC with milliseconds. Call after
 * `checkEvent` found nothing.
 */
export function normalizeEvent (details: Details): Details {
  const line = (text: string) => text.trim().replace(/\s+/g, ' ')
  const { name, address, city, country } = details.venue
  return {
    ...details,
    title: line(details.title),
    description: details.description.trim(),
    starts_at: new Date(details.starts_at).toISOString(),
    ends_at: new Date(details.ends_at).toISOString(),
    venue: { name: line(name), address: line(address), city: line(city), country },
  }
}
