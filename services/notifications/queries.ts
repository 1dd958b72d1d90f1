import type { Role } from '@fermata/contracts/fields'
import type { Channel, DeliveryStatus } from '@fermata/contracts/notifications'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from 'kysely'
import type { DB } from './database.ts'
import type { NewDelivery, NewMessage, Wishes } from './rules/notice.ts'
import type { Content } from './rules/outgoing.ts'

export const findWishes = async (tx: Tx<DB>, user_ids: string[]) => (await sql<Wishes>`
  select user_id, phone, email_notifications, in_app_notifications, sms_notifications
    from notifications.people where user_id = any(${user_ids}::uuid[])`.execute(tx)).rows

export const insertMessages = (tx: Tx<DB>, rows: (NewMessage & { id: string })[]) => sql`
  insert into notifications.messages (id, dedupe_key, user_id, kind, title, body, url)
  select * from unnest(${rows.map(row => row.id)}::uuid[], ${rows.map(row => row.dedupe_key)}::text[], ${rows.map(row => row.user_id)}::uuid[],
    ${rows.map(row => row.kind)}::text[], ${rows.map(row => row.title)}::text[], ${rows.map(row => row.body)}::text[], ${rows.map(row => row.url)}::text[])
  on conflict (dedupe_key) do nothing`.execute(tx)

/** Returns the ids of those that are new. */
export const insertDeliveries = async (tx: Tx<DB>, rows: (NewDelivery & { id: string })[]) => (await sql<{ id: string }>`
  insert into notifications.deliveries (id, dedupe_key, channel, kind, recipient, locale, subject, content, attach_order_id, next_attempt_at)
  select *, now() from unnest(${rows.map(row => row.id)}::uuid[], ${rows.map(row => row.dedupe_key)}::text[], ${rows.map(row => row.channel)}::text[],
    ${rows.map(row => row.kind)}::text[], ${rows.map(row => row.recipient)}::text[], ${rows.map(row => row.locale)}::text[],
    ${rows.map(row => row.subject)}::text[], ${rows.map(row => JSON.stringify(row.content))}::jsonb[], ${rows.map(row => row.attach_order_id)}::uuid[])
  on conflict (dedupe_key) do nothing returning id`.execute(tx)).rows.map(row => row.id)

export interface DeliveryRow {
  id: string, channel: Channel, kind: string, recipient: string, locale: 'en' | 'fr', subject: string, content: Content
  attach_order_id: string | null, status: DeliveryStatus, attempts: number, last_error: string | null, next_attempt_at: string | null
  created_at: string, sent_at: string | null
}

export const findDelivery = async (db: Db<DB>, id: string) => (await sql<DeliveryRow>`
  select id, channel, kind, recipient, locale, subject, content, attach_order_id, status, attempts, last_error, next_attempt_at, created_at, sent_at
    from notifications.deliveries where id = ${id}`.execute(db)).rows[0]

/** The words go once they are sent: links in them open accounts and orders. */
export const markDelivered = (tx: Tx<DB>, id: string) => sql`
  update notifications.deliveries
     set status = 'sent', sent_at = now(), attempts = attempts + 1, last_error = null, next_attempt_at = null, content = '{}'
   where id = ${id} and status <> 'sent'`.execute(tx)

export const markDeliveryFailed = (tx: Tx<DB>, id: string, error: string, next_attempt_at: Date | null) => sql`
  update notifications.deliveries
     set status = ${next_attempt_at ? 'failed' : 'dead'}, attempts = attempts + 1, last_error = ${error}, next_attempt_at = ${next_attempt_at}
   where id = ${id} and status <> 'sent'`.execute(tx)

/** An administrator asks for one more round of tries. */
export const reviveDelivery = async (tx: Tx<DB>, id: string) => (await sql<{ id: string }>`
  update notifications.deliveries set status = 'pending', attempts = 0, next_attempt_at = now()
   where id = ${id} and status in ('failed', 'dead') returning id`.execute(tx)).rows.length === 1

/** Those whose job was lost with a killed process; a job that only runs late finds the mail sent. */
export const findForgotten = async (db: Db<DB>, limit: number) => (await sql<{ id: string }>`
  select id from notifications.deliveries
   where status in ('pending', 'failed') and next_attempt_at < now() - interval '2 minutes'
   order by next_attempt_at limit ${limit}`.execute(db)).rows.map(row => row.id)

export const insertMail = (tx: Tx<DB>, mail: {
  id: string, from: string, to: string, subject: string, text: string, html: string, attachments: { filename: string, content_type: string, content_base64: string }[]
}) => sql`
  insert into notifications.mailbox (id, from_address, to_address, subject, text, html, attachments)
  values (${mail.id}, ${mail.from}, ${mail.to}, ${mail.subject}, ${mail.text}, ${mail.html}, ${JSON.stringify(mail.attachments)}::jsonb)
  on conflict (id) do nothing`.execute(tx)

/** A development mailbox that nobody empties keeps its newest mails. */
export const trimMailbox = (db: Db<DB>, keep: number) => sql`
  delete from notifications.mailbox where id in (select id from notifications.mailbox order by sent_at desc, id desc offset ${keep})`.execute(db)

export interface MailRow { id: string, from: string, to: string, subject: string, text: string, html: string, sent_at: string, attachments: { filename: string, content_type: string, content_base64: string }[] }

export const findMail = async (db: Db<DB>, id: string) => (await sql<MailRow>`
  select id, from_address as "from", to_address as "to", subject, text, html, sent_at, attachments
    from notifications.mailbox where id = ${id}`.execute(db)).rows[0]

export interface MailSummaryRow { id: string, to: string, subject: string, sent_at: string, attachment_count: number }

export const listMails = async (db: Db<DB>, filter: { to?: string, after: { sent_at: string, id: string } | null, limit: number }) => (await sql<MailSummaryRow>`
  select id, to_address as "to", subject, sent_at, jsonb_array_length(attachments) as attachment_count from notifications.mailbox
   where (${filter.to ?? null}::text is null or lower(to_address) = lower(${filter.to ?? null}))
     and (${filter.after?.id ?? null}::uuid is null or (date_trunc('milliseconds', sent_at), id) < (${filter.after?.sent_at ?? null}::timestamptz, ${filter.after?.id ?? null}::uuid))
   order by date_trunc('milliseconds', sent_at) desc, id desc limit ${filter.limit}`.execute(db)).rows

export interface MessageRow { id: string, kind: string, title: string, body: string, url: string | null, read_at: string | null, created_at: string }

export const listMessages = async (db: Db<DB>, user_id: string, unread: boolean, after: string | null, limit: number) => (await sql<MessageRow>`
  select id, kind, title, body, url, read_at, created_at from notifications.messages
   where user_id = ${user_id} and (not ${unread} or read_at is null) and (${after}::uuid is null or id < ${after}::uuid)
   order by id desc limit ${limit}`.execute(db)).rows

export const countUnreadMessages = async (db: Db<DB>, user_id: string) => (await sql<{ unread: number }>`
  select count(*) as unread from notifications.messages where user_id = ${user_id} and read_at is null`.execute(db)).rows[0]!.unread

export const markRead = async (db: Db<DB>, user_id: string, id: string) => (await sql<MessageRow>`
  update notifications.messages set read_at = coalesce(read_at, now()) where id = ${id} and user_id = ${user_id}
  returning id, kind, title, body, url, read_at, created_at`.execute(db)).rows[0]

export const listDeliveryRows = async (
  db: Db<DB>, filter: { status?: DeliveryStatus, channel?: Channel, q?: string, after: string | null, limit: number }
) => (await sql<DeliveryRow>`
  select id, channel, kind, recipient, locale, subject, content, attach_order_id, status, attempts, last_error, next_attempt_at, created_at, sent_at
    from notifications.deliveries
   where (${filter.status ?? null}::text is null or status = ${filter.status ?? null})
     and (${filter.channel ?? null}::text is null or channel = ${filter.channel ?? null})
     and (${filter.q ?? null}::text is null or strpos(lower(recipient || ' ' || subject), lower(${filter.q ?? null})) > 0)
     and (${filter.after}::uuid is null or id < ${filter.after}::uuid)
   order by id desc limit ${filter.limit}`.execute(db)).rows

export interface PersonRow { user_id: string, email: string, username: string, locale: 'en' | 'fr', roles: Role[] }

/** May come after a change of settings or roles; those are newer and stay. */
export const insertPeople = (tx: Tx<DB>, rows: PersonRow[]) => sql`
  insert into notifications.people (user_id, email, username, locale, is_admin)
  select id, lower(email), username, locale, is_admin
    from unnest(${rows.map(row => row.user_id)}::uuid[], ${rows.map(row => row.email)}::text[], ${rows.map(row => row.username)}::text[],
      ${rows.map(row => row.locale)}::text[], ${rows.map(row => row.roles.includes('admin'))}::boolean[]) as p (id, email, username, locale, is_admin)
  on conflict (user_id) do update set email = excluded.email, username = excluded.username,
    locale = case when people.settings_changed_at is null then excluded.locale else people.locale end,
    is_admin = case when people.roles_changed_at is null then excluded.is_admin else people.is_admin end`.execute(tx)

export const setRoles = (tx: Tx<DB>, user_id: string, is_admin: boolean, changed_at: string) => sql`
  insert into notifications.people (user_id, email, is_admin, roles_changed_at) values (${user_id}, '', ${is_admin}, ${changed_at})
  on conflict (user_id) do update set is_admin = excluded.is_admin, roles_changed_at = excluded.roles_changed_at
   where people.roles_changed_at is null or people.roles_changed_at < excluded.roles_changed_at`.execute(tx)

export interface SettingsRow {
  user_id: string, email: string, phone: string | null, changed_at: string
  settings: { locale: string, email_notifications: boolean, in_app_notifications: boolean, sms_notifications: boolean, reminders: boolean }
}

export const setSettings = (tx: Tx<DB>, { user_id, email, phone, changed_at, settings }: SettingsRow) => sql`
  insert into notifications.people (user_id, email, phone, locale, email_notifications, in_app_notifications, sms_notifications, reminders, settings_changed_at)
  values (${user_id}, ${email.toLowerCase()}, ${phone}, ${settings.locale}, ${settings.email_notifications}, ${settings.in_app_notifications},
    ${settings.sms_notifications}, ${settings.reminders}, ${changed_at})
  on conflict (user_id) do update set email = excluded.email, phone = excluded.phone, locale = excluded.locale,
    email_notifications = excluded.email_notifications, in_app_notifications = excluded.in_app_notifications,
    sms_notifications = excluded.sms_notifications, reminders = excluded.reminders, settings_changed_at = excluded.settings_changed_at
   where people.settings_changed_at is null or people.settings_changed_at < excluded.settings_changed_at`.execute(tx)

export const findAdmins = async (tx: Tx<DB>) => (await sql<{ user_id: string, email: string, locale: 'en' | 'fr' }>`
  select user_id, email, locale from notifications.people where is_admin and email <> ''`.execute(tx)).rows

/** Everything about a person goes with their account. */
export const erasePeople = (tx: Tx<DB>, user_ids: string[], emails: string[]) => sql`
  with people as (delete from notifications.people where user_id = any(${user_ids}::uuid[])),
       messages as (delete from notifications.messages where user_id = any(${user_ids}::uuid[])),
       holders as (delete from notifications.holders where user_id = any(${user_ids}::uuid[])),
       mails as (delete from notifications.mailbox where lower(to_address) = any(${emails.map(email => email.toLowerCase())}::text[]))
  delete from notifications.deliveries where lower(recipient) = any(${emails.map(email => email.toLowerCase())}::text[])`.execute(tx)

export interface HolderRow { order_id: string, event_id: string, user_id: string | null, name: string, email: string, locale: 'en' | 'fr', access_token: string }

export const insertHolders = (tx: Tx<DB>, rows: HolderRow[]) => sql`
  insert into notifications.holders (order_id, event_id, user_id, name, email, locale, access_token)
  select * from unnest(${rows.map(row => row.order_id)}::uuid[], ${rows.map(row => row.event_id)}::uuid[], ${rows.map(row => row.user_id)}::uuid[],
    ${rows.map(row => row.name)}::text[], ${rows.map(row => row.email)}::text[], ${rows.map(row => row.locale)}::text[], ${rows.map(row => row.access_token)}::text[])
  on conflict (order_id) do nothing`.execute(tx)

/** Left as a row that is not current, so that tickets issued news that comes late changes nothing. */
export const endHolders = (tx: Tx<DB>, rows: { order_id: string, event_id: string, name: string, email: string, locale: string }[]) => sql`
  insert into notifications.holders (order_id, event_id, name, email, locale, access_token, is_current)
  select *, '', false from unnest(${rows.map(row => row.order_id)}::uuid[], ${rows.map(row => row.event_id)}::uuid[],
    ${rows.map(row => row.name)}::text[], ${rows.map(row => row.email)}::text[], ${rows.map(row => row.locale)}::text[])
  on conflict (order_id) do update set is_current = false`.execute(tx)

export const listHolders = async (tx: Tx<DB>, event_id: string) => (await sql<HolderRow & { reminders: boolean }>`
  select h.order_id, h.event_id, h.user_id, h.name, h.email, h.locale, h.access_token, coalesce(p.reminders, true) as reminders
    from notifications.holders h left join notifications.people p on p.user_id = h.user_id
   where h.event_id = ${event_id} and h.is_current order by h.order_id`.execute(tx)).rows

/** Newest version wins, whatever order the news comes in. */
export const setEvent = (tx: Tx<DB>, id: string, version: number, facts: unknown) => sql`
  insert into notifications.events (id, version, facts) values (${id}, ${version}, ${JSON.stringify(facts)}::jsonb)
  on conflict (id) do update set version = excluded.version, facts = excluded.facts where events.version < excluded.version`.execute(tx)

export const findEvents = async (tx: Tx<DB>, ids: string[]) => (await sql<{ id: string, facts: unknown }>`
  select id, facts from notifications.events where id = any(${ids}::uuid[])`.execute(tx)).rows

export const findUserId = async (tx: Tx<DB>, email: string) => (await sql<{ user_id: string }>`
  select user_id from notifications.people where email = lower(${email})`.execute(tx)).rows[0]?.user_id
