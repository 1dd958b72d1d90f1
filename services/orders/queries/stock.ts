import type { EventStatus } from '@fermata/contracts/fields'
import type { PriceTier, Pricing } from '@fermata/contracts/orders'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

export interface TicketTypeRow {
  id: string, event_id: string, name: string, description: string, price_minor: number
  currency: string
  sales_start: string | null, sales_end: string | null
  min_per_order: number, max_per_order: number, max_per_buyer: number | null, position: number
  pricing: Pricing, min_price_minor: number, tiers: PriceTier[], access_code: string | null
  created_at: string, updated_at: string
  capacity: number, held: number, sold: number, available: number, pool_ids: string[]
  now: string, event_status: EventStatus, event_ends_at: string
}

const selectTypes = sql`
  select t.*, own.capacity, own.held, own.sold, greatest(0, min(p.capacity - p.held - p.sold)) as available,
         coalesce(array_agg(p.id order by p.id) filter (where p.kind = 'shared'), '{}') as pool_ids,
         statement_timestamp() as now, e.status as event_status, e.ends_at as event_ends_at
         /* present: event_ends_at */
    from orders.ticket_types t
    join orders.events e on e.id = t.event_id
    join orders.pools own on own.id = t.id
    join orders.ticket_type_pools d on d.ticket_type_id = t.id
    join orders.pools p on p.id = d.pool_id`

export const listTypes = (db: Db, event_id: string) => sql<TicketTypeRow>`
  ${selectTypes} where t.event_id = ${event_id} group by t.id, own.id, e.id order by t.position, t.id`.rows(db)

export const findType = (db: Db, id: string) => sql<TicketTypeRow>`
  ${selectTypes} where t.id = ${id} group by t.id, own.id, e.id`.first(db)

export interface NewTypeRow {
  id: string, event_id: string, name: string, description: string, price_minor: number
  currency: string, capacity: number
  sales_start: string | null, sales_end: string | null
  min_per_order: number, max_per_order: number, max_per_buyer: number | null, position: number
  pricing: Pricing, min_price_minor: number, tiers: PriceTier[], access_code: string | null
}

/**
 * The type, its own pool, and the pools it draws from: its own, the given shared ones, and the
 * event's if it has one.
 */
export async function insertType (
  tx: Tx, row: NewTypeRow, shared_pool_ids: string[]
): Promise<void> {
  await sql`insert into orders.pools (id, event_id, kind, capacity)
    values (${row.id}, ${row.event_id}, 'ticket_type', ${row.capacity})`.run(tx)
  await sql`insert into orders.ticket_types (id, event_id, name, description, price_minor, currency, sales_start, sales_end,
      min_per_order, max_per_order, position, max_per_buyer, pricing, min_price_minor, tiers, access_code)
    values (${row.id}, ${row.event_id}, ${row.name}, ${row.description}, ${row.price_minor}, ${row.currency},
      ${row.sales_start}, ${row.sales_end}, ${row.min_per_order}, ${row.max_per_order}, ${row.position}, ${row.max_per_buyer},
      ${row.pricing}, ${row.min_price_minor}, ${JSON.stringify(row.tiers)}, ${row.access_code})`.run(tx)
  await sql`insert into orders.ticket_type_pools (ticket_type_id, pool_id)
    select ${row.id}, id from orders.pools
     where event_id = ${row.event_id}
       and (id = ${row.id} or kind = 'event' or (kind = 'shared' and id = any(${shared_pool_ids}::uuid[])))`.run(tx)
}

export type TypeChanges = Omit<NewTypeRow, 'id' | 'event_id' | 'currency' | 'capacity'>

export const updateType = (tx: Tx, id: string, row: TypeChanges) => sql`
  update orders.ticket_types set name = ${row.name}, description = ${row.description}, price_minor = ${row.price_minor},
         sales_start = ${row.sales_start}, sales_end = ${row.sales_end}, min_per_order = ${row.min_per_order},
         max_per_order = ${row.max_per_order}, max_per_buyer = ${row.max_per_buyer}, position = ${row.position},
         pricing = ${row.pricing}, min_price_minor = ${row.min_price_minor}, tiers = ${JSON.stringify(row.tiers)},
         access_code = ${row.access_code}, updated_at = now()
   where id = ${id}`.run(tx)

export const setCapacity = (tx: Tx, pool_id: string, capacity: number) => sql`
  update orders.pools set capacity = ${capacity} where id = ${pool_id}`.run(tx)

/** What a type holds and has sold moves with it into a pool that it begins to draw from. */
export async function joinPools (tx: Tx, type_id: string, pool_ids: string[]): Promise<void> {
  await sql`insert into orders.ticket_type_pools (ticket_type_id, pool_id)
    select ${type_id}, id from unnest(${pool_ids}::uuid[]) as id`.run(tx)
  await sql`update orders.pools p set held = p.held + own.held, sold = p.sold + own.sold
    from orders.pools own where own.id = ${type_id} and p.id = any(${pool_ids}::uuid[])`.run(tx)
}

export async function leavePools (tx: Tx, type_id: string, pool_ids: string[]): Promise<void> {
  await sql`delete from orders.ticket_type_pools
    where ticket_type_id = ${type_id} and pool_id = any(${pool_ids}::uuid[])`.run(tx)
  await sql`update orders.pools p set held = p.held - own.held, sold = p.sold - own.sold
    from orders.pools own where own.id = ${type_id} and p.id = any(${pool_ids}::uuid[])`.run(tx)
}

export const wasOrdered = async (tx: Tx, type_id: string) => (await sql<{ yes: boolean }>`
  select exists (select from orders.order_items where ticket_type_id = ${type_id}) as yes`.one(tx)).yes

export async function deleteType (tx: Tx, id: string): Promise<void> {
  await sql`delete from orders.ticket_types where id = ${id}`.run(tx)
  await sql`delete from orders.pools where id = ${id}`.run(tx)
}

export interface PoolRow {
  id: string, event_id: string, name: string, capacity: number,
  held: number, sold: number
}

export const listSharedPools = (db: Db, event_id: string) => sql<PoolRow>`
  select id, event_id, name, capacity, held, sold from orders.pools
   where event_id = ${event_id} and kind = 'shared' order by id`.rows(db)

export const insertSharedPool =
  (tx: Tx, pool: { id: string, event_id: string, name: string, capacity: number }) =>
  sql<PoolRow>`
    insert into orders.pools (id, event_id, kind, name, capacity)
    values (${pool.id}, ${pool.event_id}, 'shared', ${pool.name}, ${pool.capacity})
    returning id, event_id, name, capacity, held, sold`.one(tx)

/** The event-wide pool, and what all ticket types together hold and have sold. */
export const findEventPool = (db: Db, event_id: string) => sql<{
  pool_id: string | null, capacity: number | null, held: number, sold: number }>`
  select (select id from orders.pools where event_id = ${event_id} and kind = 'event') as pool_id,
         (select capacity from orders.pools where event_id = ${event_id} and kind = 'event') as capacity,
         coalesce(sum(held), 0) as held, coalesce(sum(sold), 0) as sold
    from orders.pools where event_id = ${event_id} and kind = 'ticket_type'`.one(db)

/** Begins with what is held and sold already; every ticket type of the event draws from it. */
export async function insertEventPool (
  tx: Tx, pool: { id: string, event_id: string, capacity: number, held: number, sold: number }
): Promise<void> {
  await sql`insert into orders.pools (id, event_id, kind, capacity, held, sold)
    values (${pool.id}, ${pool.event_id}, 'event', ${pool.capacity}, ${pool.held}, ${pool.sold})`.run(tx)
  await sql`insert into orders.ticket_type_pools (ticket_type_id, pool_id)
    select id, ${pool.id} from orders.ticket_types where event_id = ${pool.event_id}`.run(tx)
}

export const deletePool = (tx: Tx, id: string) => sql`delete from orders.pools where id = ${id}`.run(tx)

export interface TypeSalesRow {
  ticket_type_id: string, name: string, price_minor: number, currency: string, capacity: number
  held: number, sold: number
  revenue_minor: number
}

/** Revenue is what completed orders paid, at the prices of their time. */
export const findTypeSales = (db: Db, event_id: string) => sql<TypeSalesRow>`
  select t.id as ticket_type_id, t.name, t.price_minor, t.currency, p.capacity, p.held, p.sold, coalesce((
           select sum(i.quantity * i.unit_price_minor) from orders.order_items i join orders.orders o on o.id = i.order_id
            where i.ticket_type_id = t.id and o.status = 'completed'), 0) as revenue_minor
    from orders.ticket_types t join orders.pools p on p.id = t.id
   where t.event_id = ${event_id} order by t.position, t.id`.rows(db)
