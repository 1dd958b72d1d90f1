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

export interface TicketsCheckIns {
  admitted_at: Generated<string>
  admitted_by: string
  admitted_by_id: string
  gate: string
  id: string
  ticket_id: string
}

export interface TicketsDeadLetters {
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

export interface TicketsErasures {
  erased_at: Generated<string>
  subject: Buffer
  user_id: string | null
}

export interface TicketsEvents {
  canceled: boolean
  facts: Json
  id: string
  last_number: Generated<number>
  number_prefix: string
  organizer_id: Generated<string | null>
  starts_at: string
  title: string
  version: number
}

export interface TicketsIdempotencyKeys {
  created_at: Generated<string>
  fingerprint: Buffer
  key: string
  reply: Json | null
  scope: string
  status: number
}

export interface TicketsInbox {
  done: string | null
  event_id: string
  handler: string
  received_at: Generated<string>
}

export interface TicketsKeys {
  created_at: Generated<string>
  event_id: string
  kid: string
  public_key: Buffer
}

export interface TicketsMembers {
  event_id: string | null
  organizer_id: string
  role: string
  user_id: string
}

export interface TicketsMigrations {
  name: string
  timestamp: string
}

export interface TicketsMigrationsLock {
  id: string
  is_locked: Generated<number>
}

export interface TicketsOrders {
  buyer_email: string | null
  buyer_locale: string | null
  buyer_name: string | null
  code: string | null
  end_reason: string | null
  ended_at: string | null
  event_id: string | null
  id: string
  issued_at: string | null
  user_id: string | null
}

export interface TicketsOrganizers {
  id: string
  version: number
}

export interface TicketsOutbox {
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

export interface TicketsOutboxEvents {
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

export interface TicketsResends {
  key: Buffer
  spent_until: string
}

export interface TicketsTickets {
  code: string
  currency: string
  event_id: string
  holder_email: string
  holder_name: string
  id: string
  issued_at: Generated<string>
  number: string
  order_id: string
  position: number
  price_minor: number
  status: Generated<string>
  ticket_type_id: string
  ticket_type_name: string
  void_reason: string | null
  voided_at: string | null
}

export interface DB {
  'tickets.check_ins': TicketsCheckIns
  'tickets.dead_letters': TicketsDeadLetters
  'tickets.erasures': TicketsErasures
  'tickets.events': TicketsEvents
  'tickets.idempotency_keys': TicketsIdempotencyKeys
  'tickets.inbox': TicketsInbox
  'tickets.keys': TicketsKeys
  'tickets.members': TicketsMembers
  'tickets.migrations': TicketsMigrations
  'tickets.migrations_lock': TicketsMigrationsLock
  'tickets.orders': TicketsOrders
  'tickets.organizers': TicketsOrganizers
  'tickets.outbox': TicketsOutbox
  'tickets.outbox_events': TicketsOutboxEvents
  'tickets.resends': TicketsResends
  'tickets.tickets': TicketsTickets
}
