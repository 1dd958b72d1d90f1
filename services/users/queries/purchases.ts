import type { Purchase } from '@fermata/contracts/users'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

export type PurchaseRow = Purchase & { user_id: string | null, email: string | null }

const columns = sql.raw(`order_id, code, event_id, event_title, status, ticket_count, total_minor,
  currency, starts_at, timezone, city, purchased_at`)

/**
 * One writer at a time decides whose purchases are: an order that arrives, an address that is
 * proven and a person who is erased would otherwise not see each other before they commit.
 */
export const holdClaims = (tx: Tx) => sql`
  select pg_advisory_xact_lock(hashtextextended('users.purchases', 0))`.run(tx)

/** Where and when it takes place is told of paid orders only. */
export type NewPurchase = Omit<PurchaseRow, 'status'> & { status: PurchaseStatus }
export type PurchaseStatus = 'completed' | 'canceled' | 'refunded'

/**
 * A later state in an order's life replaces an earlier one, in whatever order they come. What was
 * bought by somebody erased is not written down again.
 */
export const recordPurchases = (tx: Tx, purchases: NewPurchase[]) => sql`
  insert into users.purchases as p (user_id, email, ${columns})
  select distinct on (order_id) user_id, email, ${columns}
    from jsonb_to_recordset(${JSON.stringify(purchases)}::jsonb) as t (order_id uuid, user_id uuid,
      email text, code text, event_id uuid, event_title text, status text, ticket_count integer,
      total_minor bigint, currency text, starts_at timestamptz, timezone text, city text,
      purchased_at timestamptz)
   where not exists (
     select from users.people where people.id = t.user_id and people.erased_at is not null)
   order by order_id
  on conflict (order_id) do update
    set status = case when array_position(${states}, excluded.status)
                           > array_position(${states}, p.status)
                      then excluded.status else p.status end,
        starts_at = coalesce(excluded.starts_at, p.starts_at),
        timezone = coalesce(excluded.timezone, p.timezone),
        city = coalesce(excluded.city, p.city)`.run(tx)

const states = sql.raw('\'{completed,canceled,refunded}\'::text[]')

/** Gives guests' orders to the people who have proven to own their address. */
export const claimPurchases = (tx: Tx, of: { user_ids: string[], order_ids: string[] }) => sql`
  update users.purchases as p set user_id = owner.id, email = null
    from users.people as owner
   where p.user_id is null and owner.email = p.email and owner.is_verified
     and owner.registered_at is not null
     and (owner.id = any(${of.user_ids}::uuid[]) or p.order_id = any(${of.order_ids}::uuid[]))
  `.run(tx)

/** Those of people who are erased, and those that only their proven address would lead to. */
export const deletePurchasesOf = (tx: Tx, user_ids: string[]) => sql`
  delete from users.purchases
   where user_id = any(${user_ids}::uuid[])
      or (user_id is null and email in (
        select email from users.people where id = any(${user_ids}::uuid[]) and is_verified))
  `.run(tx)

export interface PurchaseFilter {
  user_id: string
  after: { purchased_at: string, order_id: string } | null
  limit: number
}

/** Of an event that moved, what it is now. */
const columns_now = sql.raw(`order_id, code, event_id, coalesce(e.title, event_title) as event_title,
  status, ticket_count, total_minor, currency, coalesce(e.starts_at, p.starts_at) as starts_at,
  coalesce(e.timezone, p.timezone) as timezone, coalesce(e.city, p.city) as city, purchased_at`)

export const listPurchases = (db: Db, filter: PurchaseFilter) => sql<Purchase>`
  select ${columns_now} from users.purchases p left join users.moved_events e on e.id = p.event_id
   where user_id = ${filter.user_id}
     and (${filter.after?.purchased_at ?? null}::timestamptz is null
          or (purchased_at, order_id) < (${filter.after?.purchased_at ?? null}::timestamptz,
                                         ${filter.after?.order_id ?? null}::uuid))
   order by purchased_at desc, order_id desc limit ${filter.limit}`.rows(db)

export interface MovedEvent {
  id: string, version: number, title: string, starts_at: string, timezone: string, city: string
}

/** In the order of their ids, so that two batches queue instead of deadlocking. */
export const keepMovedEvents = (tx: Tx, events: MovedEvent[]) => sql`
  insert into users.moved_events as e (id, version, title, starts_at, timezone, city)
  select distinct on (id) id, version, title, starts_at, timezone, city
    from jsonb_to_recordset(${JSON.stringify(events)}::jsonb) as t (id uuid, version integer,
      title text, starts_at timestamptz, timezone text, city text)
   order by id, version desc
  on conflict (id) do update
    set version = excluded.version, title = excluded.title, starts_at = excluded.starts_at,
        timezone = excluded.timezone, city = excluded.city
    where e.version < excluded.version`.run(tx)
