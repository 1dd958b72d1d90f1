import type { TestCard } from '@fermata/contracts/payments'
import type { Db } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

/** The simulated provider's book, for its adapter only. */

export interface BookedCharge {
  key: string
  order_id: string
  amount_minor: number
  currency: string
  card: TestCard
  succeeds: boolean
  /** Milliseconds from now, or from the end of the hold should that be later. */
  delay_ms: number
  hold_ends_at: string | null
}

/** A key that is known keeps its first charge. */
export const bookCharges = (db: Db, charges: BookedCharge[]) => sql`
  insert into payments.simulated_charges (key, order_id, amount_minor, currency, card, succeeds, decides_at)
  select key, order_id, amount_minor, currency, card, succeeds,
         greatest(now(), hold_ends_at) + delay_ms * interval '1 millisecond'
    from unnest(${charges.map(charge => charge.key)}::text[], ${charges.map(charge => charge.order_id)}::uuid[],
      ${charges.map(charge => charge.amount_minor)}::bigint[], ${charges.map(charge => charge.currency)}::text[],
      ${charges.map(charge => charge.card)}::text[], ${charges.map(charge => charge.succeeds)}::boolean[],
      ${charges.map(charge => charge.delay_ms)}::integer[], ${charges.map(charge => charge.hold_ends_at)}::timestamptz[])
      as c(key, order_id, amount_minor, currency, card, succeeds, delay_ms, hold_ends_at)
   order by key
  on conflict (key) do nothing`.run(db)

export const readCharges = (db: Db, keys: string[]) => sql<{
  key: string, succeeds: boolean, decides_at: string, decided: boolean
}>`
  select key, succeeds, decides_at, decides_at <= now() as decided
    from payments.simulated_charges where key = any(${keys}::text[])`.rows(db)

/** A key that is known keeps its first refund. */
export const bookRefunds = (db: Db, refunds: { key: string, charge_key: string, amount_minor: number }[]) => sql`
  insert into payments.simulated_refunds (key, charge_key, amount_minor)
  select * from unnest(${refunds.map(refund => refund.key)}::text[], ${refunds.map(refund => refund.charge_key)}::text[],
    ${refunds.map(refund => refund.amount_minor)}::bigint[]) as r(key, charge_key, amount_minor) order by key
  on conflict (key) do nothing`.run(db)
