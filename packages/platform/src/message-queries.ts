import { placeSet } from './array-text.ts'
import { lock_not_available, type Db, type Tx } from './database.ts'
import { firstIdAt, originOf } from './ids.ts'
import { isBundle, toRows } from './event-bundles.ts'
import type { Batch, StoredEvent } from './messages.ts'
import { restore_schema } from './restore-mark.ts'
import { sql } from './sql.ts'

/**
 * All SQL of the outbox, the inbox, dead letters and idempotency keys. `schema` is the service's
 * own.
 */

/** Events of one type; those of a call share a row, as far as it holds them. */
export async function insertOutbox (
  tx: Tx, schema: string, type: string, events: { data: unknown, request_id: string | null }[]
): Promise<void> {
  const rows = toRows(type, events.map(({ data, request_id }) =>
    ({ data: JSON.stringify(data), request_id })))
  await sql`
    insert into ${sql.ref(`${schema}.outbox`)} (id, type, data, request_id, size)
    select id, ${type}, data, request_id, size from ${sql.rows(rows, {
      id: 'uuid', data: 'json', request_id: 'line', size: 'smallint',
    })} as r`.run(tx)
}

/**
 * Marks are there from before the first service is replaced until the last one is back: an event
 * that were told or handled in between would count as handled, and its effect be overwritten.
 */
const restoring = sql`exists (
  select from pg_catalog.pg_namespace where nspname = ${sql.lit(restore_schema)})`

/** So many rows, the oldest, say how many events a row has in a crowd. */
const sample_rows = 50

/** Rows of a batch are one text, which is read, compressed and sent at once. */
const batch_characters = 1024 * 1024

/**
 * Claimed by state: a row whose transaction commits late is still found. `skip locked` lets
 * replicas share the work. What is claimed counts as sent from the commit on; a claim that did not
 * go well is taken back by one of the functions below, in the same transaction. The server writes
 * the rows as JSON: a driver takes longer over six columns than over one.
 * @param limit of events; the bundle in which it falls goes whole, and not many more rows than are
 * needed for it are locked: a replica takes those behind them
 */
export const claimOutbox = async (
  tx: Tx, schema: string, limit: number
): Promise<{ batches: Batch[], events: number, full: boolean }> => {
  const outbox = sql.ref(`${schema}.outbox`)
  const rows = await sql<ClaimedRow>`
    with needed as materialized (
      select coalesce(ceil(${limit} / avg(size)), 1)::integer as rows from (
        select size from ${outbox} where sent_at is null and available_at <= now()
         order by available_at, id limit ${sql.lit(sample_rows)}) as oldest
    ), due as (
      select id, sum(size) over (order by available_at, id)::integer as up_to from (
        select id, available_at, size from ${outbox}
         where sent_at is null and available_at <= now() and not ${restoring}
         order by available_at, id limit (select rows from needed) for update skip locked) as locked
    )
    update ${outbox} o set sent_at = now() from due
     where o.id = due.id and due.up_to - o.size < ${limit}
    returning due.up_to, (select rows from needed) as most, o.id, o.type,
      '{"id":"' || o.id || '","type":"' || o.type
        || '","request_id":' || coalesce(to_json(o.request_id)::text, 'null')
        || ',"attempts":' || o.attempts || ',"created_at":"'
        || to_char(o.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
        || '","data":' || o.data || '}' as text`.rows(tx)
  rows.sort((a, b) => a.up_to - b.up_to)
  const events = rows.at(-1)?.up_to ?? 0
  const full = events >= limit || rows.length === rows[0]?.most
  return { batches: toBatches(rows), events, full }
}

/** `up_to`: the events of all rows up to this one. `most`: so many rows were looked for. */
interface ClaimedRow { up_to: number, most: number, id: string, type: string, text: string }

function toBatches (rows: ClaimedRow[]): Batch[] {
  const groups = Map.groupBy(rows, row => row.type)
  return [...groups].flatMap(([type, group]) => {
    const parts: { ids: string[], texts: string[], characters: number }[] = []
    for (const { id, text } of group) {
      let part = parts.at(-1)
      if (!part || part.characters + text.length > batch_characters) {
        part = { ids: [], texts: [], characters: 0 }
        parts.push(part)
      }
      part.ids.push(id)
      part.texts.push(text)
      part.characters += text.length
    }
    return parts.map(({ ids, texts }) => ({ type, ids, text: `[${texts.join()}]` }))
  })
}

/**
 * Their last effect was confirmed after the batch in which they went. What a restore is about to
 * overwrite confirms nothing.
 */
export const markSent = (tx: Tx, schema: string, ids: string[]) => sql`
  update ${sql.ref(`${schema}.outbox`)} set sent_at = now()
   where id = any(${ids}::uuid[]) and sent_at is null and not ${restoring}`.run(tx)

/** They stay as they were. */
export const markUnsent = (tx: Tx, schema: string, ids: string[]) => sql`
  update ${sql.ref(`${schema}.outbox`)} set sent_at = null
   where id = any(${ids}::uuid[])`.run(tx)

/**
 * Tries again after 1 s, 2 s, 4 s … up to a minute. A bundle of which events are named is parted:
 * each of its events is a row from then on, and those that are not named had their effects.
 * @param ids of rows, and of events that failed in them
 */
export async function markFailed (tx: Tx, schema: string, ids: string[]): Promise<void> {
  const outbox = sql.ref(`${schema}.outbox`)
  const parted = [...new Set(ids.filter(id => !isBundle(id)).map(id => originOf(id).id))]
    .filter(isBundle)
  if (parted.length > 0) await sql`
    insert into ${outbox} (id, type, data, request_id, created_at, sent_at)
    select id, type, data, request_id, created_at, now() from ${sql.ref(`${schema}.outbox_events`)}
     where row_id = any(${parted}::uuid[]) and id <> row_id`.run(tx)
  if (parted.length > 0) await sql`
    delete from ${outbox} where id = any(${parted}::uuid[]) and size > 1`.run(tx)
  await sql`
    update ${outbox}
       set sent_at = null, attempts = attempts + 1,
           available_at = now() + least(60, power(2, least(attempts, 10))) * interval '1 second'
     where id = any(${ids}::uuid[])`.run(tx)
}

/**
 * On its way, but not confirmed: it comes again when it has waited twice as long as it has now,
 * after 5 s at first and 5 minutes at most.
 */
export const markUnconfirmed = (tx: Tx, schema: string, ids: string[]) => sql`
  update ${sql.ref(`${schema}.outbox`)}
     set sent_at = null,
         available_at = now() + greatest(interval '5 seconds',
                                         least(now() - created_at, interval '5 minutes'))
   where id = any(${ids}::uuid[])`.run(tx)

/**
 * The carrier may have lost what it was given: all that is not confirmed is due again. What another
 * process has in hand is left to it.
 */
export const hurryOutbox = (tx: Tx, schema: string) => sql`
  update ${sql.ref(`${schema}.outbox`)} set available_at = now()
   where id in (select id from ${sql.ref(`${schema}.outbox`)}
                 where sent_at is null and available_at > now() for update skip locked)
  `.run(tx)

/** Shared by every transaction with effects of events; whoever takes a copy takes it alone. */
const effectsGate = (schema: string) => sql`hashtextextended(${`fermata effects of ${schema}`}, 0)`

/**
 * From the moment it returns until the transaction ends no effect of an event is committed here;
 * what was under way has been.
 */
export const closeEffectsGate = (tx: Db, schema: string) =>
  sql`select pg_advisory_xact_lock(${effectsGate(schema)})`.run(tx)

/** What is seen by this transaction, for others who begin before it ends. */
export const exportSnapshot = async (tx: Db) => (await sql<{ snapshot: string }>`
  select pg_export_snapshot() as snapshot`.one(tx)).snapshot

/** Alike for all who are connected to one database, and different for every other. */
export const readDatabaseIdentity = async (db: Db) => (await sql<{ identity: string }>`
  select c.system_identifier || '/' || d.oid as identity
    from pg_control_system() as c, pg_database as d where d.datname = current_database()
  `.one(db)).identity

/**
 * Writes the inbox rows, one for each bundle and each event that was told alone, and returns the
 * events that were not there yet: what was seen before has had its effect. Also whether anybody was
 * erased of late, whom they may name.
 * @throws as for a lock that somebody else holds, while services are restored
 */
export const insertInbox = async (
  tx: Tx, schema: string, handler: string, ids: string[]
): Promise<{ fresh: Set<string>, some_erased: boolean }> => {
  const origins = Map.groupBy(new Set(ids), id => originOf(id).id)
  const seen = [...origins].map(([id, of_it]) => ({ id, done: placesOf(of_it) }))
  // Almost always all are new; then their number says so, and they need not be read again.
  const row = await sql<{
    fresh: string[] | null, some_erased: boolean, is_restoring: boolean
  }>`
    with gate as materialized (
      select pg_advisory_xact_lock_shared(${effectsGate(schema)})
    ), fresh as (
      insert into ${sql.ref(`${schema}.inbox`)} (event_id, handler, done)
      select id, ${handler}, done
        from gate, ${sql.rows(seen, { id: 'uuid', done: 'int4multirange' })} as i order by id
      on conflict do nothing returning event_id
    )
    select case when count(*) < ${origins.size} then coalesce(array_agg(event_id::text), '{}') end as fresh,
           exists (select from ${sql.ref(`${schema}.erasures`)}) as some_erased,
           ${restoring} as is_restoring
      from fresh
  `.first(tx)
  if (row!.is_restoring) {
    throw Object.assign(new Error('A restore is under way.'), { code: lock_not_available })
  }
  const { fresh, some_erased } = row!
  if (fresh === null) return { fresh: new Set(ids), some_erased }
  const known = [...origins].flatMap(([id, of_it]) => fresh.includes(id) ? [] : of_it)
  const more = await addToInbox(
    tx, schema, handler, known.filter(id => originOf(id).place !== null))
  return { fresh: new Set([...fresh.flatMap(id => origins.get(id)!), ...more]), some_erased }
}

/** The places of events of one bundle, each named once; null for one that was told alone. */
function placesOf (ids: readonly string[]): string | null {
  const places = ids.flatMap(id => originOf(id).place ?? [])
  return places.length === 0 ? null : placeSet(places)
}

/**
 * The inbox row of a bundle is there when it was parted, or comes again. Its lock is what keeps two
 * that handle parts of it apart.
 * @returns those of its events that were not done yet, and are now
 */
async function addToInbox (
  tx: Tx, schema: string, handler: string, ids: string[]
): Promise<string[]> {
  if (ids.length === 0) return []
  const inbox = sql.ref(`${schema}.inbox`)
  const events = ids.map(id => {
    const { id: bundle, place } = originOf(id)
    return { id, bundle, place }
  })
  const given = sql`${sql.rows(events, { id: 'uuid', bundle: 'uuid', place: 'integer' })} as e`
  const rows = await sql<{ id: string }>`
    with known as (
      select event_id, done from ${inbox} where handler = ${handler} and event_id in (
        select bundle from ${given}) order by event_id for update
    )
    select e.id from ${given} join known on known.event_id = e.bundle
     where not known.done @> e.place`.rows(tx)
  const fresh = rows.map(({ id }) => id)
  const parts = Map.groupBy(fresh, id => originOf(id).id)
  if (fresh.length > 0) await sql`
    update ${inbox} i set done = i.done + f.done
      from ${sql.rows([...parts].map(([bundle, of_it]) => ({ bundle, done: placesOf(of_it) })), {
        bundle: 'uuid', done: 'int4multirange',
      })} as f
     where i.event_id = f.bundle and i.handler = ${handler}`.run(tx)
  return fresh
}

/** Whatever was sent. @returns how many events there are */
export const makeAllDue = async (db: Db, schema: string) => (await sql<{ events: number }>`
  with due as (
    update ${sql.ref(`${schema}.outbox`)} set sent_at = null, available_at = created_at, attempts = 0
    returning size
  )
  select coalesce(sum(size), 0) as events from due`.one(db)).events

export const insertDeadLetter = (
  tx: Tx, schema: string, letter: { id: string, event: StoredEvent, handler: string, error: string }
) => sql<{ id: string, created_at: string }>`
  insert into ${sql.ref(`${schema}.dead_letters`)}
         (id, event_id, handler, type, data, request_id, error)
  values (${letter.id}, ${letter.event.id}, ${letter.handler}, ${letter.event.type},
    ${JSON.stringify(letter.event.data)}::jsonb,
    ${letter.event.request_id}, ${letter.error})
  on conflict (event_id, handler) do update set error = excluded.error, retried_at = null
  returning id, created_at`.one(tx)

export interface DeadLetterRow {
  id: string, event_id: string, handler: string, type: string, data: unknown,
  request_id: string | null, error: string, created_at: string
}

export const listDeadLetters = (
  db: Db, schema: string, limit: number, after: string | null
) => sql<DeadLetterRow>`
  select id, event_id, handler, type, data, request_id, error, created_at
    from ${sql.ref(`${schema}.dead_letters`)}
   where retried_at is null and (${after}::uuid is null or id < ${after}::uuid)
   order by id desc limit ${limit}`.rows(db)

/** Locked, so that two administrators who retry at once do it once. */
export const takeDeadLetter = (
  tx: Tx, schema: string, id: string
) => sql<DeadLetterRow>`
  update ${sql.ref(`${schema}.dead_letters`)} set retried_at = now()
   where id = ${id} and retried_at is null
  returning id, event_id, handler, type, data, request_id, error, created_at`.first(tx)

export const describeDeadLetter = (db: Db, schema: string, id: string, error: string) => sql`
  update ${sql.ref(`${schema}.dead_letters`)} set error = ${error} where id = ${id}`.run(db)

export const forgetInbox = (tx: Tx, schema: string, event_id: string, handler: string) => {
  const { id, place } = originOf(event_id)
  const inbox = sql.ref(`${schema}.inbox`)
  const row = sql`where event_id = ${id} and handler = ${handler}`
  return (place === null ? sql`delete from ${inbox} ${row}` : sql`
    update ${inbox} set done = done - ${placesOf([event_id])}::int4multirange ${row}`).run(tx)
}

export interface IdempotencyRow { fingerprint: Buffer, status: number, reply: unknown }
export interface IdempotencyKey extends IdempotencyRow { scope: string, key: string }

/** Those of the keys that were used before. */
export const findIdempotencyKeys = (
  db: Db, schema: string, keys: { scope: string, key: string }[]
) => sql<IdempotencyKey>`
  select k.scope, k.key, k.fingerprint, k.status, k.reply
    from ${sql.rows(keys, { scope: 'text', key: 'text' })} as wanted
    join ${sql.ref(`${schema}.idempotency_keys`)} k using (scope, key)`.rows(db)

/**
 * Keys with their replies, for batches that have looked for them before.
 * @throws unique_violation when another process has used one of them meanwhile
 */
export const insertIdempotencyKeys = (tx: Tx, schema: string, keys: IdempotencyKey[]) => sql`
  insert into ${sql.ref(`${schema}.idempotency_keys`)} (scope, key, fingerprint, status, reply)
  select * from ${sql.rows(keys.map(one => ({ ...one, reply: JSON.stringify(one.reply) })), {
    scope: 'text', key: 'text', fingerprint: 'bytea', status: 'integer', reply: 'json',
  })} as k order by scope, key
  `.run(tx)

export const findIdempotencyKey = (
  db: Db, schema: string, scope: string, key: string
) => sql<IdempotencyRow>`
  select fingerprint, status, reply from ${sql.ref(`${schema}.idempotency_keys`)}
   where scope = ${scope} and key = ${key}`.first(db)

/**
 * A second request with the same key waits here until the first has committed, then inserts
 * nothing.
 */
export const claimIdempotencyKey = async (
  tx: Tx, schema: string, row: { scope: string, key: string, fingerprint: Buffer }
) => (await sql<{ key: string }>`
  insert into ${sql.ref(`${schema}.idempotency_keys`)} (scope, key, fingerprint, status)
  values (${row.scope}, ${row.key}, ${row.fingerprint}, 0)
  on conflict do nothing returning key`.rows(tx)).length === 1

export const storeIdempotentReply = (
  tx: Tx, schema: string, scope: string, key: string, status: number, reply: unknown
) => sql`
  update ${sql.ref(`${schema}.idempotency_keys`)}
     set status = ${status}, reply = ${JSON.stringify(reply)}::json
   where scope = ${scope} and key = ${key}`.run(tx)

/** Rows that one statement deletes: a fraction of a second, far below the limit of a statement. */
const deleted_at_once = 10_000
/** A night deletes 20 million of each; what is left then goes in the next. */
const most_rounds = 2000
const hour_ms = 3_600_000
const day_ms = 24 * hour_ms

/**
 * Keys are kept a day, delivered events two hours, what was seen a week: long enough for every
 * retry, short enough to stay small and to be read through when somebody is erased. A dead letter
 * that went well in the end is kept a day. Outbox and inbox are found by their ids, which begin
 * with the time and come first in their primary keys.
 */
export async function deleteOldMessages (db: Db, schema: string): Promise<void> {
  const table = (name: string) => sql.ref(`${schema}.${name}`)
  const oldest = [
    sql`${table('idempotency_keys')} where created_at < now() - interval '1 day'
      order by created_at`,
    sql`${table('outbox')} where id < ${firstIdAt(Date.now() - 2 * hour_ms)}
      and sent_at < now() - interval '2 hours' order by id`,
    sql`${table('inbox')} where event_id < ${firstIdAt(Date.now() - 8 * day_ms)}
      and received_at < now() - interval '8 days' order by event_id`,
    sql`${table('dead_letters')} where retried_at < now() - interval '1 day' order by id`,
  ]
  const deletions = ['idempotency_keys', 'outbox', 'inbox', 'dead_letters'].map((name, index) => sql`
    delete from ${table(name)} where ctid = any(array(
      select ctid from ${oldest[index]!} limit ${deleted_at_once}))`)
  for (const deletion of deletions) {
    for (let round = 0; round < most_rounds; round++) {
      if (await deletion.run(db) < deleted_at_once) break
    }
  }
}

export const countWaiting = (
  db: Db, schema: string
) => sql<{ outbox: number, dead_letters: number }>`
  select (select coalesce(sum(size), 0) from ${sql.ref(`${schema}.outbox`)} where sent_at is null) as outbox,
         (select count(*) from ${sql.ref(`${schema}.dead_letters`)}
           where retried_at is null) as dead_letters
  `.one(db)
