import { Type, type Static, type TProperties, type TSchema } from 'typebox'
// What a `format` takes is decided there, for every schema that says one.
import './formats.ts'

/**
 * Shapes that several services share. A field has one name and one shape from the column to the
 * browser.
 */

export const Uuid = Type.String({ format: 'uuid', description: 'UUIDv7' })
/** RFC 3339 in UTC, e.g. `2027-03-01T18:30:00.000Z`; `isMoment` says which are taken. */
export const Timestamp = Type.String({
  // Other years are slips, and not every program has a year 0.
  format: 'date-time', maxLength: 40, pattern: '^[12][0-9]{3}-',
})
export const TimeZone = Type.String({
  maxLength: 64, description: 'IANA zone, e.g. Europe/Paris', examples: ['Europe/Paris'],
})
/** `isAddress` says which are taken; `storedAddress` and `mailboxOf`, which are the same. */
export const Email = Type.String({ format: 'email', maxLength: 254 })
/**
 * One line with something to read on it; no control characters, which no table and no mail header
 * takes.
 */
export const PersonName = Type.String({
  minLength: 1, maxLength: 120, pattern: '^(?=.*\\S)[^\\u0000-\\u001f\\u007f]*$',
})
export const Locale = Type.Enum(['en', 'fr'], { description: 'Language of mails and pages' })
export type Locale = 'en' | 'fr'
/** ISO 4217. */
export const Currency = Type.String({ pattern: '^[A-Z]{3}$', examples: ['EUR'] })
/**
 * Integer in the currency's smallest unit: 1250 EUR is 12.50 €, 1250 JPY is ¥1,250, 1250 KWD is
 * 1.250.
 */
export const Minor = Type.Integer({ minimum: 0, maximum: 1_000_000_000_000 })
export const Role = Type.Enum(['admin', 'event_creator', 'operator', 'user'])
export type Role = 'admin' | 'event_creator' | 'operator' | 'user'

export const Nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()])

/** Path parameters of a route about one thing. */
export const IdParams = Type.Object({ id: Uuid })

/** A schema that says what it is for where it stands in a query. */
export const described = <S extends TSchema>(schema: S, description: string) =>
  Type.With(schema, { description })

/** `limit` and `cursor` beside a list's own filters. */
export const ListQuery = <P extends TProperties>(filters: P) => Type.Object({
  ...filters,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20,
    description: 'How many at most' })),
  cursor: Type.Optional(Type.String({
    maxLength: 500, description: '`next_cursor` of the page before',
  })),
})

/** One page of a list; `next_cursor` is null on the last. */
export const Page = <S extends TSchema>(item: S) => Type.Object({
  items: Type.Array(item),
  next_cursor: Nullable(Type.String()),
})

/**
 * Free text of one person or organisation; control characters other than line breaks are refused.
 */
export const Text = (max_length: number, min_length = 0) =>
  Type.String({
    minLength: min_length, maxLength: max_length,
    pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f]*$',
  })

/** Who bought, as the order keeps it; mails go here, in this language. */
export const Buyer = Type.Object({ name: PersonName, email: Email, locale: Locale })
export type Buyer = Static<typeof Buyer>

/**
 * What stands where an erased person's name and address stood. RFC 2606 reserves `.invalid`, so no
 * mail to it ever finds anybody.
 */
export const erasedBuyer = { name: '–', email: 'erased@fermata.invalid' } as const

/**
 * Who placed an order that cost nothing, as keyed hashes that no address can be read from: the
 * mails that it causes are counted by these.
 */
export const Sender = Type.Object({
  network: Type.String({ maxLength: 64 }),
  person: Type.Optional(Type.String({ maxLength: 64, description: 'The account, else the browser' })),
})
export type Sender = Static<typeof Sender>

export const Venue = Type.Object({
  name: Text(200, 1),
  address: Text(300, 1),
  city: Text(120, 1),
  country: Type.String({
    pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2', examples: ['FR'],
  }),
})
export type Venue = Static<typeof Venue>

export const EventStatus = Type.Enum(['draft', 'published', 'canceled'])
export type EventStatus = Static<typeof EventStatus>

/** What other services keep about an event, so that selling, printing and mailing ask nobody. */
export const EventFacts = Type.Object({
  id: Uuid,
  slug: Type.String(),
  title: Type.String(),
  organizer_id: Uuid,
  organizer_name: Type.String(),
  starts_at: Timestamp,
  ends_at: Timestamp,
  timezone: TimeZone,
  venue: Venue,
  category: Type.String(),
  currency: Currency,
  image: Nullable(Type.String({ description: 'URL path of the first image' })),
  status: EventStatus,
  version: Type.Integer({
    minimum: 1, description: 'Grows with every change; an older one is ignored',
  }),
})
export type EventFacts = Static<typeof EventFacts>
