import { erasedBuyer } from '@fermata/contracts/fields'
import type { Client, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import type { PromoForSale, Purchased } from '../rules/stock.ts'
import { has_tickets } from './expiry.ts'

/** What only some sales need: promo codes, and what buyers of limited types have already. */

const selectPromos = (event_id: string, codes: string[]) => sql`
  select id, code, percent, amount_minor, ticket_type_ids, valid_from, valid_until, max_uses, counts, used
    from orders.promo_codes where event_id = ${event_id} and code = any(${codes}::text[])`

/**
 * The codes that a batch names, locked in id order until it commits. The event's lock guards them
 * as well; this one stays right should somebody ever change a code without it.
 */
export const lockPromos = (client: Client, event_id: string, codes: string[]) =>
  sql<PromoForSale>`${selectPromos(event_id, codes)} order by id for no key update`.rows(client)

export const readPromos = (client: Client, event_id: string, codes: string[]) =>
  sql<PromoForSale>`${selectPromos(event_id, codes)}`.rows(client)

export interface PromoUseRow { order_id: string, promo_code_id: string, uses: number }

/**
 * Uses are added to what is there, so that `promo_codes_never_overspent` judges the true sum even
 * if a lock were missing.
 */
export const writePromoUses = (client: Client, uses: PromoUseRow[]) => sql`
  with used as (
    insert into orders.promo_uses (order_id, promo_code_id, uses)
    select * from ${sql.rows(uses, { order_id: 'uuid', promo_code_id: 'uuid', uses: 'integer' })} as u
    returning promo_code_id, uses
  )
  update orders.promo_codes p set used = p.used + u.uses
    from (select promo_code_id, sum(uses)::integer as uses from used group by promo_code_id) as u
   where p.id = u.promo_code_id`.run(client)

export interface LimitedRow extends Purchased { order_id: string }

export interface Buyers { email_keys: string[], user_ids: string[] }

/** What these people hold and own of these types, by account or by address. */
export const findPurchases = (client: Client, type_ids: string[], buyers: Buyers) => sql<Purchased>`
  select l.ticket_type_id, l.user_id, l.email_key, sum(l.quantity)::integer as quantity
    from orders.limited_purchases l join orders.orders o on o.id = l.order_id
    join orders.events e on e.id = o.event_id
   where l.ticket_type_id = any(${type_ids}::uuid[]) and ${has_tickets}
     and (l.email_key = any(${buyers.email_keys}::text[]) or l.user_id = any(${buyers.user_ids}::uuid[]))
   group by l.ticket_type_id, l.user_id, l.email_key`.rows(client)

export const writeLimitedPurchases = (on: Client | Tx, purchases: LimitedRow[]) => sql`
  insert into orders.limited_purchases (order_id, ticket_type_id, user_id, email_key, quantity)
  select * from ${sql.rows(purchases, {
    order_id: 'uuid', ticket_type_id: 'uuid', user_id: 'uuid', email_key: 'text', quantity: 'integer',
  })} as l`.run(on)

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
   where ${has_tickets} and exists (
     select from orders.limited_purchases late
      where late.order_id = any(${order_ids}::uuid[]) and late.ticket_type_id = l.ticket_type_id
        and (late.email_key = l.email_key or late.user_id = l.user_id))`.rows(tx)
