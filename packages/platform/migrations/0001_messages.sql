-- The tables every service has in its own schema; the migrator puts that schema first in the search path.

create table outbox (
  id uuid primary key,
  type text not null,
  data jsonb not null,
  request_id text,
  created_at timestamptz not null default now(),
  attempts integer not null default 0,
  -- When it was written, not when its transaction began: whoever waited for a row writes after whom it waited for.
  available_at timestamptz not null default clock_timestamp(),
  sent_at timestamptz
);
-- Claimed by state, never by "greater than the last id": ids are given before commits, and not in their order.
create index outbox_unsent on outbox (available_at, id) where sent_at is null;

create table inbox (
  event_id uuid not null,
  handler text not null,
  received_at timestamptz not null default now(),
  primary key (event_id, handler)
);

create table dead_letters (
  id uuid primary key,
  event_id uuid not null,
  handler text not null,
  type text not null,
  data jsonb not null,
  request_id text,
  error text not null,
  created_at timestamptz not null default now(),
  retried_at timestamptz,
  unique (event_id, handler)
);

create table idempotency_keys (
  -- Who sent it and to which route, so that two people may use the same key.
  scope text not null,
  key text not null,
  -- SHA-256 of the body as it was read.
  fingerprint bytea not null,
  status integer not null,
  reply jsonb,
  created_at timestamptz not null default now(),
  primary key (scope, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);
