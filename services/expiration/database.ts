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

export interface ExpirationDeadLetters {
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

export interface ExpirationDeadlines {
  due_at: string
  kind: string
  reached_at: string | null
  status: Generated<string>
  subject_id: string
  user_id: string | null
}

export interface ExpirationErasures {
  erased_at: Generated<string>
  subject: Buffer
  user_id: string | null
}

export interface ExpirationIdempotencyKeys {
  created_at: Generated<string>
  fingerprint: Buffer
  key: string
  reply: Json | null
  scope: string
  status: number
}

export interface ExpirationInbox {
  done: string | null
  event_id: string
  handler: string
  received_at: Generated<string>
}

export interface ExpirationMigrations {
  name: string
  timestamp: string
}

export interface ExpirationMigrationsLock {
  id: string
  is_locked: Generated<number>
}

export interface ExpirationOutbox {
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

export interface ExpirationOutboxEvents {
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

export interface DB {
  'expiration.dead_letters': ExpirationDeadLetters
  'expiration.deadlines': ExpirationDeadlines
  'expiration.erasures': ExpirationErasures
  'expiration.idempotency_keys': ExpirationIdempotencyKeys
  'expiration.inbox': ExpirationInbox
  'expiration.migrations': ExpirationMigrations
  'expiration.migrations_lock': ExpirationMigrationsLock
  'expiration.outbox': ExpirationOutbox
  'expiration.outbox_events': ExpirationOutboxEvents
}
