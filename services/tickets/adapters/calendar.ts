import { otherShowing } from '@fermata/contracts/clocks'
import type { EventFacts } from '@fermata/contracts/fields'
import { oneLine } from '@fermata/contracts/one-line'
import ical, { ICalEventStatus, type ICalDayJsStub } from 'ical-generator'
import { vtimezone, wallClock } from '../rules/time-zone.ts'

/**
 * In which zone the entry tells its times. A local time that clocks show twice means its first
 * showing (RFC 5545, 3.3.5), so an event in an hour set back is told in UTC.
 */
function zoneToTell ({ timezone, starts_at, ends_at }: EventFacts): string {
  const is_shown_twice = (iso: string) => otherShowing(Date.parse(iso), timezone) !== null
  return [starts_at, ends_at].some(is_shown_twice) ? 'UTC' : timezone
}

/**
 * A moment as the calendar library takes it from day.js. Given a Date or a text it would print the
 * clock of this machine's zone, unless it prints UTC.
 */
function momentIn (iso: string, zone: string): ICalDayJsStub | Date {
  if (zone === 'UTC') return new Date(iso)
  const text = wallClock(Date.parse(iso), zone)
  const moment: ICalDayJsStub = {
    format: pattern => pattern === 'YYYYMMDD' ? text.slice(0, 8) : text.slice(9),
    isValid: () => true, toDate: () => new Date(iso), toJSON: () => iso, tz: () => moment,
  }
  return moment
}

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
  const { venue } = event
  const timezone = zoneToTell(event)
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
