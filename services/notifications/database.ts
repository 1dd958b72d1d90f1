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

export interface NotificationsDeadLetters {
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

export interface NotificationsDeliveries {
  attach_order_id: string | null
  attempts: Generated<number>
  channel: string
  content: Json | null
  created_at: Generated<string>
  dedupe_key: string
  id: string
  kind: string
  last_error: string | null
  locale: string
  next_attempt_at: Generated<string | null>
  priority: number
  recipient: string
  request_id: string | null
  sent_at: string | null
  status: Generated<string>
  subject: string
  user_id: string | null
}

export interface NotificationsErasures {
  erased_at: Generated<string>
  subject: Buffer
  user_id: string | null
}

export interface NotificationsEvents {
  facts: Json
  id: string
  version: number
}

export interface NotificationsHolders {
  email: string | null
  event_id: string | null
  is_ended: Generated<boolean>
  is_free: Generated<boolean>
  locale: string | null
  mail_due_at: string | null
  order_id: string
  ticket_count: Generated<number>
  user_id: string | null
  voided_count: Generated<number>
}

export interface NotificationsIdempotencyKeys {
  created_at: Generated<string>
  fingerprint: Buffer
  key: string
  reply: Json | null
  scope: string
  status: number
}

export interface NotificationsInbox {
  done: string | null
  event_id: string
  handler: string
  received_at: Generated<string>
}

export interface NotificationsMailAllowances {
  key: Buffer
  spent_until: string
  waiting_id: string | null
}

export interface NotificationsMailbox {
  attachment_count: number
  from_address: string
  id: string
  sealed: Buffer
  sent_at: Generated<string>
  subject: string
  to_address: string
}

export interface NotificationsMessages {
  body: string
  created_at: Generated<string>
  dedupe_key: string
  id: string
  kind: string
  read_at: string | null
  title: string
  url: string | null
  user_id: string
}

export interface NotificationsMigrations {
  name: string
  timestamp: string
}

export interface NotificationsMigrationsLock {
  id: string
  is_locked: Generated<number>
}

export interface NotificationsOutbox {
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

export interface NotificationsOutboxEvents {
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

export interface NotificationsPeople {
  email: Generated<string>
  email_notifications: Generated<boolean>
  erased_at: string | null
  in_app_notifications: Generated<boolean>
  is_admin: Generated<boolean>
  is_proven: Generated<boolean>
  locale: Generated<string>
  phone: string | null
  reminders: Generated<boolean>
  roles_changed_at: string | null
  settings_changed_at: string | null
  sms_notifications: Generated<boolean>
  user_id: string
  username: Generated<string>
}

export interface DB {
  'notifications.dead_letters': NotificationsDeadLetters
  'notifications.deliveries': NotificationsDeliveries
  'notifications.erasures': NotificationsErasures
  'notifications.events': NotificationsEvents
  'notifications.holders': NotificationsHolders
  'notifications.idempotency_keys': NotificationsIdempotencyKeys
  'notifications.inbox': NotificationsInbox
  'notifications.mail_allowances': NotificationsMailAllowances
  'notifications.mailbox': NotificationsMailbox
  'notifications.messages': NotificationsMessages
  'notifications.migrations': NotificationsMigrations
  'notifications.migrations_lock': NotificationsMigrationsLock
  'notifications.outbox': NotificationsOutbox
  'notifications.outbox_events': NotificationsOutboxEvents
  'notifications.people': NotificationsPeople
}
