import type { EventFacts, EventStatus, Locale } from '@fermata/contracts/fields'
import type { PriceTier, Pricing } from '@fermata/contracts/orders'
import type { Client } from '@fermata/platform/database'
import { toRows } from '@fermata/platform/event-bundles'
import type { IdempotencyKey } from '@fermata/platform/message-queries'
import { sql } from '@fermata/platform/sql'
import type { Ctx } from '../context.ts'
import type { PassUse } from '../rules/pass-uses.ts'
import { becomeSeller } from './fair-shares.ts'
import type { OpenHold } from '../rules/fair-shares.ts'
import { byteaOf, bytesOf, type HoldRow } from './open-holds.ts'
import { findPassUses, recordPassUses } from './queue.ts'
import type { PromoForSale } from '../rules/stock.ts'
import {
  lockPromos, readPromos, writeLimitedPurchases, writePromoUses, type LimitedRow, type PromoUseRow,
} from './sale-rules.ts'

/** The statements of a sale, each on a connection of its own, which parses and plans them once. */

/** Gives `work` a connection; whatever a failure leaves open is rolled back. */
export async function withClient<T> (
  pool: Ctx['pool'], work: (client: Client) => Promise<T>
): Promise<T> {
  const client = await pool.connect()
  let broken = false
  try {
    return await work(client)
  } catch (error) {
    broken = await client.query('rollback').then(() => false, () => true)
    throw error
  } finally {
    client.release(broken)
  }
}

/** What a batch wants to know: only what its requests name. */
export interface SaleReads {
  type_ids: string[], keys: Key[], promo_codes: string[], places: number[], networks: string[]
}
export interface OpenedSale {
  event: EventRow | undefined
  stock: StockRow[]
  used_keys: IdempotencyKey[]
  promos: PromoForSale[]
  pass_uses: PassUse[]
}

/**
 * Begins a sale and reads all it needs, in one round trip: the queries are sent together and run
 * one after the other. READ COMMITTED, so what is read behind the lock is what its holder before us
 * committed.
 */
export async function openSale (
  client: Client, event_id: string, wanted: SaleReads
): Promise<OpenedSale> {
  const [, event, stock, used_keys, promos, pass_uses] = await Promise.all([
    client.query('begin isolation level read committed'),
    lockEvent(client, event_id),
    findStock(client, event_id, wanted.type_ids, wanted.networks),
    wanted.keys.length > 0 ? findKeys(client, wanted.keys) : [],
    wanted.promo_codes.length > 0 ? lockPromos(client, event_id, wanted.promo_codes) : [],
    wanted.places.length > 0 ? findPassUses(client, event_id, wanted.places) : [],
  ])
  return { event, stock, used_keys, promos, pass_uses }
}

/** For a quote: nothing is locked, and nothing will be written. */
export async function readSale (
  client: Client, event_id: string,
  { type_ids, promo_codes, networks }: Pick<SaleReads, 'type_ids' | 'promo_codes' | 'networks'>
): Promise<Pick<OpenedSale, 'event' | 'stock' | 'promos'>> {
  const event = await readEvent(client, event_id)
  const stock = await findStock(client, event_id, type_ids, networks)
  const promos = promo_codes.length > 0 ? await readPromos(client, event_id, promo_codes) : []
  return { event, stock, promos }
}

/**
 * Writes and commits in one round trip. When the write fails, the server answers the commit behind
 * it with a rollback. When the connection dies in between, nobody knows which of both happened.
 */
export async function closeSale (
  client: Client, sale: Sale | null, pass_uses: PassUse[] = []
): Promise<void> {
  const writes: Promise<unknown>[] = []
  if (sale) writes.push(writeSale(client, sale))
  // Most sales have none of these, and pay nothing for them.
  const { promo_uses = [], limited = [], seller = null } = sale ?? {}
  if (seller !== null) writes.push(becomeSeller(client, sale!.event_id, seller))
  if (promo_uses.length > 0) writes.push(writePromoUses(client, promo_uses))
  if (limited.length > 0) writes.push(writeLimitedPurchases(client, limited))
  if (sale && pass_uses.length > 0) {
    writes.push(recordPassUses(client, sale.event_id, pass_uses))
  }
  const [{ command }] = await Promise.all([client.query('commit'), ...writes])
  if (command !== 'COMMIT') throw new Error('The sale was rolled back')
}

interface Key { scope: string, key: string }
export interface EventRow {
  id: string, title: string, status: EventStatus, ends_at: string | null,
  facts: EventFacts | null
  network_share_percent: number, max_per_buyer: number | null
  /** The process that sold last. */
  seller: string | null
}

const event_columns = sql.raw(
  'id, title, status, ends_at, facts, network_share_percent, max_per_buyer, seller')

/**
 * The one lock of a sale. Whoever changes stock or orders of an event holds it first, so everything
 * read afterwards stays true until the commit, and no two transactions can wait for each other's
 * pools. `no key`: rows that refer to the event may be inserted meanwhile.
 */
const lockEvent = (client: Client, event_id: string) => sql<EventRow>`
  select ${event_columns} from orders.events where id = ${event_id} for no key update`.first(client)

/** The event's facts without its lock. */
const readEvent = (client: Client, event_id: string) => sql<EventRow>`
  select ${event_columns} from orders.events where id = ${event_id}`.first(client)

/**
 * One row for each pool of each wanted type; a single row with `now` alone when there is no such
 * type.
 */
export interface StockRow {
  now: string
  /** Whether a waiting room is on; behind the lock that switching it takes, so it stays true. */
  needs_pass: boolean
  /** What the wanted networks hold unpaid, by type and pool. */
  open_holds: OpenHold[]
  id: string | null, name: string, price_minor: number, currency: string,
  sales_start: string | null, sales_end: string | null
  min_per_order: number, max_per_order: number, max_per_buyer: number | null
  pricing: Pricing, min_price_minor: number, tiers: PriceTier[], access_code: string | null
  pool_id: string, capacity: number, remaining: number, held: number
}

/**
 * `now` never goes back behind a hold that was released, or a hold of a clock that was set back
 * would count as released from the start.
 */
const findStock = (
  client: Client, event_id: string, type_ids: string[], networks: string[]
) => sql<StockRow>`
  select greatest(statement_timestamp(), (select released_up_to from orders.events where id = ${event_id})) as now,
         coalesce((select enabled from orders.queues where event_id = ${event_id}), false) as needs_pass,
         (select coalesce(json_agg(json_build_object(
                   'network', encode(h.network, 'hex'), 'pool_id', d.pool_id, 'tickets', h.tickets)), '[]')
            from orders.open_holds h
            join orders.ticket_type_pools d on d.ticket_type_id = h.ticket_type_id
           where h.event_id = ${event_id} and h.network = any(${bytesOf(networks)}::bytea[])) as open_holds, t.id, t.name, t.price_minor, t.currency, t.sales_start, t.sales_end,
         t.min_per_order, t.max_per_order, t.max_per_buyer, t.pricing, t.min_price_minor, t.tiers, t.access_code,
         p.id as pool_id, p.capacity, p.capacity - p.held - p.sold as remaining, p.held
         /* present: name, price_minor, currency, min_per_order, max_per_order, pricing, min_price_minor, tiers,
            pool_id, capacity, held: where id is */
    from (select) as always
    left join (orders.ticket_types t
               join orders.ticket_type_pools d on d.ticket_type_id = t.id
               join orders.pools p on p.id = d.pool_id)
      on t.id = any(${type_ids}::uuid[]) and t.event_id = ${event_id}`.rows(client)

/** Keys that were used before. Read behind the lock, so a twin that has just committed is seen. */
export const findKeys = (client: Client, keys: Key[]) => sql<IdempotencyKey>`
  select k.scope, k.key, k.fingerprint, k.status, k.reply
    from ${sql.rows(keys, { scope: 'line', key: 'line' })} as wanted
    join orders.idempotency_keys k using (scope, key)`.rows(client)

export interface SaleRow {
  id: string, code: string, status: 'pending' | 'completed'
  buyer_name: string, buyer_email: string, buyer_locale: Locale, user_id: string | null
  total_minor: number, currency: string, request_id: string
  /** Sixteen hexadecimal digits each. */
  mailbox: string, visitor: string | null, network: string
}
export interface SaleItemRow {
  order_id: string, ticket_type_id: string, line: number, name: string, quantity: number
  unit_price_minor: number, discount_minor: number
}
/** What an order tells, as JSON. */
export interface SaleEvent { type: string, data: string, request_id: string }
/**
 * Of the answer its order's id is kept: the rest is the order itself, and would be written twice.
 */
export interface SaleKeyRow { scope: string, key: string, fingerprint: Buffer, order_id: string }

export interface Sale {
  event_id: string
  created_at: string
  expires_at: string
  orders: SaleRow[]
  items: SaleItemRow[]
  events: SaleEvent[]
  keys: SaleKeyRow[]
  /** Pool id to what it holds and has sold more than before. */
  pools: { id: string, held: number, sold: number }[]
  promo_uses: PromoUseRow[]
  limited: LimitedRow[]
  /** What networks hold more than before; no row twice. */
  holds: HoldRow[]
  /** Set where somebody else sold last. */
  seller: string | null
}

/**
 * Everything a batch changes, in one statement. Counters move by what was taken, so that
 * `pools_never_oversold` judges the true sum even if a lock were missing. A key that a request for
 * another event uses at this instant fails the statement; the next attempt will see it.
 */
function writeSale (client: Client, sale: Sale) {
  const { event_id, created_at, expires_at, orders, items, keys } = sale
  const holds = sale.holds.map(hold => ({ ...hold, network: byteaOf(hold.network) }))
  const told = [...Map.groupBy(sale.events, event => event.type)]
    .flatMap(([type, group]) => toRows(type, group))
  return sql`
    with stock as (
      update orders.pools p set held = p.held + t.held, sold = p.sold + t.sold
        from ${sql.rows(sale.pools, { id: 'uuid', held: 'integer', sold: 'integer' })} as t where p.id = t.id
    ), placed as (
      insert into orders.orders (id, code, status, buyer_name, buyer_email, buyer_locale, user_id, total_minor, currency,
                                 request_id, mailbox, visitor, network, event_id, created_at, expires_at, completed_at)
      select o.id, o.code, o.status, o.buyer_name, o.buyer_email, o.buyer_locale, o.user_id, o.total_minor, o.currency,
             o.request_id, substring(s.keys from (o.at * 24 - 23)::integer for 8),
             nullif(substring(s.keys from (o.at * 24 - 15)::integer for 8), '\\x0000000000000000'),
             substring(s.keys from (o.at * 24 - 7)::integer for 8),
             s.event_id, s.created_at, s.expires_at, case when o.status = 'completed' then s.created_at end
        from (values (${packKeys(orders)}::bytea, ${event_id}::uuid, ${created_at}::timestamptz,
                      ${expires_at}::timestamptz)) as s (keys, event_id, created_at, expires_at),
             ${sql.rows(orders, {
               id: 'uuid', code: 'line', status: 'line', buyer_name: 'text', buyer_email: 'line',
               buyer_locale: 'line', user_id: 'uuid', total_minor: 'bigint', currency: 'line',
               request_id: 'line', at: 'ordinality',
             })} as o
    ), lines as (
      insert into orders.order_items (order_id, ticket_type_id, name, quantity, unit_price_minor, line, discount_minor)
      select * from ${sql.rows(items, {
        order_id: 'uuid', ticket_type_id: 'uuid', name: 'text', quantity: 'integer',
        unit_price_minor: 'bigint', line: 'smallint', discount_minor: 'bigint',
      })} as i
    ), counted as (
      insert into orders.open_holds as h (event_id, network, ticket_type_id, tickets)
      select ${event_id}::uuid, n.*
        from ${sql.rows(holds, { network: 'bytea', ticket_type_id: 'uuid', tickets: 'integer' })} as n
      on conflict (event_id, network, ticket_type_id) do update set tickets = h.tickets + excluded.tickets
    ), told as (
      insert into orders.outbox (id, type, data, request_id, size)
      select * from ${sql.rows(told, {
        id: 'uuid', type: 'line', data: 'json', request_id: 'line', size: 'smallint',
      })} as t
    )
    insert into orders.idempotency_keys (scope, key, fingerprint, status, reply)
    select scope, key, substring(${Buffer.concat(keys.map(key => key.fingerprint))}::bytea
             from (at * 32 - 31)::integer for 32), 201, to_json(order_id)
      from ${sql.rows(keys, { scope: 'line', key: 'line', order_id: 'line', at: 'ordinality' })} as k
     order by scope, key`.run(client)
}

const no_visitor = '0'.repeat(16)

/** Three keys of eight bytes for each order, in one text: as arrays they cost thrice as much. */
const packKeys = (orders: SaleRow[]) => Buffer.from(orders.map(({ mailbox, visitor, network }) =>
  mailbox + (visitor ?? no_visitor) + network).join(''), 'hex')

/** Whether an order of the event has a hold that is over and still holds tickets. */
export const hasDueOrders = async (client: Client, event_id: string) => (await sql<{ due: boolean }>`
  select exists (
    select from orders.orders where event_id = ${event_id} and status = 'pending'
       and expires_at > (select released_up_to from orders.events where id = ${event_id})
       and expires_at <= statement_timestamp()) as due`.one(client)).due
