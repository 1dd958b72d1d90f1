import type { Category } from '@fermata/contracts/events'
import type { EventFacts, EventStatus, Venue } from '@fermata/contracts/fields'
import type { Db, Tx } from '@fermata/platform/database'
import { sql, type Fragment } from '@fermata/platform/sql'
import type { Details } from '../rules/check-event.ts'
import type { SearchWords } from '../rules/search-words.ts'

export interface EventRow {
  id: string, slug: string, organizer_id: string, organizer_name: string, title: string,
    description: string,
  starts_at: string, ends_at: string, timezone: string, venue: Venue, category: Category,
    images: string[],
  ticket_capacity: number | null, currency: string, status: EventStatus, is_past: boolean,
    version: number,
  created_at: string, updated_at: string, published_at: string | null, canceled_at: string | null
}

/** Whose events are meant: those of one person's organisers, or all for an administrator. */
export type Manager = { user_id: string } | 'admin'

const venue = sql.raw(`jsonb_build_object('name', e.venue_name, 'address', e.venue_address,
  'city', e.venue_city, 'country', e.venue_country) as venue`)

const columns = sql.raw(`e.id, e.slug, e.organizer_id, e.organizer_name, e.title, e.description, e.starts_at, e.ends_at,
  e.timezone, jsonb_build_object('name', e.venue_name, 'address', e.venue_address, 'city', e.venue_city,
    'country', e.venue_country) as venue,
  e.category, e.images, e.ticket_capacity, e.currency, e.status, e.ends_at <= now() as is_past, e.version,
  e.created_at, e.updated_at, e.published_at, e.canceled_at`)

const managedBy = (manager: Manager) => manager === 'admin' ? sql`true` : sql`exists (
  select from events.members as m where m.organizer_id = e.organizer_id and m.user_id = ${manager.user_id}
     and m.role = 'owner')`

export const findEvent = (db: Db, id: string) => sql<EventRow>`
  select ${columns} from events.events as e where e.id = ${id}`.first(db)

export const findEventBySlug = (db: Db, slug: string) => sql<EventRow>`
  select ${columns} from events.events as e where e.slug = ${slug}`.first(db)

export const findManagedEvent = (db: Db, id: string, manager: Manager) => sql<EventRow>`
  select ${columns} from events.events as e where e.id = ${id} and ${managedBy(manager)}`.first(db)

/** Locked, so that what is decided about its state holds until the commit. */
export const lockEvent = (tx: Tx, id: string) => sql<EventRow>`
  select ${columns} from events.events as e where e.id = ${id} for update`.first(tx)

export interface EventFilter {
  /** Only what this manager manages, in any state; absent: only what is published. */
  manager?: Manager
  /** Only where this holds, of what is published. */
  serving?: Fragment<boolean>
  status?: EventStatus, from?: string, to?: string, category?: Category, city?: string,
    organizer_id?: string
  words: SearchWords
  after: { starts_at: string, id: string } | null
  limit: number
}

/**
 * Published events come soonest first. The bound of a year before `from` is the longest an event
 * may last: with it
 * the index begins reading where something can match, however many events are over.
 */
export const listEvents = async (db: Db, filter: EventFilter) => {
  const { manager, serving, status, from, to, category, city, organizer_id } = filter
  const { words, after, limit } = filter
  const since = sql`coalesce(${from ?? null}::timestamptz, now())`
  const conditions: Fragment[] = [manager
    ? sql`${managedBy(manager)} and (${from ?? null}::timestamptz is null or e.ends_at > ${from ?? null})`
    : sql`e.status = 'published' and e.ends_at > ${since} and e.starts_at > ${since} - interval '366 days'`]
  if (serving) conditions.push(serving)
  if (status) conditions.push(sql`e.status = ${status}`)
  if (to) conditions.push(sql`e.starts_at <= ${to}`)
  if (category) conditions.push(sql`e.category = ${category}`)
  if (city) conditions.push(sql`events.fold(e.venue_city) = events.fold(${city.trim()})`)
  if (organizer_id) conditions.push(sql`e.organizer_id = ${organizer_id}`)
  if (after) conditions.push(sql`(e.starts_at, e.id) > (${after.starts_at}::timestamptz, ${after.id}::uuid)`)
  return await sql<EventRow>`
    select ${columns} from events.events as e
     where ${sql.join([...conditions, ...matching(words)], sql` and `)}
     order by e.starts_at, e.id limit ${limit}`.rows(db)
}

const searched = sql.raw(`events.search_text(e.title, e.description, e.venue_name, e.venue_city,
  e.organizer_name, e.category)`)

/**
 * No index finds what stands in the middle of a word, so there descriptions are left out: reading
 * all is slow.
 */
const named = sql.raw(`events.fold(e.title || ' ' || e.venue_name || ' ' || e.venue_city || ' ' || e.organizer_name)`)

/** Quoted lexemes: whatever a word folds to, it cannot become an operator of the query. */
const matching = ({ beginnings, parts }: SearchWords) => [
  ...beginnings.length > 0 ? [sql`to_tsvector('simple', ${searched}) @@ (
    select to_tsquery('simple', string_agg(quote_literal(events.fold(word)) || ':*', ' & '))
      from unnest(${beginnings}::text[]) as word)`] : [],
  ...parts.map(part => sql`${named} like '%' || events.fold(${part}) || '%'`),
]

/** Inserts nothing when the slug is taken; the caller tries another. */
export const insertEvent = (
  tx: Tx, event: Details & { id: string, slug: string, organizer_id: string,
    organizer_name: string }
) => sql<EventRow>`
  insert into events.events as e (id, slug, organizer_id, organizer_name, title, description, starts_at, ends_at, timezone,
    venue_name, venue_address, venue_city, venue_country, category, images, ticket_capacity, currency)
  values (${event.id}, ${event.slug}, ${event.organizer_id}, ${event.organizer_name}, ${event.title}, ${event.description},
    ${event.starts_at}, ${event.ends_at}, ${event.timezone}, ${event.venue.name}, ${event.venue.address},
    ${event.venue.city}, ${event.venue.country}, ${event.category}, ${event.images}::text[], ${event.ticket_capacity},
    ${event.currency})
  on conflict (slug) do nothing
  returning ${columns}`.first(tx)

export const updateDetails = (tx: Tx, id: string, slug: string, event: Details) => sql<EventRow>`
  update events.events as e set slug = ${slug}, title = ${event.title}, description = ${event.description},
    starts_at = ${event.starts_at}, ends_at = ${event.ends_at}, timezone = ${event.timezone},
    venue_name = ${event.venue.name}, venue_address = ${event.venue.address}, venue_city = ${event.venue.city},
    venue_country = ${event.venue.country}, category = ${event.category}, images = ${event.images}::text[],
    ticket_capacity = ${event.ticket_capacity}, currency = ${event.currency},
    version = version + 1, updated_at = now()
   where id = ${id} returning ${columns}`.one(tx)

/** Slugs of other events among the candidates. */
export const findTakenSlugs = async (tx: Tx, slugs: string[], except_id: string) => new Set((await sql<{ slug: string }>`
  select slug from events.events where slug = any(${slugs}::text[]) and id <> ${except_id}`.rows(tx)).map(row => row.slug))

export const markPublished = (tx: Tx, id: string) => sql<EventRow>`
  update events.events as e set status = 'published', published_at = now(), version = version + 1, updated_at = now()
   where id = ${id} returning ${columns}`.one(tx)

export const markCanceled = (tx: Tx, id: string, reason: string | null) => sql<EventRow>`
  update events.events as e set status = 'canceled', canceled_at = now(), cancel_reason = ${reason},
    version = version + 1, updated_at = now()
   where id = ${id} returning ${columns}`.one(tx)

export const setCapacity = (tx: Tx, id: string, ticket_capacity: number) => sql`
  update events.events set ticket_capacity = ${ticket_capacity}, version = version + 1, updated_at = now()
   where id = ${id}`.run(tx)

export const deleteEventRow = (tx: Tx, id: string) =>
  sql`delete from events.events where id = ${id}`.run(tx)

export type FactsRow = Omit<EventFacts, 'image'> & { images: string[] }

/** What other services keep about events. */
export const findFacts = (db: Db, ids: string[]) => sql<FactsRow>`
  select e.id, e.slug, e.title, e.organizer_id, e.organizer_name, e.starts_at, e.ends_at, e.timezone, ${venue},
         e.category, e.currency, e.images, e.status, e.version
    from events.events as e where e.id = any(${ids}::uuid[]) order by e.id`.rows(db)
