import type { Buyer } from '@fermata/contracts/fields'
import type { PaidState, PaymentStatus, Provider, TestCard } from '@fermata/contracts/payments'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

export interface PaymentRow {
  id: string
  order_id: string
  order_code: string
  event_id: string
  event_title: string
  organizer_id: string
  user_id: string | null
  buyer: Buyer
  provider: Provider
  method: { test_card: TestCard }
  status: PaymentStatus
  amount_minor: number
  refunded_minor: number
  currency: string
  failure: string | null
  needs_confirmation: boolean
  provider_key: string
  hold_ends_at: string
  request_id: string | null
  created_at: string
  asked_at: string | null
  succeeded_at: string | null
  failed_at: string | null
  refunded_at: string | null
}

export type NewPaymentRow = Pick<PaymentRow, 'id' | 'order_id' | 'order_code' | 'event_id' |
  'event_title' | 'organizer_id' | 'user_id' | 'buyer' | 'provider' | 'method' | 'amount_minor' |
  'currency' | 'provider_key' | 'hold_ends_at' | 'request_id'>

/**
 * Inserts, and returns, those whose order has no payment that did not fail and whose hold is not
 * over by the database's clock. A concurrent start of another process waits at the unique index for
 * the first to commit. In the order of the orders, so that two batches queue instead of
 * deadlocking.
 * @param own_ms how long they count as asked by this process; null: they are due for any
 */
export const insertPayments = (
  tx: Tx, rows: NewPaymentRow[], own_ms: number | null
) => sql<{ id: string, created_at: string }>`
  insert into payments.payments (id, order_id, order_code, event_id, event_title, organizer_id, user_id, buyer, provider,
    method, amount_minor, currency, provider_key, hold_ends_at, request_id, asked_at, asks, next_ask_at)
  select *, ${own_ms === null ? sql`null::timestamptz, 0, now()`
    : sql`now(), 1, now() + ${own_ms} * interval '1 millisecond'`}
    from ${sql.rows(rows.map(row => ({
      ...row, buyer: JSON.stringify(row.buyer), method: JSON.stringify(row.method),
    })), {
      id: 'uuid', order_id: 'uuid', order_code: 'text', event_id: 'uuid', event_title: 'text',
      organizer_id: 'uuid', user_id: 'uuid', buyer: 'jsonb', provider: 'text', method: 'jsonb',
      amount_minor: 'bigint', currency: 'text', provider_key: 'text',
      hold_ends_at: 'timestamptz', request_id: 'text',
    })} as new
   where hold_ends_at > now() order by order_id, id
  on conflict (order_id) where status <> 'failed' do nothing
  returning id, created_at`.rows(tx)

/** The payments that keep others of the same orders from being started. */
export const findCurrentPayments = (db: Db, order_ids: string[]) => sql<PaymentRow>`
  select * from payments.payments
   where order_id = any(${order_ids}::uuid[]) and status <> 'failed'`.rows(db)

export const findPayment = (db: Db, id: string) => sql<PaymentRow>`
  select * from payments.payments where id = ${id}`.first(db)

export const listOfOrder = (
  db: Db, filter: { order_id: string, after: string | null, limit: number }
) => sql<PaymentRow>`
  select * from payments.payments
   where order_id = ${filter.order_id} and (${filter.after}::uuid is null or id < ${filter.after}::uuid)
   order by id desc limit ${filter.limit}`.rows(db)

/** What a provider is told. */
export type DuePayment = Pick<PaymentRow, 'id' | 'provider' | 'provider_key' | 'order_id' |
  'amount_minor' | 'currency' | 'method' | 'hold_ends_at' | 'request_id'>

/**
 * Takes payments that are due to be asked about, and puts the next time off at once: should this
 * process die, another asks again then. Commits before the provider is called, so `asked_at` never
 * lies. `skip locked` lets replicas share.
 */
export const claimDuePayments = (tx: Tx, limit: number) => sql<DuePayment>`
  update payments.payments as p
     set asked_at = coalesce(p.asked_at, now()), asks = p.asks + 1,
         next_ask_at = now() + least(30, power(2, least(p.asks, 10))) * interval '1 second'
    from (select id from payments.payments where status = 'pending' and next_ask_at <= now()
           order by next_ask_at limit ${limit} for update skip locked) as due
   where p.id = due.id
  returning p.id, p.provider, p.provider_key, p.order_id, p.amount_minor, p.currency, p.method, p.hold_ends_at,
    p.request_id
  `.rows(tx)

/** In id order, so that two that need the same rows queue instead of deadlocking. */
export const lockPayments = (tx: Tx, ids: string[]) => sql<PaymentRow>`
  select * from payments.payments where id = any(${ids}::uuid[]) order by id for update`.rows(tx)

/** Locks payments where their states are all that is asked for, in id order as well. */
export const lockStates = (tx: Tx, ids: string[]) => sql<Pick<PaymentRow, 'id' | 'status'>>`
  select id, status from payments.payments where id = any(${ids}::uuid[]) order by id for update`.rows(tx)

/**
 * Whatever their state: one that is just being settled is waited for, and then seen as it became.
 */
export const lockPaymentsOfOrders = (tx: Tx, order_ids: string[]) => sql<PaymentRow>`
  select * from payments.payments where order_id = any(${order_ids}::uuid[]) order by id for update`.rows(tx)

export interface PaymentChange {
  id: string
  status: PaymentStatus
  reference?: string
  failure?: string
  refund_minor?: number
}

/** The status comes from `rules/payment-states.ts`; times are the database's. */
export const changePayments = (tx: Tx, changes: PaymentChange[]) => sql<PaymentRow>`
  update payments.payments as p
     set status = c.status, failure = coalesce(c.failure, p.failure),
         provider_reference = coalesce(c.reference, p.provider_reference),
         refunded_minor = p.refunded_minor + c.refund_minor, needs_confirmation = false,
         succeeded_at = case when c.status = 'succeeded' then coalesce(p.succeeded_at, now()) else p.succeeded_at end,
         failed_at = case when c.status = 'failed' then now() end,
         refunded_at = case when c.status = 'refunded' then now() end
    from ${sql.rows(changes.map(change => ({
      id: change.id, status: change.status, reference: change.reference ?? null,
      failure: change.failure ?? null, refund_minor: change.refund_minor ?? 0,
    })), {
      id: 'uuid', status: 'text', reference: 'text', failure: 'text', refund_minor: 'bigint',
    })} as c
   where p.id = c.id
  returning p.*`.rows(tx)

export interface Postponed {
  id: string
  reference: string
  ask_again_at: string
  needs_confirmation: boolean
}

/** The provider has not decided; it said when to ask again. */
export const postponePayments = (tx: Tx, rows: Postponed[]) => sql`
  update payments.payments as p
     set next_ask_at = c.ask_again_at, provider_reference = c.reference, needs_confirmation = c.needs_confirmation
    from ${sql.rows(rows, {
      id: 'uuid', reference: 'text', ask_again_at: 'timestamptz', needs_confirmation: 'boolean',
    })} as c
   where p.id = c.id and p.status = 'pending'`.run(tx)

/** Remembered for payments that still arrive. */
export const insertEndedOrders = (tx: Tx, orders: { order_id: string, reason: string }[]) => sql`
  insert into payments.ended_orders (order_id, reason)
  select distinct on (order_id) order_id, reason
    from ${sql.rows(orders, { order_id: 'uuid', reason: 'text' })} as o
   order by order_id
  on conflict do nothing`.run(tx)

/**
 * To be asked after the payments are locked: whoever ends an order locks them too, so one of both
 * sees the other.
 */
export const findEndedOrders = (tx: Tx, order_ids: string[]) => sql<{ order_id: string, reason: string }>`
  select order_id, reason from payments.ended_orders where order_id = any(${order_ids}::uuid[])`.rows(tx)

/** An order is tried to be paid some times at most; of each try, how far it got. */
export const findPaidStates = (db: Db, order_ids: string[]) => sql<PaidState>`
  select order_id, status, amount_minor, refunded_minor from payments.payments
   where order_id = any(${order_ids}::uuid[]) order by id desc limit 1000`.rows(db)

/** Asked for a while ago, and neither decided nor waiting for the buyer's bank to confirm. */
export const countUndecided = async (db: Db) => (await sql<{ count: number }>`
  select count(*)::integer as count from payments.payments
   where status = 'pending' and not needs_confirmation
     and asked_at < now() - interval '1 minute'`.one(db)).count
