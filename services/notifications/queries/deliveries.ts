import type { Locale } from '@fermata/contracts/fields'
import type { Channel, DeliveryStatus, NotificationKind } from '@fermata/contracts/notifications'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import type { NewDelivery } from '../rules/notice.ts'
import { superseded } from '../rules/superseded.ts'
import type { Content } from '../rules/outgoing.ts'

export type DeliveryToInsert = NewDelivery & { id: string }

/** Returns the ids of those that are new. */
export const insertDeliveries = async (tx: Tx, rows: DeliveryToInsert[]) =>
  (await sql<{ id: string }>`
    insert into notifications.deliveries (id, dedupe_key, channel, kind, user_id, recipient, locale,
      subject, content, attach_order_id, priority, request_id, next_attempt_at)
    select id, dedupe_key, channel, kind, user_id, recipient, locale, subject, content,
           attach_order_id, priority, request_id, coalesce(send_at, now())
      from ${sql.rows(rows.map(row => ({ ...row, content: JSON.stringify(row.content) })), {
        id: 'uuid', dedupe_key: 'text', channel: 'text', kind: 'text', user_id: 'uuid',
        recipient: 'text', locale: 'text', subject: 'text', content: 'jsonb',
        attach_order_id: 'uuid', priority: 'smallint', request_id: 'text',
        send_at: 'timestamptz',
      })} as new
    on conflict (dedupe_key) do nothing returning id`.rows(tx)).map(row => row.id)

export interface DeliveryRow {
  id: string
  channel: Exclude<Channel, 'in_app'>
  kind: NotificationKind
  recipient: string
  subject: string
  status: DeliveryStatus
  attempts: number
  last_error: string | null
  next_attempt_at: string | null
  created_at: string
  sent_at: string | null
}

export const findDelivery = (db: Db, id: string) => sql<DeliveryRow>`
  select id, channel, kind, recipient, subject, status, attempts, last_error, next_attempt_at,
         created_at, sent_at
    from notifications.deliveries where id = ${id}`.first(db)

export interface DeliveryFilter {
  status?: DeliveryStatus
  channel?: Channel
  q?: string
  after: string | null
  limit: number
}

export const listDeliveryRows = (
  db: Db, { status, channel, q, after, limit }: DeliveryFilter,
) =>
  sql<DeliveryRow>`
    select id, channel, kind, recipient, subject, status, attempts, last_error, next_attempt_at,
           created_at, sent_at
      from notifications.deliveries
     where (${status ?? null}::text is null or status = ${status ?? null})
       and (${channel ?? null}::text is null or channel = ${channel ?? null})
       and (${q ?? null}::text is null
             or strpos(lower(recipient || ' ' || subject), lower(${q ?? null})) > 0)
       and (${after}::uuid is null or id < ${after}::uuid)
     order by id desc limit ${limit}`.rows(db)

/** What is needed to send one. */
export interface DueDelivery {
  id: string
  channel: Exclude<Channel, 'in_app'>
  kind: NotificationKind
  recipient: string
  locale: Locale
  subject: string
  content: Content
  attach_order_id: string | null
  request_id: string | null
  /** This one included, so that a mail which kills its process is given up in the end. */
  attempts: number
  /** Since it was due. */
  waited_s: number
}

/**
 * Takes the next one that is due. It is invisible to others until its lease ends: whoever died over
 * it, a living process takes it then. `skip locked` lets processes share the work.
 */
export const claimDue = (db: Db, lease_seconds: number) => sql<DueDelivery>`
  with due as materialized (
    select id, next_attempt_at as due_at from notifications.deliveries
     where status in ('pending', 'failed') and next_attempt_at <= clock_timestamp()
     order by priority, next_attempt_at limit 1 for update skip locked
  )
  update notifications.deliveries d
     set attempts = attempts + 1,
         next_attempt_at = clock_timestamp() + ${lease_seconds} * interval '1 second'
    from due where d.id = due.id
  returning d.id, channel, kind, recipient, locale, subject, content /* present: content */,
            attach_order_id, request_id, attempts,
            extract(epoch from clock_timestamp() - due_at)::float8 as waited_s`.first(db)

/** Still being sent: whoever looks for lost ones finds it later. */
export const keepClaim = (db: Db, id: string, lease_seconds: number) => sql`
  update notifications.deliveries
     set next_attempt_at = clock_timestamp() + ${lease_seconds} * interval '1 second'
   where id = ${id} and status in ('pending', 'failed')`.run(db)

export interface MailCounts {
  oldest_seconds: number
  waiting: number
  failing: number
  /** What nobody needed any more is not among them: it has not been tried in vain. */
  given_up: number
}

export const countMails = (db: Db) => sql<MailCounts>`
  select coalesce(max(extract(epoch from now() - case attempts
           when 0 then next_attempt_at else created_at end)) filter (where is_waiting), 0)::float8
           as oldest_seconds,
         count(*) filter (where is_waiting)::integer as waiting,
         count(*) filter (where status = 'failed')::integer as failing,
         count(*) filter (where status = 'dead' and coalesce(last_error, '') <> all(
           ${superseded}::text[]))::integer as given_up
    from notifications.deliveries, lateral (
      select status in ('pending', 'failed') and (attempts > 0 or next_attempt_at <= now())
        as is_waiting) as now_due
   where status in ('pending', 'failed', 'dead')`.one(db)

/** The words go with the mail: links in them open accounts. */
export const markDelivered = (db: Db, id: string) => sql`
  update notifications.deliveries
     set status = 'sent', sent_at = now(), last_error = null, next_attempt_at = null, content = null
   where id = ${id} and status in ('pending', 'failed')`.run(db)

export const markFailed = (db: Db, id: string, error: string, delay_seconds: number) => sql`
  update notifications.deliveries
     set status = 'failed', last_error = ${error},
         next_attempt_at = clock_timestamp() + ${delay_seconds} * interval '1 second'
   where id = ${id} and status in ('pending', 'failed')`.run(db)

/** Due at once, whatever was left of their pause. */
export const hurryFailed = (db: Db, ids: string[]) => sql`
  update notifications.deliveries set next_attempt_at = clock_timestamp()
   where id = any(${ids}::uuid[]) and status = 'failed'`.run(db)

/** Returns when, or nothing when it is not open any more. */
export const markDead = async (tx: Db, id: string, error: string) =>
  (await sql<{ dead_at: string }>`
    update notifications.deliveries
       set status = 'dead', last_error = ${error}, next_attempt_at = null
     where id = ${id} and status in ('pending', 'failed')
    returning now() as dead_at`.first(tx))?.dead_at

/**
 * An administrator asks for one more round of tries; without its words there is nothing to send.
 */
export const reviveDelivery = (db: Db, id: string) => sql<DeliveryRow>`
  update notifications.deliveries set status = 'pending', attempts = 0, next_attempt_at = now()
   where id = ${id} and status in ('failed', 'dead') and content is not null
  returning id, channel, kind, recipient, subject, status, attempts, last_error, next_attempt_at,
            created_at, sent_at`.first(db)

/**
 * What was given up loses its words: links that open an account after a day, when they have ended
 * anyway, the rest after `keep_days`.
 */
export const emptyDead = (db: Db, keep_days: number) => sql`
  update notifications.deliveries set content = null
   where status = 'dead' and content is not null
     and created_at < now() - case when kind = 'account' then 1 else ${keep_days} end
                              * interval '1 day'`.run(db)

/** Long after its event can come again, a delivery is only somebody's address. */
export const deleteOldDeliveries = (db: Db, keep_days: number) => sql`
  delete from notifications.deliveries
   where status in ('sent', 'dead')
     and created_at < now() - ${keep_days} * interval '1 day'`.run(db)
