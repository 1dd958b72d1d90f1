import { unknownPool } from '@fermata/contracts/orders'
import { invalid } from '@fermata/contracts/problems'
import type { Db } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import type { DB } from './database.ts'
import { listSharedPools } from './queries/stock.ts'

/** What one refused field is told. */
export const invalidField = (field: string, message: string) =>
  new Problem(invalid, undefined, { extensions: { errors: [{ field, message }] } })

interface Limits {
  min_per_order: number, max_per_order: number, sales_start: string | null,
  sales_end: string | null
}

/** @throws Problem `request/invalid` for limits that nobody could keep */
export function checkLimits (
  { min_per_order, max_per_order, sales_start, sales_end }: Limits): void {
  if (min_per_order > max_per_order) throw invalidField('max_per_order', 'is less than min_per_order')
  if (sales_start !== null && sales_end !== null &&
    Date.parse(sales_end) <= Date.parse(sales_start)) {
    throw invalidField('sales_end', 'is not after sales_start')
  }
}

/** @throws Problem `orders/unknown-pool` naming the first id that is no shared pool of the event */
export async function checkPools (
  db: Db<DB>, event_id: string, pool_ids: readonly string[]
): Promise<void> {
  if (pool_ids.length === 0) return
  const known = new Set((await listSharedPools(db, event_id)).map(pool => pool.id))
  const pool_id = pool_ids.find(id => !known.has(id))
  if (pool_id) throw new Problem(unknownPool, undefined, { extensions: { pool_id } })
}
