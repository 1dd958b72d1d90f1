import type { EventFacts, EventStatus, Locale } from '@fermata/contracts/fields'
import type { PriceTier, Pricing } from '@fermata/contracts/orders'
import { asLines, plainArray } from '@fermata/platform/array-text'
import type { Client } from '@fermata/platform/database'
import { toRows } from '@fermata/platform/event-bundles'
import type { IdempotencyKey } from '@fermata/platform/message-queries'
import type { Ctx } from '../context.ts'
import type { PassUse } from '../rules/pass-uses.ts'
import { becomeSeller } from './fair-shares.ts'
import type { OpenHold } from '../rules/fair-shares.ts'
import { bytesOf, type HoldRow } from './open-holds.ts'
import { findPassUses, recordPassUses } from './queue.ts'
import type { PromoForSale } from '../rules/stock.ts'
import {
  lockPromos, readPromos, writeLimitedPurchases, writePromoUses, type LimitedRow, type PromoUseRow,
} from './sale-rules.ts'

/** The statements of a sale, named so that each connection parses and plans them once. */

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

const event_columns =
  'id, title, status, ends_at, facts, network_share_percent, max_per_buyer, seller'

/**
 * The one lock of a sale. Whoever changes stock or orders of an event holds it first, so everything
 * read afterwards stays true until the commit, and no two transactions can wait for each other's
 * pools. `no key`: rows that refer to the event may be inserted meanwhile.
 */
const lockEvent = async (client: Client, event_id: string) => (await client.query<EventRow>({
  name: 'orders-lock-event',
  text: `select ${event_columns} from orders.events where id = $1 for no key update`,
  values: [event_id],
})).rows[0]

/** The event's facts without its lock. */
const readEvent = async (client: Client, event_id: string) =>
  (await client.query<EventRow>(
  `select ${event_columns} from orders.events where id = $1`, [event_id])).rows[0]

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
const findStock = async (
  client: Client, event_id: string, type_ids: string[], networks: string[]
) => (await client.query<StockRow>({
  name: 'orders-find-stock',
  text: `
    select greatest(statement_timestamp(), (select released_up_to from orders.events where id = $1)) as now,
           coalesce((select enabled from orders.queues where event_id = $1), false) as needs_pass,
           (select coalesce(json_agg(json_build_object(
                     'network', encode(h.network, 'hex'), 'pool_id', d.pool_id, 'tickets', h.tickets)), '[]')
              from orders.open_holds h
              join orders.ticket_type_pools d on d.ticket_type_id = h.ticket_type_id
             where h.event_id = $1 and h.network = any($3::bytea[])) as open_holds, t.id, t.name, t.price_minor, t.currency, t.sales_start, t.sales_end,
           t.min_per_order, t.max_per_order, t.max_per_buyer, t.pricing, t.min_price_minor, t.tiers, t.access_code,
           p.id as pool_id, p.capacity, p.capacity - p.held - p.sold as remaining, p.held
           /* present: name, price_minor, currency, min_per_order, max_per_order, pricing, min_price_minor, tiers,
              pool_id, capacity, held: where id is */
      from (select) as always
      left join (orders.ticket_types t
                 join orders.ticket_type_pools d on d.ticket_type_id = t.id
                 join orders.pools p on p.id = d.pool_id)
        on t.id = any($2::uuid[]) and t.event_id = $1`,
  values: [event_id, type_ids, bytesOf(networks)],
})).rows

/** Keys that were used before. Read behind the lock, so a twin that has just committed is seen. */
export const findKeys = async (client: Client, keys: Key[]) => (await client.query<IdempotencyKey>({
  name: 'orders-find-keys',
  text: `
    select k.scope, k.key, k.fingerprint, k.status, k.reply
      from unnest(string_to_array($1, E'\\n'), string_to_array($2, E'\\n')) as wanted (scope, key)
      join orders.idempotency_keys k using (scope, key)`,
  values: [asLines(keys.map(one => one.scope)), asLines(keys.map(one => one.key))],
})).rows

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
const writeSale = (client: Client, sale: Sale) => client.query({
  name: 'orders-write-sale',
  text: `
    with stock as (
      update orders.pools p set held = p.held + t.held, sold = p.sold + t.sold
        from unnest($1::uuid[], $2::integer[], $3::integer[]) as t (id, held, sold) where p.id = t.id
    ), placed as (
      insert into orders.orders (id, code, status, buyer_name, buyer_email, buyer_locale, user_id, total_minor, currency,
                                 request_id, mailbox, visitor, network, event_id, created_at, expires_at, completed_at)
      select o.id, o.code, o.status, o.buyer_name, o.buyer_email, o.buyer_locale, o.user_id, o.total_minor, o.currency,
             o.request_id, substring($32::bytea from (o.at * 24 - 23)::integer for 8),
             nullif(substring($32::bytea from (o.at * 24 - 15)::integer for 8), '\\x0000000000000000'),
             substring($32::bytea from (o.at * 24 - 7)::integer for 8),
             $14, $15, $16, case when o.status = 'completed' then $15::timestamptz end
        from unnest($4::uuid[], $5::text[], $6::text[], $7::text[], string_to_array($8, E'\\n'), $9::text[], $10::uuid[], $11::bigint[],
                    $12::text[], string_to_array($13, E'\\n')) with ordinality
               as o (id, code, status, buyer_name, buyer_email, buyer_locale, user_id, total_minor, currency, request_id, at)
    ), lines as (
      insert into orders.order_items (order_id, ticket_type_id, name, quantity, unit_price_minor, line, discount_minor)
      select * from unnest($17::uuid[], $18::uuid[], $19::text[], $20::integer[], $21::bigint[], $30::smallint[], $31::bigint[])
    ), counted as (
      insert into orders.open_holds as h (event_id, network, ticket_type_id, tickets)
      select $14::uuid, * from unnest($33::bytea[], $34::uuid[], $35::integer[])
      on conflict (event_id, network, ticket_type_id) do update set tickets = h.tickets + excluded.tickets
    ), told as (
      insert into orders.outbox (id, type, data, request_id, size)
      select * from unnest($22::uuid[], $23::text[], string_to_array($24, E'\\n')::json[],
        string_to_array($25, E'\\n', ''), $36::smallint[])
    )
    insert into orders.idempotency_keys (scope, key, fingerprint, status, reply)
    select scope, key, substring($28::bytea from (at * 32 - 31)::integer for 32), 201, to_json(order_id)
      from unnest(string_to_array($26, E'\\n'), string_to_array($27, E'\\n'), $29::text[]) with ordinality
             as k (scope, key, order_id, at)
     order by scope, key`,
  values: saleValues(sale),
})

function saleValues (sale: Sale): unknown[] {
  const { event_id, created_at, expires_at, orders, items, events, keys, pools, holds } = sale
  const plain = <T>(rows: readonly T[], valueOf: (row: T) => string | number | null) =>
    plainArray(rows.map(valueOf))
  const lines = <T>(rows: readonly T[], textOf: (row: T) => string) => asLines(rows.map(textOf))
  const told = [...Map.groupBy(events, event => event.type)]
    .flatMap(([type, group]) => toRows(type, group))
  return [
    plain(pools, pool => pool.id), plain(pools, pool => pool.held), plain(pools, pool => pool.sold),
    plain(orders, order => order.id), plain(orders, order => order.code),
    plain(orders, order => order.status), orders.map(order => order.buyer_name),
    lines(orders, order => order.buyer_email), plain(orders, order => order.buyer_locale),
    plain(orders, order => order.user_id), plain(orders, order => order.total_minor),
    plain(orders, order => order.currency), lines(orders, order => order.request_id),
    event_id, created_at, expires_at,
    plain(items, item => item.order_id), plain(items, item => item.ticket_type_id),
    items.map(item => item.name), plain(items, item => item.quantity),
    plain(items, item => item.unit_price_minor),
    plain(told, row => row.id), plain(told, row => row.type),
    lines(told, row => row.data), lines(told, row => row.request_id ?? ''),
    lines(keys, key => key.scope), lines(keys, key => key.key),
    Buffer.concat(keys.map(key => key.fingerprint)), plain(keys, key => key.order_id),
    plain(items, item => item.line), plain(items, item => item.discount_minor),
    packKeys(orders),
    bytesOf(holds.map(hold => hold.network)), plain(holds, hold => hold.ticket_type_id),
    plain(holds, hold => hold.tickets), plain(told, row => row.size),
  ]
}

const no_visitor = '0'.repeat(16)

/** Three keys of eight bytes for each order, in one text: as arrays they cost thrice as much. */
const packKeys = (orders: SaleRow[]) => Buffer.from(orders.map(({ mailbox, visitor, network }) =>
  mailbox + (visitor ?? no_visitor) + network).join(''), 'hex')

/** Whether an order of the event has a hold that is over and still holds tickets. */
export const hasDueOrders = async (client: Client, event_id: string) =>
  (await client.query<{ due: boolean }>({
  name: 'orders-has-due',
  text: `
    select exists (
      select from orders.orders where event_id = $1 and status = 'pending'
         and expires_at > (select released_up_to from orders.events where id = $1)
         and expires_at <= statement_timestamp()) as due`,
  values: [event_id],
})).rows[0]!.due
