import type { Locale, Role } from '@fermata/contracts/fields'
import type { ProfileChanges, SettingsChanges } from '@fermata/contracts/users'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

/** Somebody who registered and was not erased. */
export interface PersonRow {
  id: string
  registered_at: string
  username: string
  email: string
  is_verified: boolean
  phone: string | null
  roles: Role[]
  locale: Locale
  email_notifications: boolean
  in_app_notifications: boolean
  sms_notifications: boolean
  reminders: boolean
  updated_at: string
}

const columns = sql.raw(`id, registered_at, username, email, is_verified, phone, roles, locale,
  email_notifications, in_app_notifications, sms_notifications, reminders, updated_at
  /* present: registered_at, username, email */`)

/** Whoever has registered and is not erased has these. */
const is_person = sql.raw('registered_at is not null and erased_at is null')

export const findPerson = (db: Db, id: string) => sql<PersonRow>`
  select ${columns} from users.people where id = ${id} and ${is_person}`.first(db)

/** Two changes at once are told of in the order in which they are made. */
export const lockPerson = (tx: Tx, id: string) => sql<PersonRow>`
  select ${columns} from users.people where id = ${id} and ${is_person}
     for update`.first(tx)

/** Whether somebody is known to be gone, and not merely new. */
export const isErased = async (db: Db, id: string) => (await sql`
  select from users.people where id = ${id} and erased_at is not null`.rows(db)).length > 0

/** The clock is read after the lock was waited for, so later changes have later times. */
export const updateProfile = (tx: Tx, id: string, changes: ProfileChanges) =>
  sql<PersonRow>`
  update users.people
     set username = coalesce(${changes.username ?? null}, username),
         phone = case when ${changes.phone !== undefined}::boolean then ${changes.phone ?? null}
           else phone end,
         updated_at = clock_timestamp()
   where id = ${id} returning ${columns}`.one(tx)

export const updateSettings = (tx: Tx, id: string, changes: SettingsChanges) =>
  sql<PersonRow>`
  update users.people
     set locale = coalesce(${changes.locale ?? null}, locale),
         email_notifications = coalesce(${changes.email_notifications ?? null}, email_notifications),
         in_app_notifications =
           coalesce(${changes.in_app_notifications ?? null}, in_app_notifications),
         sms_notifications = coalesce(${changes.sms_notifications ?? null}, sms_notifications),
         reminders = coalesce(${changes.reminders ?? null}, reminders),
         updated_at = clock_timestamp()
   where id = ${id} returning ${columns}`.one(tx)

export interface PeopleFilter {
  /** A pattern for `ilike`, met by name or email. */
  pattern: string | null
  role: Role | null
  after: string | null
  limit: number
}

/** Newest first; ids are in the order of registration. */
export const listPeople = (db: Db, filter: PeopleFilter) => sql<PersonRow>`
  select ${columns} from users.people
   where ${is_person}
     and (${filter.pattern}::text is null
          or username ilike ${filter.pattern} or email ilike ${filter.pattern})
     and (${filter.role}::text is null or roles @> array[${filter.role}]::text[])
     and (${filter.after}::uuid is null or id < ${filter.after}::uuid)
   order by id desc limit ${filter.limit}`.rows(db)

export interface NewPerson {
  user_id: string, email: string, username: string, locale: Locale, roles: Role[],
  registered_at: string, is_verified: boolean
}

/** Fills in what a row that began with other news does not have; an erased one stays erased. */
export const addPeople = (tx: Tx, people: NewPerson[]) => sql`
  insert into users.people as p
    (id, registered_at, updated_at, username, email, locale, roles, is_verified)
  select distinct on (user_id)
         user_id, registered_at, registered_at, username, email, locale, roles, is_verified
    from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as t (user_id uuid, email text,
      username text, locale text, roles text[], registered_at timestamptz, is_verified boolean)
   order by user_id
  on conflict (id) do update
    set registered_at = excluded.registered_at, updated_at = excluded.updated_at,
        username = excluded.username, email = excluded.email, locale = excluded.locale,
        roles = case when p.roles_changed_at is null then excluded.roles else p.roles end,
        is_verified = p.is_verified or excluded.is_verified
    where p.registered_at is null and p.erased_at is null`.run(tx)

/** The newest roles count, in whatever order they come. */
export const changeRoles = (
  tx: Tx, changes: { user_id: string, roles: Role[], changed_at: string }[],
) => sql`
  insert into users.people as p (id, roles, roles_changed_at)
  select distinct on (user_id) user_id, roles, changed_at
    from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb)
      as t (user_id uuid, roles text[], changed_at timestamptz)
   order by user_id, changed_at desc
  on conflict (id) do update
    set roles = excluded.roles, roles_changed_at = excluded.roles_changed_at, updated_at = now()
    where p.erased_at is null
      and (p.roles_changed_at is null or p.roles_changed_at < excluded.roles_changed_at)
  `.run(tx)

export const markVerified = (tx: Tx, ids: string[]) => sql`
  insert into users.people as p (id, is_verified)
  select id, true from unnest(${ids}::uuid[]) as id group by id order by id
  on conflict (id) do update set is_verified = true where p.erased_at is null`.run(tx)

/** Leaves nothing but the id. */
export const erasePeople = (tx: Tx, ids: string[]) => sql`
  insert into users.people as p (id, erased_at)
  select id, now() from unnest(${ids}::uuid[]) as id group by id order by id
  on conflict (id) do update
    set erased_at = excluded.erased_at, updated_at = excluded.erased_at, registered_at = null,
        username = null, email = null, phone = null, is_verified = false, roles = '{user}',
        roles_changed_at = null, locale = 'en', email_notifications = true,
        in_app_notifications = true, sms_notifications = false, reminders = true
    where p.erased_at is null`.run(tx)
