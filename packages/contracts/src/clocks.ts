/** What clocks show in a time zone, by the zone data of the runtime. */

const minute_ms = 60_000
const hour_ms = 60 * minute_ms
/** No zone has moved its clocks by more within living memory, whole days left out. */
const longest_step_ms = 3 * hour_ms

/** Making a format is a hundred times the work of using it; there are some 600 zones. */
const formats = new Map<string, Intl.DateTimeFormat>()
const max_formats = 2000

function formatFor (zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  if (formats.size >= max_formats) formats.clear()
  formats.set(zone, format)
  return format
}

/** Minutes by which clocks in the zone are ahead of UTC at a moment. */
export function offsetMinutesAt (at_ms: number, zone: string): number {
  const name = formatFor(zone).formatToParts(at_ms)
    .find(part => part.type === 'timeZoneName')?.value ?? 'GMT'
  const [, sign, hours, minutes] = /^GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? []
  return hours === undefined ? 0 : Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes))
}

/**
 * When clocks in the zone show the same once more, before or after: in the hour that is set back in
 * autumn. Null: this time comes once.
 */
export function otherShowing (at_ms: number, zone: string): number | null {
  const offset = offsetMinutesAt(at_ms, zone)
  for (const around_ms of [at_ms - longest_step_ms, at_ms + longest_step_ms]) {
    const other = offsetMinutesAt(around_ms, zone)
    const other_ms = at_ms + (offset - other) * minute_ms
    if (other !== offset && offsetMinutesAt(other_ms, zone) === other) return other_ms
  }
  return null
}

/**
 * How far clocks are from UTC, where the time alone would not say which of two moments is meant, or
 * an end would read as before its start: `UTC−4`, with a real minus sign. Else null.
 */
export function offsetNote (at: string, zone: string, beside: string = at): string | null {
  const [at_ms, beside_ms] = [Date.parse(at), Date.parse(beside)]
  const is_plain = [at_ms, beside_ms].every(one_ms => otherShowing(one_ms, zone) === null) &&
    offsetMinutesAt(at_ms, zone) === offsetMinutesAt(beside_ms, zone)
  return is_plain ? null : offsetName(offsetMinutesAt(at_ms, zone))
}

function offsetName (minutes: number): string {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  if (minutes === 0) return 'UTC'
  return `UTC${minutes < 0 ? '−' : '+'}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`
}

/**
 * Names that the world's zone data gave up for others, as old lists still have them. Source: the
 * file `backward` of the IANA Time Zone Database, as far as runtimes list names from it.
 */
const renamed: Record<string, string> = {
  'Africa/Asmera': 'Africa/Asmara',
  'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
  'America/Catamarca': 'America/Argentina/Catamarca',
  'America/Coral_Harbour': 'America/Atikokan',
  'America/Cordoba': 'America/Argentina/Cordoba',
  'America/Godthab': 'America/Nuuk',
  'America/Indianapolis': 'America/Indiana/Indianapolis',
  'America/Jujuy': 'America/Argentina/Jujuy',
  'America/Louisville': 'America/Kentucky/Louisville',
  'America/Mendoza': 'America/Argentina/Mendoza',
  'Asia/Calcutta': 'Asia/Kolkata',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Asia/Saigon': 'Asia/Ho_Chi_Minh',
  'Atlantic/Faeroe': 'Atlantic/Faroe',
  'Europe/Kiev': 'Europe/Kyiv',
  'Pacific/Enderbury': 'Pacific/Kanton',
  'Pacific/Ponape': 'Pacific/Pohnpei',
  'Pacific/Truk': 'Pacific/Chuuk',
}

/** Today's name of a zone; both mean the same. */
export const currentZoneName = (zone: string): string => renamed[zone] ?? zone
