import { unknownPool, type PriceTier, type Pricing } from '@fermata/contracts/orders'
import { invalid } from '@fermata/contracts/problems'
import type { Db } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import { listSharedPools } from './queries/stock.ts'
import { flawOf } from './rules/price-tiers.ts'

/** What one refused field is told. */
export const invalidField = (field: string, message: string) =>
  new Problem(invalid, undefined, { extensions: { errors: [{ field, message }] } })

interface Limits {
  min_per_order: number, max_per_order: number, max_per_buyer: number | null
  sales_start: string | null, sales_end: string | null
  pricing: Pricing, min_price_minor: number, tiers: readonly PriceTier[]
}

/** @throws Problem `request/invalid` for limits that nobody could keep */
export function checkLimits (
  { min_per_order, max_per_order, max_per_buyer, sales_start, sales_end, ...price }: Limits
): void {
  if (min_per_order > max_per_order) throw invalidField('max_per_order', 'is less than min_per_order')
  if (max_per_buyer !== null && max_per_buyer < min_per_order) {
    throw invalidField('max_per_buyer', 'is less than min_per_order')
  }
  const { pricing, min_price_minor, tiers } = price
  if (pricing === 'fixed' && min_price_minor > 0) throw invalidField('min_price_minor', 'is for donations only')
  if (pricing === 'donation' && tiers.length > 0) throw invalidField('tiers', 'are for fixed prices only')
  const flaw = flawOf(tiers)
  if (flaw) throw invalidField('tiers', flaw)
  if (sales_start !== null && sales_end !== null &&
    Date.parse(sales_end) <= Date.parse(sales_start)) {
    throw invalidField('sales_end', 'is not after sales_start')
  }
}

/** Moments of steps in UTC, as the rules compare them. */
export const inUtc = (tiers: readonly PriceTier[]): PriceTier[] => tiers.map(tier =>
  tier.until == null ? tier : { ...tier, until: new Date(tier.until).toISOString() })

/** @throws Problem `orders/unknown-pool` naming the first id that is no shared pool of the event */
export async function checkPools (
  db: Db, event_id: string, pool_ids: readonly string[]
): Promise<void> {
  if (pool_ids.length === 0) return
  const known = new Set((await listSharedPools(db, event_id)).map(pool => pool.id))
  const pool_id = pool_ids.find(id => !known.has(id))
  if (pool_id) throw new Problem(unknownPool, undefined, { extensions: { pool_id } })
}
