import type { EventFacts } from '@fermata/contracts/fields'
import type { NewOrder, PriceTier, Pricing, PromoCode } from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import type { Ctx } from '../context.ts'
import { has_tickets } from '../queries/expiry.ts'

/** Rows as tests need them, written without the operations that are being tested. */

export const in_days = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

/** Facts of a published event in ten days, as the events service would tell them. */
export const someEvent = (facts: Partial<EventFacts> = {}): EventFacts => {
  const id = facts.id ?? uuidv7()
  return {
    id, slug: `concert-${id}`, title: 'Concert', organizer_id: uuidv7(), organizer_name: 'The School',
    starts_at: in_days(10), ends_at: in_days(11), timezone: 'Europe/Paris',
    venue: { name: 'Hall', address: '1 Main Street', city: 'Lyon', country: 'FR' }, category: 'music', currency: 'EUR',
    image: null, status: 'published', version: 1, ...facts,
  }
}

/** Owners of an event's organiser, as the events service would tell. */
export async function seedOwners (
  { db }: Ctx, { organizer_id }: EventFacts, user_ids: string[]
): Promise<void> {
  await sql`insert into orders.organizers (id, version) values (${organizer_id}, 0) on conflict do nothing`.run(db)
  await sql`insert into orders.members (organizer_id, user_id, role)
    select ${organizer_id}, user_id, 'owner' from unnest(${user_ids}::uuid[]) as user_id`.run(db)
}

/** Tests are one address and few mailboxes; those of the shares seed what is the default. */
const everybody = { network_share_percent: 100, max_per_buyer: 0 as number | null }
export const default_shares: typeof everybody = { network_share_percent: 50, max_per_buyer: null }

export async function seedEvent (
  ctx: Ctx,
  { owner_ids = [], ...given }: Partial<EventFacts> & { owner_ids?: string[] } = {},
  shares = everybody
): Promise<EventFacts> {
  const { db } = ctx
  const facts = someEvent(given)
  await seedOwners(ctx, facts, owner_ids)
  await sql`insert into orders.events (id, facts, title, status, ends_at, version, network_share_percent, max_per_buyer)
    values (${facts.id}, ${JSON.stringify(facts)}, ${facts.title}, ${facts.status}, ${facts.ends_at}, ${facts.version},
      ${shares.network_share_percent}, ${shares.max_per_buyer})`.run(db)
  return facts
}

export interface SeededType {
  event_id?: string, name?: string, capacity?: number, price_minor?: number, currency?: string,
    min_per_order?: number
  max_per_order?: number, sales_start?: string | null, sales_end?: string | null,
    pool_ids?: string[]
  max_per_buyer?: number | null, access_code?: string | null, tiers?: PriceTier[]
  pricing?: Pricing, min_price_minor?: number
}

/** A ticket type, with an event of its own unless one is named. */
export async function seedTicketType (ctx: Ctx, given: SeededType = {}): Promise<{ id: string,
  event_id: string }> {
  const id = uuidv7()
  const event_id = given.event_id ?? (await seedEvent(ctx)).id
  const { name = 'Adult', capacity = 100, price_minor = 1000, currency = 'EUR', min_per_order = 1,
    max_per_order = 10,
    sales_start = null, sales_end = null, pool_ids = [], max_per_buyer = null, access_code = null,
    tiers = [], pricing = 'fixed', min_price_minor = 0 } = given
  await sql`insert into orders.pools (id, event_id, kind, capacity)
    values (${id}, ${event_id}, 'ticket_type', ${capacity})`.run(ctx.db)
  await sql`insert into orders.ticket_types
      (id, event_id, name, price_minor, currency, min_per_order, max_per_order, sales_start, sales_end, max_per_buyer,
       access_code, tiers, pricing, min_price_minor)
    values (${id}, ${event_id}, ${name}, ${price_minor}, ${currency}, ${min_per_order}, ${max_per_order}, ${sales_start},
      ${sales_end}, ${max_per_buyer}, ${access_code}, ${JSON.stringify(tiers)}, ${pricing}, ${min_price_minor})`.run(ctx.db)
  await sql`insert into orders.ticket_type_pools (ticket_type_id, pool_id)
    select ${id}, pool_id from unnest(${[id, ...pool_ids]}::uuid[]) as pool_id`.run(ctx.db)
  return { id, event_id }
}

/**
 * Pending orders of one ticket each whose holds end spread over one second; none of them is told.
 * @param ended_seconds_ago when the last of them ended; negative: how long they still last
 * @returns their ids, in the order in which they end
 */
export async function seedHolds (
  { db }: Ctx, type: { id: string, event_id: string },
  { count, ended_seconds_ago }: { count: number, ended_seconds_ago: number }
): Promise<string[]> {
  const rows = await sql<{ id: string }>`
    with placed as (
      insert into orders.orders (id, code, event_id, status, buyer_name, buyer_email, buyer_locale, total_minor, currency,
        created_at, expires_at)
      select id, 'H' || upper(right(replace(id::text, '-', ''), 12)), ${type.event_id}, 'pending', 'Ann', 'ann@example.com', 'en',
             1000, 'EUR', now(), now() - make_interval(secs => ${ended_seconds_ago}::float8 + 1 - n::float8 / ${count})
        from (select uuidv7() as id, n from generate_series(1, ${count}::integer) as n) as wanted
      returning id, expires_at
    ), lines as (
      insert into orders.order_items (order_id, ticket_type_id, name, quantity, unit_price_minor)
      select id, ${type.id}, 'Adult', 1, 1000 from placed
    ), stock as (
      update orders.pools set held = held + ${count} where id = ${type.id}
    )
    select id from placed order by expires_at`.rows(db)
  return rows.map(row => row.id)
}

export async function seedPool ({ db }: Ctx, event_id: string, capacity: number): Promise<string> {
  const id = uuidv7()
  await sql`insert into orders.pools (id, event_id, kind, name, capacity)
    values (${id}, ${event_id}, 'shared', 'Room', ${capacity})`.run(db)
  return id
}

/** A code of ten percent off, with the budget a test needs. */
export async function seedPromo (
  { db }: Ctx, given: Partial<PromoCode> & { event_id: string }
): Promise<string> {
  const { id = uuidv7(), event_id, code = 'SPRING', percent = 10, amount_minor = null,
    ticket_type_ids = [],
    max_uses = null, counts = 'orders', valid_from = null, valid_until = null } = given
  await sql`insert into orders.promo_codes (id, event_id, code, percent, amount_minor,
    ticket_type_ids, max_uses, counts,
      valid_from, valid_until)
    values (${id}, ${event_id}, ${code}, ${percent}, ${amount_minor}, ${ticket_type_ids}::uuid[], ${max_uses}, ${counts},
      ${valid_from}, ${valid_until})`.run(db)
  return id
}

/** What a code counted, and what the orders that count have used of it. */
export const usesOf = ({ db }: Ctx, promo_id: string) =>
  sql<{ used: number, by_orders: number }>`
  select c.used, coalesce(sum(u.uses) filter (where ${has_tickets}), 0) as by_orders
    from orders.promo_codes c join orders.events e on e.id = c.event_id
    left join orders.promo_uses u on u.promo_code_id = c.id
    left join orders.orders o on o.id = u.order_id
   where c.id = ${promo_id} group by c.id`.one(db)

export const buyer = { name: 'Ann', email: 'guest@example.net', locale: 'en' as const }

export const orderOf = (type: { id: string, event_id: string }, quantity = 1): NewOrder =>
  ({ event_id: type.event_id, items: [{ ticket_type_id: type.id, quantity }], buyer })

export interface Sums {
  orders: number, tickets: number, held: number, sold: number,
  capacity: number
}

/**
 * What a ticket type's rows add up to: tickets of orders whose hold was not released must equal
 * `held`, of completed ones `sold`.
 */
export const sumsOf = ({ db }: Ctx, type_id: string): Promise<Sums> => sql<Sums>`
  select p.held, p.sold, p.capacity, count(o.id) as orders, coalesce(sum(i.quantity) filter (where o.id is not null), 0) as tickets
    from orders.pools p join orders.events e on e.id = p.event_id
    left join orders.order_items i on i.ticket_type_id = p.id
    left join orders.orders o on o.id = i.order_id and ${has_tickets}
   where p.id = ${type_id}
   group by p.id`.one(db)
