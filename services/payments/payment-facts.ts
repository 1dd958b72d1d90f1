import type { Payment } from '@fermata/contracts/payments'
import type { NewPaymentRow, PaymentRow } from './queries/payments.ts'

/** A payment that has just begun, as its owner sees it. */
export const presentStarted = (row: NewPaymentRow, created_at: string): Payment => ({
  id: row.id,
  order_id: row.order_id,
  order_code: row.order_code,
  provider: row.provider,
  status: 'pending',
  amount_minor: row.amount_minor,
  refunded_minor: 0,
  currency: row.currency,
  failure: null,
  needs_confirmation: false,
  created_at,
  succeeded_at: null,
  failed_at: null,
  refunded_at: null,
})

/** A payment as its owner sees it. */
export const presentPayment = (row: PaymentRow): Payment => ({
  id: row.id,
  order_id: row.order_id,
  order_code: row.order_code,
  provider: row.provider,
  status: row.status,
  amount_minor: row.amount_minor,
  refunded_minor: row.refunded_minor,
  currency: row.currency,
  failure: row.failure,
  needs_confirmation: row.needs_confirmation,
  created_at: row.created_at,
  succeeded_at: row.succeeded_at,
  failed_at: row.failed_at,
  refunded_at: row.refunded_at,
})

/** What every payment event carries. */
export const factsOf = (row: PaymentRow) => ({
  payment_id: row.id,
  order_id: row.order_id,
  order_code: row.order_code,
  event_id: row.event_id,
  event_title: row.event_title,
  user_id: row.user_id,
  buyer: row.buyer,
  provider: row.provider,
  amount_minor: row.amount_minor,
  currency: row.currency,
})
