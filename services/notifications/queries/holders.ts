import type { EventFacts, Locale } from '@fermata/contracts/fields'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

export interface NewHolder {
  order_id: string
  event_id: string
  user_id: string | null
  email: string
  locale: Locale
  ticket_count: number
  is_free: boolean
}

/** One row for each order. Its tickets may have been voided before this is heard. */
export const insertHolders = (tx: Tx, rows: NewHolder[]) => sql`
  insert into notifications.holders (order_id, event_id, user_id, email, locale, ticket_count,
    is_free)
  select * from ${sql.rows(rows, {
    order_id: 'uuid', event_id: 'uuid', user_id: 'uuid', email: 'text', locale: 'text',
    ticket_count: 'integer', is_free: 'boolean',
  })} as given
  on conflict (order_id) do update set
    event_id = excluded.event_id, user_id = excluded.user_id, email = excluded.email,
    locale = excluded.locale, ticket_count = excluded.ticket_count,
    is_free = excluded.is_free`.run(tx)

/** When the mails of orders go out that could not go out at once. */
export const markMailsDue = (tx: Tx, rows: { order_id: string, at: string }[]) => sql`
  update notifications.holders h set mail_due_at = new.at
    from ${sql.rows(rows, { order_id: 'uuid', at: 'timestamptz' })} as new
   where h.order_id = new.order_id`.run(tx)

/** When the mail of an order goes out, where that is still to come. */
export const findMailDue = async (db: Db, order_id: string, user_id: string | null) =>
  (await sql<{ mail_due_at: string }>`
    select mail_due_at /* present: mail_due_at */ from notifications.holders
     where order_id = ${order_id} and mail_due_at > now()
       and (${user_id}::uuid is null or user_id = ${user_id})`.first(db))?.mail_due_at ?? null

/**
 * Left as a row that has ended, so that the issue of its tickets, when heard late, begins nothing.
 */
export const endHolders = (tx: Tx, order_ids: string[]) => sql`
  insert into notifications.holders (order_id, is_ended)
  select distinct id, true from unnest(${order_ids}::uuid[]) as id
  on conflict (order_id) do update set is_ended = true`.run(tx)

/** @param order_ids one for each ticket */
export const countVoided = (tx: Tx, order_ids: string[]) => sql`
  insert into notifications.holders as h (order_id, voided_count)
  select id, count(*) from unnest(${order_ids}::uuid[]) as id group by id
  on conflict (order_id) do update
     set voided_count = h.voided_count + excluded.voided_count`.run(tx)

export interface HolderRow {
  order_id: string
  user_id: string | null
  email: string
  locale: Locale
  is_free: boolean
  /** True for guests, who have chosen nothing. */
  wants_reminders: boolean
}

/** Those with at least one valid ticket, a page at a time: a stadium is told, too. */
export const listHolders = (
  tx: Tx, event_id: string, after: string | null, limit: number,
) => sql<HolderRow>`
  select h.order_id, h.user_id, h.email, h.locale /* present: email, locale */, h.is_free,
         coalesce(p.reminders, true) as wants_reminders
    from notifications.holders h left join notifications.people p on p.user_id = h.user_id
   where h.event_id = ${event_id} and not h.is_ended and h.ticket_count > h.voided_count
     and (${after}::uuid is null or h.order_id > ${after}::uuid)
   order by h.order_id limit ${limit}`.rows(tx)

/** Where news about events goes to holders who paid nothing. */
export const listFreeAddresses = (tx: Tx, event_ids: string[]) =>
  sql<{ event_id: string, email: string }>`
    select distinct event_id, email /* present: event_id, email */ from notifications.holders
     where event_id = any(${event_ids}::uuid[]) and is_free and not is_ended
       and ticket_count > voided_count`.rows(tx)

/**
 * Keeps the newest version of each event, whatever order the news comes in.
 * @param events one for each id
 * @returns the ids of those that were news
 */
export const setEvents = async (tx: Tx, events: EventFacts[]) => (await sql<{ id: string }>`
  insert into notifications.events as e (id, version, facts)
  select * from ${sql.rows(events.map(event => ({ ...event, facts: JSON.stringify(event) })), {
    id: 'uuid', version: 'integer', facts: 'jsonb',
  })} as given
  on conflict (id) do update set version = excluded.version, facts = excluded.facts
   where e.version < excluded.version
  returning id`.rows(tx)).map(row => row.id)

export const findEvents = async (tx: Tx, ids: string[]) =>
  new Map((await sql<{ id: string, facts: EventFacts }>`
    select id, facts from notifications.events where id = any(${ids}::uuid[])`.rows(tx)).map(row => [row.id, row.facts]))
