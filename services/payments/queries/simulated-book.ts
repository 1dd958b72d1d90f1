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
    from ${sql.rows(charges, {
      key: 'text', order_id: 'uuid', amount_minor: 'bigint', currency: 'text', card: 'text',
      succeeds: 'boolean', delay_ms: 'integer', hold_ends_at: 'timestamptz',
    })} as c
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
  select * from ${sql.rows(refunds, {
    key: 'text', charge_key: 'text', amount_minor: 'bigint',
  })} as r order by key
  on conflict (key) do nothing`.run(db)
