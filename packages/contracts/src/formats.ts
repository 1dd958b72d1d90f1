import Format from 'typebox/format'

/**
 * What a moment, a time zone and an address of mail are, decided here for every schema, form and
 * setting. The standards allow more than our programs, PostgreSQL and mail servers agree on;
 * what one of them would refuse later is refused at the door.
 */

const zoned = /(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)/.source
const clock = /(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?/.source
/** Years in which an offset could lead out of the four digits that a moment has. */
const edge_years = /(?!(?:1000|2999)-.*[+-]\d\d:\d\d$)/.source
/** A second whose fraction PostgreSQL would round up to the year 3000. */
const last_second = /(?!2999-12-31T23:59:59\.\d{4})/.source
const moment = new RegExp(
  `^${edge_years}${last_second}[12]\\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])T${clock}${zoned}$`)

/**
 * RFC 3339 with capital letters, of the years 1000 to 2999, with an offset that some place on
 * earth has. No leap second, which neither `Date` nor a calendar entry can say; no name of a zone
 * in brackets (RFC 9557), for which each event has a field.
 */
export function isMoment (text: string): boolean {
  if (!moment.test(text)) return false
  // Every event that is told carries some: the expression alone knows all days but a month's last.
  const day = Number(text.slice(8, 10))
  return day <= 28 || day <= daysIn(Number(text.slice(0, 4)), Number(text.slice(5, 7)))
}

const month_days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const isLeap = (year: number) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
const daysIn = (year: number, month: number) =>
  month === 2 && isLeap(year) ? 29 : month_days[month - 1]!

const word = /[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+/.source
const label = /[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?/.source
const top_label = /(?:[A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9-]{1,58}[A-Za-z0-9])/.source
const address = new RegExp(
  `^(?=[^@]{1,64}@)${word}(?:\\.${word})*@(?=.{1,253}$)(?:${label}\\.)+${top_label}$`)

/**
 * An address that a mail server of the internet delivers to: a name without quotes at a domain
 * with a dot. Host numbers (`a@[127.0.0.1]`), bare hosts (`a@localhost`) and quoted names are
 * refused. So are letters beyond ASCII, which many servers do not take and which look like others;
 * a domain of such letters is written as browsers do, `xn--…`.
 */
export const isAddress = (text: string) => text.length <= 254 && address.test(text)

const id = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

/**
 * A UUID in small letters, as it is given out. In capital letters it would be the same row for
 * PostgreSQL and another name wherever something is counted by it.
 */
export const isId = (text: string) => id.test(text)

/** TypeBox asks here wherever a schema says `format`, in services and in pages. */
Format.Set('date-time', isMoment)
Format.Set('email', isAddress)
Format.Set('uuid', isId)
