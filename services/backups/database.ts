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

export interface BackupsBackups {
  completed_at: string | null
  created_at: Generated<string>
  elsewhere: string | null
  error: string | null
  id: string
  request_id: string | null
  restore_report: Json | null
  restored_at: string | null
  status: Generated<string>
  taken_at: string | null
  trigger: string
  verified_at: string | null
}

export interface BackupsDeadLetters {
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

export interface BackupsErasures {
  erased_at: Generated<string>
  subject: Buffer
  user_id: string | null
}

export interface BackupsIdempotencyKeys {
  created_at: Generated<string>
  fingerprint: Buffer
  key: string
  reply: Json | null
  scope: string
  status: number
}

export interface BackupsInbox {
  done: string | null
  event_id: string
  handler: string
  received_at: Generated<string>
}

export interface BackupsMigrations {
  name: string
  timestamp: string
}

export interface BackupsMigrationsLock {
  id: string
  is_locked: Generated<number>
}

export interface BackupsOutbox {
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

export interface BackupsOutboxEvents {
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

export interface BackupsParts {
  backup_id: string
  bytes: Generated<number>
  error: string | null
  rows: Generated<number>
  service: string
  sha256: string | null
  status: Generated<string>
  tables: Json | null
}

export interface BackupsReconciliations {
  began_at: Generated<string>
  ended_at: string | null
  error: string | null
  id: string
  mismatch_count: number | null
  result: Json | null
  status: Generated<string>
  trigger: string
}

export interface DB {
  'backups.backups': BackupsBackups
  'backups.dead_letters': BackupsDeadLetters
  'backups.erasures': BackupsErasures
  'backups.idempotency_keys': BackupsIdempotencyKeys
  'backups.inbox': BackupsInbox
  'backups.migrations': BackupsMigrations
  'backups.migrations_lock': BackupsMigrationsLock
  'backups.outbox': BackupsOutbox
  'backups.outbox_events': BackupsOutboxEvents
  'backups.parts': BackupsParts
  'backups.reconciliations': BackupsReconciliations
}
