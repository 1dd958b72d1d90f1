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

export interface UsersAddressLinks {
  created_at: Generated<string>
  email: string
  expires_at: string
  id: string
  mailbox: string
}

export interface UsersAddressTokens {
  created_at: Generated<string>
  expires_at: string
  hash: Buffer
  link_id: string
  purpose: string
}

export interface UsersDeadLetters {
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

export interface UsersErasures {
  erased_at: Generated<string>
  subject: Buffer
  user_id: string | null
}

export interface UsersIdempotencyKeys {
  created_at: Generated<string>
  fingerprint: Buffer
  key: string
  reply: Json | null
  scope: string
  status: number
}

export interface UsersInbox {
  done: string | null
  event_id: string
  handler: string
  received_at: Generated<string>
}

export interface UsersMigrations {
  name: string
  timestamp: string
}

export interface UsersMigrationsLock {
  id: string
  is_locked: Generated<number>
}

export interface UsersMovedEvents {
  city: string
  id: string
  starts_at: string
  timezone: string
  title: string
  version: number
}

export interface UsersOutbox {
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

export interface UsersOutboxEvents {
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

export interface UsersPeople {
  email: string | null
  email_notifications: Generated<boolean>
  erased_at: string | null
  id: string
  in_app_notifications: Generated<boolean>
  is_verified: Generated<boolean>
  locale: Generated<string>
  phone: string | null
  registered_at: string | null
  reminders: Generated<boolean>
  roles: Generated<string[]>
  roles_changed_at: string | null
  sms_notifications: Generated<boolean>
  updated_at: Generated<string>
  username: string | null
}

export interface UsersPurchases {
  city: string | null
  code: string
  currency: string
  email: string | null
  event_id: string
  event_title: string
  order_id: string
  purchased_at: string
  starts_at: string | null
  status: string
  ticket_count: number
  timezone: string | null
  total_minor: number
  user_id: string | null
}

export interface DB {
  'users.address_links': UsersAddressLinks
  'users.address_tokens': UsersAddressTokens
  'users.dead_letters': UsersDeadLetters
  'users.erasures': UsersErasures
  'users.idempotency_keys': UsersIdempotencyKeys
  'users.inbox': UsersInbox
  'users.migrations': UsersMigrations
  'users.migrations_lock': UsersMigrationsLock
  'users.moved_events': UsersMovedEvents
  'users.outbox': UsersOutbox
  'users.outbox_events': UsersOutboxEvents
  'users.people': UsersPeople
  'users.purchases': UsersPurchases
}
