import { offsetMinutesAt } from '@fermata/contracts/clocks'

/** A time zone as calendars are told of it. */

const minute_ms = 60_000
const day_ms = 86_400_000
/** A zone that changes its clocks at all does so within a year. */
const look_back_ms = 370 * day_ms

/** What clocks in the zone show, as `20270301T193000`. */
export const wallClock = (at_ms: number, zone: string) =>
  compact(at_ms + offsetMinutesAt(at_ms, zone) * minute_ms)

const compact = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')

interface Change { at_ms: number, from: number, to: number }

/** The moments at which clocks change within a range, to the minute. */
function changesWithin (from_ms: number, to_ms: number, zone: string): Change[] {
  const changes: Change[] = []
  let before = offsetMinutesAt(from_ms, zone)
  for (let day = from_ms; day < to_ms; day += day_ms) {
    const after = offsetMinutesAt(day + day_ms, zone)
    if (after !== before) changes.push({
      at_ms: bisect(day, day + day_ms, zone), from: before, to: after,
    })
    before = after
  }
  return changes
}

/** The first minute of the later offset. */
function bisect (early: number, late: number, zone: string): number {
  const offset = offsetMinutesAt(early, zone)
  let [low, high] = [Math.floor(early / minute_ms), Math.ceil(late / minute_ms)]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (offsetMinutesAt(middle * minute_ms, zone) === offset) low = middle
    else high = middle
  }
  return high * minute_ms
}

const offsetText = (minutes: number) => {
  const digits = (value: number) => String(Math.floor(value)).padStart(2, '0')
  return `${minutes < 0 ? '-' : '+'}${digits(Math.abs(minutes) / 60)}${digits(Math.abs(minutes) % 60)}`
}

/**
 * An RFC 5545 VTIMEZONE that is right between two moments: the clock changes of the year before
 * and up to the end, each by its own date. A general rule would have to guess laws not yet made.
 */
export function vtimezone (zone: string, from_ms: number, to_ms: number): string {
  const start_ms = from_ms - look_back_ms
  const changes = changesWithin(start_ms, to_ms + day_ms, zone)
  const first = offsetMinutesAt(start_ms, zone)
  const usual = Math.min(first, ...changes.map(change => change.to))
  const observance = ({ at_ms, from, to }: Change) => {
    const kind = to > usual ? 'DAYLIGHT' : 'STANDARD'
    return [
      // The moment of a change is told by the clocks that are about to change.
      `BEGIN:${kind}`, `DTSTART:${compact(at_ms + from * minute_ms)}`,
      `TZOFFSETFROM:${offsetText(from)}`, `TZOFFSETTO:${offsetText(to)}`, `END:${kind}`,
    ]
  }
  const observances = [{ at_ms: start_ms - start_ms % day_ms, from: first, to: first }, ...changes]
  return ['BEGIN:VTIMEZONE', `TZID:${zone}`, ...observances.flatMap(observance), 'END:VTIMEZONE'].join('\r\n')
}
