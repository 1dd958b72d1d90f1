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

export interface OrdersDeadLetters {
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

export interface OrdersErasures {
  erased_at: Generated<string>
  subject: Buffer
  user_id: string | null
}

export interface OrdersEvents {
  ends_at: string | null
  facts: Json | null
  id: string
  max_per_buyer: number | null
  network_share_percent: Generated<number>
  released_up_to: Generated<string>
  seller: string | null
  status: Generated<string>
  title: Generated<string>
  version: Generated<number>
}

export interface OrdersIdempotencyKeys {
  created_at: Generated<string>
  fingerprint: Buffer
  key: string
  reply: Json | null
  scope: string
  status: number
}

export interface OrdersInbox {
  done: string | null
  event_id: string
  handler: string
  received_at: Generated<string>
}

export interface OrdersLimitedPurchases {
  email_key: string
  order_id: string
  quantity: number
  ticket_type_id: string
  user_id: string | null
}

export interface OrdersMembers {
  event_id: string | null
  organizer_id: string
  role: string
  user_id: string
}

export interface OrdersMigrations {
  name: string
  timestamp: string
}

export interface OrdersMigrationsLock {
  id: string
  is_locked: Generated<number>
}

export interface OrdersOpenHolds {
  event_id: string
  network: Buffer
  ticket_type_id: string
  tickets: number
}

export interface OrdersOrderItems {
  discount_minor: Generated<number>
  line: Generated<number>
  name: string
  order_id: string
  quantity: number
  ticket_type_id: string
  unit_price_minor: number
}

export interface OrdersOrders {
  buyer_email: string
  buyer_locale: string
  buyer_name: string
  canceled_at: string | null
  code: string
  completed_at: string | null
  created_at: string
  currency: string
  event_id: string
  expired_at: string | null
  expires_at: string
  id: string
  mailbox: Buffer | null
  network: Buffer | null
  payment_id: string | null
  refunded_at: string | null
  request_id: string | null
  status: string
  total_minor: number
  user_id: string | null
  visitor: Buffer | null
}

export interface OrdersOrganizers {
  id: string
  version: number
}

export interface OrdersOutbox {
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

export interface OrdersOutboxEvents {
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

export interface OrdersPools {
  capacity: number
  created_at: Generated<string>
  event_id: string
  held: Generated<number>
  id: string
  kind: string
  name: Generated<string>
  sold: Generated<number>
}

export interface OrdersPromoCodes {
  amount_minor: number | null
  code: string
  counts: string
  created_at: Generated<string>
  event_id: string
  id: string
  max_uses: number | null
  percent: number | null
  ticket_type_ids: Generated<string[]>
  updated_at: Generated<string>
  used: Generated<number>
  valid_from: string | null
  valid_until: string | null
}

export interface OrdersPromoUses {
  order_id: string
  promo_code_id: string
  uses: number
}

export interface OrdersQueueAdmissions {
  at: string
  event_id: string
  up_to: number
}

export interface OrdersQueueJoins {
  at: string
  event_id: string
  first_place: number | null
  ids: Buffer
  joined_once: Buffer | null
  networks: Buffer | null
  number: number
}

export interface OrdersQueues {
  admitted_per_second: Generated<number>
  admitted_up_to: Generated<number>
  advanced_at: string | null
  batches: Generated<number>
  draw_key: Buffer
  drawn_at: string | null
  drawn_count: number | null
  enabled: boolean
  event_id: string
  free_joins_per_network: Generated<number>
  in_checkout: Generated<number>
  joined: Generated<number>
  joins_digest: Generated<Buffer>
  left_per_second: Generated<number>
  max_in_checkout: number
  max_joins_per_network: Generated<number>
  opens_at: string
  pass_seconds: number
}

export interface OrdersQueueUses {
  buyer: Buffer | null
  event_id: string
  orders: number
  place: number
}

export interface OrdersRefundedPayments {
  order_id: string
  payment_id: string
  recorded_at: Generated<string>
}

export interface OrdersTicketTypePools {
  pool_id: string
  ticket_type_id: string
}

export interface OrdersTicketTypes {
  access_code: string | null
  created_at: Generated<string>
  currency: string
  description: Generated<string>
  event_id: string
  id: string
  max_per_buyer: number | null
  max_per_order: number
  min_per_order: number
  min_price_minor: Generated<number>
  name: string
  position: Generated<number>
  price_minor: number
  pricing: Generated<string>
  sales_end: string | null
  sales_start: string | null
  tiers: Generated<Json>
  updated_at: Generated<string>
}

export interface DB {
  'orders.dead_letters': OrdersDeadLetters
  'orders.erasures': OrdersErasures
  'orders.events': OrdersEvents
  'orders.idempotency_keys': OrdersIdempotencyKeys
  'orders.inbox': OrdersInbox
  'orders.limited_purchases': OrdersLimitedPurchases
  'orders.members': OrdersMembers
  'orders.migrations': OrdersMigrations
  'orders.migrations_lock': OrdersMigrationsLock
  'orders.open_holds': OrdersOpenHolds
  'orders.order_items': OrdersOrderItems
  'orders.orders': OrdersOrders
  'orders.organizers': OrdersOrganizers
  'orders.outbox': OrdersOutbox
  'orders.outbox_events': OrdersOutboxEvents
  'orders.pools': OrdersPools
  'orders.promo_codes': OrdersPromoCodes
  'orders.promo_uses': OrdersPromoUses
  'orders.queue_admissions': OrdersQueueAdmissions
  'orders.queue_joins': OrdersQueueJoins
  'orders.queue_uses': OrdersQueueUses
  'orders.queues': OrdersQueues
  'orders.refunded_payments': OrdersRefundedPayments
  'orders.ticket_type_pools': OrdersTicketTypePools
  'orders.ticket_types': OrdersTicketTypes
}
