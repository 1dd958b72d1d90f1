-- Secrets of apps that give codes (RFC 6238), one for each account.
create table totp (
  account_id uuid primary key references accounts (id) on delete cascade,
  -- AES-256-GCM under a key that is not in this database: which key, nonce, text, tag.
  secret bytea not null check (length(secret) between 33 and 100),
  created_at timestamptz not null default now(),
  -- Null until its first code was shown: nobody is locked out by a picture that was not taken.
  confirmed_at timestamptz,
  -- The half minute of the last code that was used: a code is good once.
  last_step bigint not null default 0
);

create table passkeys (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  credential_id text not null unique check (length(credential_id) <= 1400),
  public_key bytea not null,
  sign_count bigint not null default 0,
  transports text[] not null default '{}',
  name text not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz
);
create index passkeys_account on passkeys (account_id, created_at);

create table recovery_codes (
  account_id uuid not null references accounts (id) on delete cascade,
  -- SHA-256 of the account with 80 random bits: who reads this table can sign in nowhere.
  hash bytea not null check (length(hash) = 32),
  used_at timestamptz,
  primary key (account_id, hash)
);

-- Challenges that did what they were made for, until they would have ended anyway.
create table spent_challenges (
  hash bytea primary key check (length(hash) = 32),
  expires_at timestamptz not null
);
create index spent_challenges_age on spent_challenges (expires_at);
