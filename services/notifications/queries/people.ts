import { storedAddress } from '@fermata/contracts/mailboxes'
import type { Locale, Role } from '@fermata/contracts/fields'
import type { Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import type { Wishes } from '../rules/notice.ts'

export const findWishes = (tx: Tx, user_ids: string[]) => sql<Wishes>`
  select user_id, case when is_proven then email else '' end as proven_email, phone,
         case when email <> '' then locale end as locale,
         email_notifications, in_app_notifications, sms_notifications
    from notifications.people where user_id = any(${user_ids}::uuid[])`.rows(tx)

export interface PersonRow {
  user_id: string
  email: string
  username: string
  locale: Locale
  roles: Role[]
  email_verified?: boolean
}

/** May come after a change of settings or roles, or the end of the account; those are newer. */
export const insertPeople = (tx: Tx, rows: PersonRow[]) => sql`
  insert into notifications.people as p (user_id, email, username, locale, is_admin, is_proven)
  select user_id, lower(email), username, locale, is_admin, is_proven
    from ${sql.rows(rows.map(row => ({
      ...row, is_admin: row.roles.includes('admin'), is_proven: row.email_verified ?? false,
    })), {
      user_id: 'uuid', email: 'text', username: 'text', locale: 'text', is_admin: 'boolean',
      is_proven: 'boolean',
    })} as new
  on conflict (user_id) do update set
    is_proven = p.is_proven or excluded.is_proven,
    username = excluded.username,
    email = case when p.settings_changed_at is null then excluded.email else p.email end,
    locale = case when p.settings_changed_at is null then excluded.locale else p.locale end,
    is_admin = case when p.roles_changed_at is null then excluded.is_admin else p.is_admin end
   where p.erased_at is null`.run(tx)

export const setProven = (tx: Tx, user_ids: string[]) => sql`
  insert into notifications.people as p (user_id, is_proven)
  select distinct unnest(${user_ids}::uuid[]), true
  on conflict (user_id) do update set is_proven = true where p.erased_at is null`.run(tx)

export interface RolesRow { user_id: string, is_admin: boolean, changed_at: string }

/** One row for each person. */
export const setRoles = (tx: Tx, rows: RolesRow[]) => sql`
  insert into notifications.people as p (user_id, is_admin, roles_changed_at)
  select * from ${sql.rows(rows, {
    user_id: 'uuid', is_admin: 'boolean', changed_at: 'timestamptz',
  })} as given
  on conflict (user_id) do update
     set is_admin = excluded.is_admin, roles_changed_at = excluded.roles_changed_at
   where p.erased_at is null
     and (p.roles_changed_at is null or p.roles_changed_at < excluded.roles_changed_at)`.run(tx)

export interface SettingsRow {
  user_id: string
  email: string
  phone: string | null
  changed_at: string
  settings: {
    locale: Locale
    email_notifications: boolean
    in_app_notifications: boolean
    sms_notifications: boolean
    reminders: boolean
  }
}

/** One row for each person; an older one changes nothing. */
export const setSettings = (tx: Tx, rows: SettingsRow[]) => sql`
  insert into notifications.people as p (user_id, email, phone, settings_changed_at, locale,
    email_notifications, in_app_notifications, sms_notifications, reminders)
  select * from ${sql.rows(rows.map(row => ({ ...row, ...row.settings, email: storedAddress(row.email) })), {
    user_id: 'uuid', email: 'text', phone: 'text', changed_at: 'timestamptz',
    locale: 'text', email_notifications: 'boolean', in_app_notifications: 'boolean',
    sms_notifications: 'boolean', reminders: 'boolean',
  })} as given
  on conflict (user_id) do update set
    email = excluded.email, phone = excluded.phone, locale = excluded.locale,
    email_notifications = excluded.email_notifications,
    in_app_notifications = excluded.in_app_notifications,
    sms_notifications = excluded.sms_notifications, reminders = excluded.reminders,
    settings_changed_at = excluded.settings_changed_at
   where p.erased_at is null and (p.settings_changed_at is null
      or p.settings_changed_at < excluded.settings_changed_at)`.run(tx)

export interface AdminRow { user_id: string, email: string, locale: Locale }

export const findAdmins = (tx: Tx) => sql<AdminRow>`
  select user_id, email, locale from notifications.people
   where is_admin and email <> '' order by user_id limit 1000`.rows(tx)

/**
 * The account whose owner reads the mailbox of an address; whoever only registered with it has no
 * right to what is written to it.
 */
export const findUserId = async (tx: Tx, email: string) => (await sql<{ user_id: string }>`
  select user_id from notifications.people
   where email = lower(${email}) and email <> '' and is_proven limit 1`.first(tx))?.user_id ?? null

/** An empty row stays of a person, so that settings or roles that come late do not bring them back. */
export const leaveEmptyPeople = (tx: Tx, user_ids: string[]) => sql`
  insert into notifications.people (user_id, in_app_notifications, erased_at)
  select distinct unnest(${user_ids}::uuid[]), false, now()
  on conflict (user_id) do update set
    email = '', username = '', phone = null, is_admin = false, is_proven = false, sms_notifications = false,
    in_app_notifications = false, reminders = false, erased_at = excluded.erased_at`.run(tx)
