import { erasedBuyer } from '@fermata/contracts/fields'
import type { Client, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import type { PromoForSale, Purchased } from '../rules/stock.ts'
import { has_tickets } from './expiry.ts'

/** What only some sales need: promo codes, and what buyers of limited types have already. */

const select_promos = `
  select id, code, percent, amount_minor, ticket_type_ids, valid_from, valid_until, max_uses, counts, used
    from orders.promo_codes where event_id = $1 and code = any($2::text[])`

/**
 * The codes that a batch names, locked in id order until it commits. The event's lock guards them
 * as well; this one stays right should somebody ever change a code without it.
 */
export const lockPromos = async (client: Client, event_id: string, codes: string[]) =>
  (await client.query<PromoForSale>({
  name: 'orders-lock-promos', text: `${select_promos} order by id for no key update`,
  values: [event_id, codes],
})).rows

export const readPromos = async (client: Client, event_id: string, codes: string[]) =>
  (await client.query<PromoForSale>({
  name: 'orders-read-promos', text: select_promos, values: [event_id, codes],
})).rows

export interface PromoUseRow { order_id: string, promo_code_id: string, uses: number }

/**
 * Uses are added to what is there, so that `promo_codes_never_overspent` judges the true sum even
 * if a lock were missing.
 */
export const writePromoUses = (client: Client, rows: PromoUseRow[]) => client.query({
  name: 'orders-write-promo-uses',
  text: `
    with used as (
      insert into orders.promo_uses (order_id, promo_code_id, uses)
      select * from unnest($1::uuid[], $2::uuid[], $3::integer[])
      returning promo_code_id, uses
    )
    update orders.promo_codes p set used = p.used + u.uses
      from (select promo_code_id, sum(uses)::integer as uses from used group by promo_code_id) as u
     where p.id = u.promo_code_id`,
  values: [rows.map(row => row.order_id), rows.map(row => row.promo_code_id),
    rows.map(row => row.uses)],
})

export interface LimitedRow extends Purchased { order_id: string }

export interface Buyers { email_keys: string[], user_ids: string[] }

/** What these people hold and own of these types, by account or by address. */
export const findPurchases = async (
  client: Client, type_ids: string[], buyers: Buyers
) => (await client.query<Purchased>({
  name: 'orders-find-purchases',
  text: `
    select l.ticket_type_id, l.user_id, l.email_key, sum(l.quantity)::integer as quantity
      from orders.limited_purchases l join orders.orders o on o.id = l.order_id
      join orders.events e on e.id = o.event_id
     where l.ticket_type_id = any($1::uuid[]) and ${has_tickets}
       and (l.email_key = any($2::text[]) or l.user_id = any($3::uuid[]))
     group by l.ticket_type_id, l.user_id, l.email_key`,
  values: [type_ids, buyers.email_keys, buyers.user_ids],
})).rows

export const writeLimitedPurchases = (client: Client, rows: LimitedRow[]) => client.query({
  name: 'orders-write-limited',
  text: `
    insert into orders.limited_purchases (order_id, ticket_type_id, user_id, email_key, quantity)
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::integer[])`,
  values: limitedValues(rows),
})

type LimitedValues = [string[], string[], (string | null)[], string[], number[]]
const limitedValues = (rows: LimitedRow[]): LimitedValues => [
  rows.map(row => row.order_id), rows.map(row => row.ticket_type_id), rows.map(row => row.user_id),
  rows.map(row => row.email_key), rows.map(row => row.quantity),
]

export interface UncountedRow {
  order_id: string, user_id: string | null, buyer_email: string, quantity: number
}

/**
 * Orders of a type that were placed while it had no limit, oldest first. Those of erased people
 * belong to nobody.
 */
export const findUncounted = (tx: Tx, type_id: string, limit: number) => sql<UncountedRow>`
  select o.id as order_id, o.user_id, o.buyer_email, sum(i.quantity)::integer as quantity
    from orders.order_items i join orders.orders o on o.id = i.order_id
   where i.ticket_type_id = ${type_id} and o.status in ('pending', 'completed', 'expired')
     and o.buyer_email <> ${erasedBuyer.email}
     and not exists (select from orders.limited_purchases l where l.order_id = o.id and l.ticket_type_id = ${type_id})
   group by o.id order by o.id limit ${limit}`.rows(tx)

export const countPurchases = (tx: Tx, rows: LimitedRow[]) => {
  const [order_ids, type_ids, user_ids, email_keys, quantities] = limitedValues(rows)
  return sql`
    insert into orders.limited_purchases (order_id, ticket_type_id, user_id, email_key, quantity)
    select * from unnest(${order_ids}::uuid[], ${type_ids}::uuid[], ${user_ids}::uuid[], ${email_keys}::text[],
      ${quantities}::integer[])`.run(tx)
}

export interface LateRow extends LimitedRow { max_per_buyer: number }

/** What orders whose hold has ended would add to their buyers' tickets of limited types. */
export const findLatePurchases = (tx: Tx, order_ids: string[]) => sql<LateRow>`
  select l.*, t.max_per_buyer
    from orders.limited_purchases l join orders.ticket_types t on t.id = l.ticket_type_id
   where l.order_id = any(${order_ids}::uuid[]) and t.max_per_buyer is not null`.rows(tx)

/** What the buyers of these orders have now of those types, in other orders that count. */
export const findPurchasesBeside = (tx: Tx, order_ids: string[]) => sql<Purchased>`
  select l.ticket_type_id, l.user_id, l.email_key, l.quantity
    from orders.limited_purchases l join orders.orders o on o.id = l.order_id
    join orders.events e on e.id = o.event_id
   where ${sql.raw(has_tickets)} and exists (
     select from orders.limited_purchases late
      where late.order_id = any(${order_ids}::uuid[]) and late.ticket_type_id = l.ticket_type_id
        and (late.email_key = l.email_key or late.user_id = l.user_id))`.rows(tx)
