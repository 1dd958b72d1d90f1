-- The waiting room in front of the box office. Nobody in it is a row: a visitor carries a signed token.

create table queues (
  event_id uuid primary key references events (id),
  enabled boolean not null,
  -- The moment of the draw. Fixed once it took place.
  opens_at timestamptz not null,
  max_in_checkout integer not null check (max_in_checkout between 1 and 100000),
  pass_seconds integer not null check (pass_seconds between 1 and 3600),
  -- Made with the row, so before the first visitor; its hash is public at once, itself from the draw on.
  draw_key bytea not null check (octet_length(draw_key) = 32),
  joined integer not null default 0 check (joined between 0 and 2000000),
  batches integer not null default 0,
  -- Each batch before the draw is hashed with the digest of those before it.
  joins_digest bytea not null default decode(repeat('00', 32), 'hex') check (octet_length(joins_digest) = 32),
  drawn_at timestamptz,
  drawn_count integer,
  -- The number that moves: places up to this one had their turn.
  admitted_up_to integer not null default 0,
  -- What the last step of the admission measured; the next one continues from it, in whichever process.
  advanced_at timestamptz,
  in_checkout integer not null default 0 check (in_checkout >= 0),
  left_per_second double precision not null default 0 check (left_per_second >= 0),
  admitted_per_second double precision not null default 0 check (admitted_per_second >= 0),
  check ((drawn_at is null) = (drawn_count is null)),
  check (drawn_count <= joined),
  check (admitted_up_to between 0 and joined),
  constraint queues_nobody_admitted_before_the_draw check (drawn_at is not null or admitted_up_to = 0)
) with (fillfactor = 50);

-- Who joined, appended in batches of at most some hundred: what makes the draw provable and survives a crash.
create table queue_joins (
  event_id uuid not null references queues (event_id),
  number integer not null,
  -- Null before the draw; afterwards the place of the first id.
  first_place integer,
  -- 16 bytes for each, in the order of arrival.
  ids bytea not null check (octet_length(ids) > 0 and octet_length(ids) % 16 = 0),
  at timestamptz not null,
  primary key (event_id, number)
);

-- When the number moved, at most once a second: tells until when a place may buy.
create table queue_admissions (
  event_id uuid not null references queues (event_id),
  up_to integer not null,
  at timestamptz not null,
  primary key (event_id, up_to)
);
create index queue_admissions_by_time on queue_admissions (event_id, at);

-- Passes that were used, so that one is good for a few orders of one buyer and not for a shop full.
create table queue_uses (
  event_id uuid not null references queues (event_id),
  place integer not null,
  orders integer not null check (orders >= 1),
  -- SHA-256 of who used it first, where the pass is bound to nobody.
  buyer bytea,
  primary key (event_id, place)
);
