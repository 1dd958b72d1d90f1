import type { Locale } from '@fermata/contracts/fields'
import type { Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

export interface NewOrder {
  id: string, event_id: string, code: string, user_id: string | null
  buyer_name: string, buyer_email: string, buyer_locale: Locale
}

/**
 * Claims orders that have no tickets yet and shall get some, and returns their ids. A second
 * claim, and one of an order that has ended, gets nothing. Whoever ends the order meanwhile waits
 * for this transaction and then finds its tickets.
 */
export const claimOrders = async (tx: Tx, orders: NewOrder[]) => (await sql<{ id: string }>`
  with claimed as (
    insert into tickets.orders as o
      (id, event_id, code, user_id, buyer_name, buyer_email, buyer_locale, issued_at)
    select *, now() from ${sql.rows(orders, {
      id: 'uuid', event_id: 'uuid', code: 'text', user_id: 'uuid', buyer_name: 'text',
      buyer_email: 'text', buyer_locale: 'text',
    })} as given
     order by 1
    on conflict (id) do update set issued_at = null
      where o.issued_at is null
    returning id, issued_at)
  select id from claimed where issued_at is not null`.rows(tx)).map(row => row.id)

/** Marks orders as ended, known or not: what ends an order may arrive before what completes it. */
export const endOrders = (tx: Tx, orders: { id: string, ended_at: string, reason: string }[]) => sql`
  insert into tickets.orders as o (id, ended_at, end_reason)
  select * from ${sql.rows(orders, { id: 'uuid', ended_at: 'timestamptz', reason: 'text' })} as given
   order by 1
  on conflict (id) do update set ended_at = excluded.ended_at, end_reason = excluded.end_reason
    where o.ended_at is null`.run(tx)
