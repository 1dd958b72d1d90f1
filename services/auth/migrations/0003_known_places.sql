-- Devices and networks from which somebody has signed in. Guesses from anywhere else share one
-- budget for the account, so that an attack from many networks is slow and its owner is not.
create table known_places (
  account_id uuid not null references accounts (id) on delete cascade,
  -- SHA-256 of the account with the device's token or the network: no list of where people are.
  hash bytea not null check (length(hash) = 32),
  last_used_at timestamptz not null default now(),
  primary key (account_id, hash)
);
create index known_places_age on known_places (last_used_at);
