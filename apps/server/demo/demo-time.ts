const day_ms = 24 * 60 * 60 * 1000

/**
 * The moment at which the wall clock of a zone shows `time` on the day that lies `in_days` from
 * today. The offset is read from the zone itself at about that moment; near a change of clocks the
 * second reading settles it.
 */
export function localTime (
  in_days: number,
  time: string,
  timezone: string,
  now_ms = Date.now(),
): Date {
  const day = new Date(now_ms + in_days * day_ms).toISOString().slice(0, 10)
  const wall_ms = Date.parse(`${day}T${time}:00Z`)
  const first_ms = wall_ms - offsetAt(wall_ms, timezone)
  return new Date(wall_ms - offsetAt(first_ms, timezone))
}

/** Milliseconds by which a zone's wall clock is ahead of UTC at a moment. */
function offsetAt (at_ms: number, timezone: string): number {
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat('en-CA', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    }).formatToParts(at_ms).map(part => [part.type, part.value]),
  )
  const wall = Date.parse(
    `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}:${parts.second}Z`,
  )
  return wall - Math.floor(at_ms / 1000) * 1000
}
