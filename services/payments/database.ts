/** Row types of this service, made from its migrated schema by `node tools/generate-database-types.ts`. */

import type { ColumnType } from 'kysely'

export type Generated<T> = T extends ColumnType<infer S, infer I, infer U>
  ? ColumnType<S, I | undefined, U>
  : ColumnType<T, T | undefined, T>

export type Json = JsonValue

export type JsonArray = JsonValue[]

export type JsonObject = {
  [x: string]: JsonValue | undefined
}

export type JsonPrimitive = boolean | number | string | null

export type JsonValue = JsonArray | JsonObject | JsonPrimitive

export interface PaymentsDeadLetters {
  created_at: Generated<string>
  data: Json
  error: string
  event_id: string
  handler: string
  id: string
  request_id: string | null
  retried_at: string | null
  type: string
}

export interface PaymentsEndedOrders {
  ended_at: Generated<string>
  order_id: string
  reason: string
}

export interface PaymentsErasures {
  erased_at: Generated<string>
  subject: Buffer
  user_id: string | null
}

export interface PaymentsIdempotencyKeys {
  created_at: Generated<string>
  fingerprint: Buffer
  key: string
  reply: Json | null
  scope: string
  status: number
}

export interface PaymentsInbox {
  done: string | null
  event_id: string
  handler: string
  received_at: Generated<string>
}

export interface PaymentsLedgerEntries {
  account: string
  created_at: Generated<string>
  credit_minor: Generated<number>
  currency: string
  debit_minor: Generated<number>
  id: Generated<number>
  payment_id: string
  transaction_id: string
}

export interface PaymentsMigrations {
  name: string
  timestamp: string
}

export interface PaymentsMigrationsLock {
  id: string
  is_locked: Generated<number>
}

export interface PaymentsOutbox {
  attempts: Generated<number>
  available_at: Generated<string>
  created_at: Generated<string>
  data: Json
  id: string
  request_id: string | null
  sent_at: string | null
  size: Generated<number>
  type: string
}

export interface PaymentsOutboxEvents {
  attempts: number | null
  available_at: string | null
  created_at: string | null
  data: Json | null
  id: string | null
  request_id: string | null
  row_id: string | null
  sent_at: string | null
  type: string | null
}

export interface PaymentsPayments {
  amount_minor: number
  asked_at: string | null
  asks: Generated<number>
  buyer: Json
  created_at: Generated<string>
  currency: string
  event_id: string
  event_title: string
  failed_at: string | null
  failure: string | null
  hold_ends_at: string
  id: string
  method: Json
  needs_confirmation: Generated<boolean>
  next_ask_at: Generated<string>
  order_code: string
  order_id: string
  organizer_id: string
  provider: string
  provider_key: string
  provider_reference: string | null
  refunded_at: string | null
  refunded_minor: Generated<number>
  request_id: string | null
  status: Generated<string>
  succeeded_at: string | null
  user_id: string | null
}

export interface PaymentsRefunds {
  amount_minor: number
  asks: Generated<number>
  created_at: Generated<string>
  id: string
  next_ask_at: Generated<string>
  paid_at: string | null
  payment_id: string
  provider_key: string
  reason: string | null
  requested_by: string | null
  status: Generated<string>
}

export interface PaymentsSimulatedCharges {
  amount_minor: number
  card: string
  created_at: Generated<string>
  currency: string
  decides_at: string
  key: string
  order_id: string
  succeeds: boolean
}

export interface PaymentsSimulatedRefunds {
  amount_minor: number
  charge_key: string
  created_at: Generated<string>
  key: string
}

export interface DB {
  'payments.dead_letters': PaymentsDeadLetters
  'payments.ended_orders': PaymentsEndedOrders
  'payments.erasures': PaymentsErasures
  'payments.idempotency_keys': PaymentsIdempotencyKeys
  'payments.inbox': PaymentsInbox
  'payments.ledger_entries': PaymentsLedgerEntries
  'payments.migrations': PaymentsMigrations
  'payments.migrations_lock': PaymentsMigrationsLock
  'payments.outbox': PaymentsOutbox
  'payments.outbox_events': PaymentsOutboxEvents
  'payments.payments': PaymentsPayments
  'payments.refunds': PaymentsRefunds
  'payments.simulated_charges': PaymentsSimulatedCharges
  'payments.simulated_refunds': PaymentsSimulatedRefunds
}
