import type { Provider } from '@fermata/contracts/payments'
import type { Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

export interface RefundRow {
  id: string
  payment_id: string
  amount_minor: number
  reason: string | null
  requested_by: string | null
  provider_key: string
}

export const insertRefunds = (tx: Tx, rows: RefundRow[]) => sql`
  insert into payments.refunds (id, payment_id, amount_minor, reason, requested_by, provider_key)
  select * from ${sql.rows(rows, {
    id: 'uuid', payment_id: 'uuid', amount_minor: 'bigint', reason: 'text', requested_by: 'uuid',
    provider_key: 'text',
  })} as given`.run(tx)

/**
 * What one person has given back in a currency within the last hour. Their refunds wait for each
 * other here, so that a hundred at once add up.
 */
export async function sumAskedFor (
  tx: Tx, requested_by: string, currency: string,
): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`refunds ${requested_by}`}, 0))`.run(tx)
  const rows = await sql<{ sum_minor: number }>`
    select coalesce(sum(r.amount_minor), 0)::bigint as sum_minor
      from payments.refunds as r join payments.payments as p on p.id = r.payment_id
     where r.requested_by = ${requested_by} and r.created_at > now() - interval '1 hour'
       and p.currency = ${currency}`.rows(tx)
  return rows[0]!.sum_minor
}

export interface DueRefund {
  id: string
  payment_id: string
  amount_minor: number
  currency: string
  provider: Provider
  provider_key: string
  charge_key: string
}

/** As `claimDuePayments`: the next time is put off and committed before the provider is called. */
export const claimDueRefunds = (tx: Tx, limit: number) => sql<DueRefund>`
  update payments.refunds as r
     set asks = r.asks + 1, next_ask_at = now() + least(30, power(2, least(r.asks, 10))) * interval '1 second'
    from (select id from payments.refunds where status = 'pending' and next_ask_at <= now()
           order by next_ask_at limit ${limit} for update skip locked) as due,
         payments.payments as p
   where r.id = due.id and p.id = r.payment_id
  returning r.id, r.payment_id, r.amount_minor, r.provider_key, p.currency, p.provider, p.provider_key as charge_key
  `.rows(tx)

/** Returns those that were not paid before, so that a repeated answer is posted once. */
export const markRefundsPaid = (tx: Tx, ids: string[]) => sql<{ id: string }>`
  update payments.refunds set status = 'paid', paid_at = now()
   where id = any(${ids}::uuid[]) and status = 'pending'
  returning id`.rows(tx)
