import type { EventFacts } from '@fermata/contracts/fields'
import ical, { ICalEventStatus, type ICalDayJsStub } from 'ical-generator'
import { vtimezone, wallClock } from '../rules/time-zone.ts'

/**
 * A moment as the calendar library takes it from day.js. Given a Date or a text it would print the
 * clock of this machine's zone.
 */
function momentIn (iso: string, zone: string): ICalDayJsStub {
  const text = wallClock(Date.parse(iso), zone)
  const moment: ICalDayJsStub = {
    format: pattern => pattern === 'YYYYMMDD' ? text.slice(0, 8) : text.slice(9),
    isValid: () => true, toDate: () => new Date(iso), toJSON: () => iso, tz: () => moment,
  }
  return moment
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim()

export interface CalendarEntry {
  event: EventFacts
  /** One entry for an order, however many seats: the same UID updates what was imported before. */
  uid: string
  url: string
  description: string
}

/**
 * The event as an iCalendar file with its own time zone, so that it stays right wherever it is
 * opened.
 */
export function calendarFile ({ event, uid, url, description }: CalendarEntry): string {
  const { timezone, venue } = event
  const generator = () =>
    vtimezone(timezone, Date.parse(event.starts_at), Date.parse(event.ends_at))
  const calendar = ical({ prodId: '//Fermata//Tickets//EN', timezone: { name: null, generator } })
  calendar.createEvent({
    id: uid, timezone, url, description, sequence: event.version,
    start: momentIn(event.starts_at, timezone), end: momentIn(event.ends_at, timezone),
    summary: oneLine(event.title),
    location: [venue.name, venue.address, venue.city, venue.country].map(oneLine).join(', '),
    status: event.status === 'canceled' ? ICalEventStatus.CANCELLED : ICalEventStatus.CONFIRMED,
  })
  return `${calendar.toString()}\r\n`
}
