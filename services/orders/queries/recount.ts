import type { Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import { sumsOfPool, usesOfPromoCode } from './counted-sums.ts'

/**
 * Sets the counters of pools, and the uses of promo codes, to what their orders add up to. The lock
 * of the event keeps everybody else from selling meanwhile; where more was sold than there is the
 * constraint refuses, for no number makes that right.
 * @returns how many were counted anew
 */
export async function recount (tx: Tx, ids: string[]): Promise<number> {
  await sql`select from orders.events where id in (
      select event_id from orders.pools where id = any(${ids}::uuid[])
      union select event_id from orders.promo_codes where id = any(${ids}::uuid[]))
     order by id for no key update`.run(tx)
  const pools = await sql`
    update orders.pools p set held = coalesce(m.held, 0), sold = coalesce(m.sold, 0)
      from orders.pools own left join lateral (${sumsOfPool('own.id')}) as m on true
     where own.id = p.id and p.id = any(${ids}::uuid[])`.run(tx)
  const codes = await sql`
    update orders.promo_codes c set used = coalesce((${usesOfPromoCode('c.id')}), 0)
     where c.id = any(${ids}::uuid[])`.run(tx)
  return pools + codes
}
