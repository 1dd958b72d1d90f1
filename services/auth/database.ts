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

export interface AuthAccounts {
  created_at: Generated<string>
  email: string
  email_verified_at: string | null
  id: string
  locale: Generated<string>
  locale_changed_at: string | null
  password_changed_at: string | null
  password_hash: string
  roles: Generated<string[]>
  roles_changed_at: string | null
  username: string
  username_changed_at: string | null
}

export interface AuthAttempts {
  blocked_until: string | null
  failures: number
  key: Buffer
  last_at: Generated<string>
}

export interface AuthDeadLetters {
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

export interface AuthEndedLogins {
  ended_at: Generated<string>
  login_id: string
  user_id: string
}

export interface AuthErasures {
  erased_at: Generated<string>
  subject: Buffer
  user_id: string | null
}

export interface AuthIdempotencyKeys {
  created_at: Generated<string>
  fingerprint: Buffer
  key: string
  reply: Json | null
  scope: string
  status: number
}

export interface AuthInbox {
  done: string | null
  event_id: string
  handler: string
  received_at: Generated<string>
}

export interface AuthKnownPlaces {
  account_id: string
  hash: Buffer
  last_used_at: Generated<string>
}

export interface AuthLinks {
  account_id: string
  created_at: Generated<string>
  expires_at: string
  id: string
  login_id: string | null
  purpose: string
}

export interface AuthLinkTokens {
  created_at: Generated<string>
  expires_at: string
  hash: Buffer
  link_id: string
}

export interface AuthLogins {
  account_id: string
  address: string | null
  confirmed_at: string | null
  created_at: Generated<string>
  id: string
  last_used_at: Generated<string>
  user_agent: string | null
}

export interface AuthMailPauses {
  key: Buffer
  last_at: Generated<string>
  mails: Generated<number>
  since: Generated<string>
}

export interface AuthMigrations {
  name: string
  timestamp: string
}

export interface AuthMigrationsLock {
  id: string
  is_locked: Generated<number>
}

export interface AuthOutbox {
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

export interface AuthOutboxEvents {
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

export interface AuthPasskeys {
  account_id: string
  created_at: Generated<string>
  credential_id: string
  id: string
  last_used_at: string | null
  name: string
  public_key: Buffer
  sign_count: Generated<number>
  transports: Generated<string[]>
}

export interface AuthRecoveryCodes {
  account_id: string
  hash: Buffer
  used_at: string | null
}

export interface AuthRefreshTokens {
  created_at: Generated<string>
  hash: Buffer
  login_id: string
  replaced_at: string | null
}

export interface AuthSpentChallenges {
  expires_at: string
  hash: Buffer
}

export interface AuthTotp {
  account_id: string
  confirmed_at: string | null
  created_at: Generated<string>
  last_step: Generated<number>
  secret: Buffer
}

export interface DB {
  'auth.accounts': AuthAccounts
  'auth.attempts': AuthAttempts
  'auth.dead_letters': AuthDeadLetters
  'auth.ended_logins': AuthEndedLogins
  'auth.erasures': AuthErasures
  'auth.idempotency_keys': AuthIdempotencyKeys
  'auth.inbox': AuthInbox
  'auth.known_places': AuthKnownPlaces
  'auth.link_tokens': AuthLinkTokens
  'auth.links': AuthLinks
  'auth.logins': AuthLogins
  'auth.mail_pauses': AuthMailPauses
  'auth.migrations': AuthMigrations
  'auth.migrations_lock': AuthMigrationsLock
  'auth.outbox': AuthOutbox
  'auth.outbox_events': AuthOutboxEvents
  'auth.passkeys': AuthPasskeys
  'auth.recovery_codes': AuthRecoveryCodes
  'auth.refresh_tokens': AuthRefreshTokens
  'auth.spent_challenges': AuthSpentChallenges
  'auth.totp': AuthTotp
}
