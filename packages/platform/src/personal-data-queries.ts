import type { Db, Tx } from './database.ts'
import type { Owner, PersonalDataMap, Subjects } from './personal-data.ts'
import { sql, type Fragment } from './sql.ts'

/** All SQL of export and erasure, made from a service's map. */

/** Nobody has more of one kind, and an answer has to end. */
const max_rows = 10_000

function owned (
  schema: string, map: PersonalDataMap, owner: Owner, subjects: Subjects
): Fragment<unknown> {
  if ('through' in owner) return sql`${sql.raw(owner.column)} in (
    select ${sql.raw(owner.key)} from ${sql.ref(`${schema}.${owner.through}`)}
     where ${ownedBy(schema, map, owner.through, subjects)})`
  const { user, address } = owner
  const by_address = address && sql`lower(${sql.raw(address)}) = any(${subjects.addresses}::text[])`
  if (!user) return by_address ? sql`(${by_address})` : sql`false`
  const by_user = sql`${sql.raw(user)} = any(${subjects.user_ids}::uuid[])`
  return by_address ? sql`(${by_user} or (${sql.raw(user)} is null and ${by_address}))` : by_user
}

const ownedBy = (
  schema: string, map: PersonalDataMap, table: string, subjects: Subjects
): Fragment<unknown> =>
  sql`(${sql.join(map.tables[table]!.of.map(owner => owned(schema, map, owner, subjects)),
    sql` or `)})`

export async function findRows (
  db: Db, schema: string, map: PersonalDataMap, name: string, subjects: Subjects
): Promise<{ rows: Record<string, unknown>[], is_more: boolean }> {
  const { personal, rest, secret = [] } = map.tables[name]!
  const shown = [...Object.keys(personal), ...rest].filter(column => !secret.includes(column))
  const rows = await sql<Record<string, unknown>>`
    select ${sql.join(shown.map(column => sql.ref(column)))} from ${sql.ref(`${schema}.${name}`)}
     where ${ownedBy(schema, map, name, subjects)} limit ${max_rows + 1}`.rows(db)
  return { rows: rows.slice(0, max_rows), is_more: rows.length > max_rows }
}

export async function eraseRows (
  tx: Tx, schema: string, map: PersonalDataMap, name: string, subjects: Subjects
): Promise<void> {
  const { erase, personal } = map.tables[name]!
  const table = sql.ref(`${schema}.${name}`)
  const theirs = ownedBy(schema, map, name, subjects)
  if (erase === 'rows') {
    await sql`delete from ${table} where ${theirs}`.run(tx)
    return
  }
  const changes = Object.entries(personal).flatMap(([column, { becomes }]) =>
    becomes === undefined ? [] : [sql`${sql.ref(column)} = ${sql.raw(becomes)}`])
  if (changes.length > 0) {
    await sql`update ${table} set ${sql.join(changes)} where ${theirs}`.run(tx)
  }
}

export const rememberErased = (
  tx: Tx, schema: string, rows: { subject: Buffer, user_id: string | null }[]
) => sql`
  insert into ${sql.ref(`${schema}.erasures`)} (subject, user_id)
  select * from ${sql.rows(rows, { subject: 'bytea', user_id: 'uuid' })} as erased
  on conflict (subject) do update set erased_at = excluded.erased_at`.run(tx)

export interface Erased { subject: Buffer, user_id: string | null, erased_at: string }

export const findErased = (tx: Tx, schema: string, subjects: Buffer[]) => sql<Erased>`
  select subject, user_id, erased_at from ${sql.ref(`${schema}.erasures`)}
   where subject = any(${subjects}::bytea[])`.rows(tx)

/** Accounts that ended a short while ago. */
export const findErasedUsers = async (db: Db, schema: string) => (await sql<{ user_id: string }>`
  select user_id from ${sql.ref(`${schema}.erasures`)}
   where user_id is not null and erased_at > now() - interval '1 day'`.rows(db)).map(row => row.user_id)

/** Longer than news is on its way: sent events are kept for less, and inbox rows as long. */
export const forgetErasures = (db: Db, schema: string) => sql`
  delete from ${sql.ref(`${schema}.erasures`)}
   where erased_at < now() - interval '8 days'`.run(db)

/** Whether the text of a document names one of them; it holds ids and addresses as they are. */
const names = (column: string, needles: string[]) => sql`exists (
  select from unnest(${needles}::text[]) as needle
   where strpos(lower(${sql.ref(column)}::text), needle) > 0)`

/**
 * What was delivered, answers kept for a repetition, and news of accounts that nobody needs.
 * Bundles are left to who rewrites them: they tell of others as well.
 */
export async function deleteMessagesAbout (
  tx: Tx, schema: string, needles: string[], but: readonly string[]
): Promise<void> {
  const table = (name: string) => sql.ref(`${schema}.${name}`)
  await sql`delete from ${table('outbox')}
    where size = 1 and sent_at is not null and type <> all(${but}::text[])
      and ${names('data', needles)}`.run(tx)
  await sql`delete from ${table('idempotency_keys')}
    where ${names('scope', needles)} or ${names('reply', needles)}`.run(tx)
  await sql`delete from ${table('dead_letters')}
    where (retried_at is not null or data ->> 'order_id' is null)
      and type <> all(${but}::text[]) and ${names('data', needles)}`.run(tx)
  // Somebody else's words about a failure may repeat an address.
  await sql`update ${table('dead_letters')} set error = 'failed'
    where ${names('error', needles)}`.run(tx)
}

/**
 * Locked, and not waited for: within one process the relay that delivers the erasure may itself
 * hold what is to be erased, in the same batch. The erasure comes again and finds it delivered.
 */
export const findMessagesAbout = (
  tx: Tx, schema: string, table: 'outbox' | 'dead_letters', needles: string[],
  but: readonly string[]
) => sql<{ id: string, data: unknown, is_sent: boolean }>`
  select id, data, ${table === 'outbox' ? sql`sent_at is not null` : sql`false`} as is_sent from ${sql.ref(`${schema}.${table}`)}
   where type <> all(${but}::text[]) and ${names('data', needles)} for update nowait`.rows(tx)

export const rewriteMessage = (
  tx: Tx, schema: string, table: 'outbox' | 'dead_letters', id: string, data: unknown
) => sql`
  update ${sql.ref(`${schema}.${table}`)} set data = ${JSON.stringify(data)}::json
   where id = ${id}`.run(tx)

/**
 * Events that name whom they erase do not outlive their delivery, nor do those that were parted
 * from them: their ids have all digits but the last three of the bundle's.
 */
export const deleteSent = (tx: Tx, schema: string, ids: string[], types: readonly string[]) => sql`
  delete from ${sql.ref(`${schema}.outbox`)} o using unnest(${ids}::uuid[]) as given
   where o.id between given and overlay(given::text placing 'fff' from 34)::uuid
     and o.sent_at is not null and o.type = any(${types}::text[])`.run(tx)
