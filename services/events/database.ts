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

export interface EventsDeadLetters {
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

export interface EventsErasures {
  erased_at: Generated<string>
  subject: Buffer
  user_id: string | null
}

export interface EventsEvents {
  cancel_reason: string | null
  canceled_at: string | null
  category: string
  created_at: Generated<string>
  currency: string
  description: string
  ends_at: string
  id: string
  images: Generated<string[]>
  organizer_id: string
  organizer_name: string
  published_at: string | null
  slug: string
  starts_at: string
  status: Generated<string>
  ticket_capacity: number | null
  timezone: string
  title: string
  updated_at: Generated<string>
  venue_address: string
  venue_city: string
  venue_country: string
  venue_name: string
  version: Generated<number>
}

export interface EventsIdempotencyKeys {
  created_at: Generated<string>
  fingerprint: Buffer
  key: string
  reply: Json | null
  scope: string
  status: number
}

export interface EventsInbox {
  done: string | null
  event_id: string
  handler: string
  received_at: Generated<string>
}

export interface EventsMembers {
  added_at: Generated<string>
  email: string | null
  event_id: string | null
  id: Generated<string>
  name: string | null
  organizer_id: string
  role: Generated<string>
  user_id: string | null
}

export interface EventsMigrations {
  name: string
  timestamp: string
}

export interface EventsMigrationsLock {
  id: string
  is_locked: Generated<number>
}

export interface EventsOrganizers {
  created_at: Generated<string>
  default_for: string | null
  id: string
  members_version: Generated<number>
  name: string
}

export interface EventsOutbox {
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

export interface EventsOutboxEvents {
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

export interface EventsPeople {
  name: string | null
  user_id: string
}

export interface DB {
  'events.dead_letters': EventsDeadLetters
  'events.erasures': EventsErasures
  'events.events': EventsEvents
  'events.idempotency_keys': EventsIdempotencyKeys
  'events.inbox': EventsInbox
  'events.members': EventsMembers
  'events.migrations': EventsMigrations
  'events.migrations_lock': EventsMigrationsLock
  'events.organizers': EventsOrganizers
  'events.outbox': EventsOutbox
  'events.outbox_events': EventsOutboxEvents
  'events.people': EventsPeople
}
