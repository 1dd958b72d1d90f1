import type { Db } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import { findOrders } from './orders.ts'

export interface DoorQuestion { event_id: string, q: string | null, order_ids: string[] }

/** Of one event, newest first: those that fit what was typed, and those that were named. */
export async function findAtDoor (
  db: Db, { event_id, q, order_ids }: DoorQuestion, limit: number
) {
  const escaped = q?.toLowerCase().replace(/[\\%_]/g, '\\$&') ?? null
  const rows = await sql<{ id: string }>`
    (select id from orders.orders
      where event_id = ${event_id} and ${escaped}::text is not null and trim(${escaped}) <> ''
        and (code = upper(${q}) or lower(buyer_email) like ${`${escaped}%`}
             or lower(buyer_name) like ${`%${escaped}%`})
      order by id desc limit ${limit})
    union
    select id from orders.orders
     where event_id = ${event_id} and id = any(${order_ids}::uuid[])`.rows(db)
  return (await findOrders(db, rows.map(row => row.id))).toReversed()
}
