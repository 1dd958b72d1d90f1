create table accounts (
  id uuid primary key,
  -- In lower case: nobody means two people by two spellings of one address.
  email text not null unique check (email = lower(email)),
  username text not null,
  password_hash text not null check (password_hash like '$argon2id$%'),
  roles text[] not null default '{user}' check (
    cardinality(roles) between 1 and 4 and roles <@ '{admin,event_creator,operator,user}'),
  locale text not null default 'en' check (locale in ('en', 'fr')),
  email_verified_at timestamptz,
  created_at timestamptz not null default now(),
  -- The newest change of the language that users told of; older news is ignored.
  locale_changed_at timestamptz,
  username_changed_at timestamptz
);
-- Whoever takes a role away locks the administrators first, so that one of them remains.
create index accounts_admins on accounts (id) where 'admin' = any (roles);

-- A signed-in browser or program; the family of its refresh tokens. Gone when it ends.
create table logins (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  -- Of the request that used it last; a lost answer may be asked for again by the same program.
  user_agent text,
  address text
);
create index logins_account on logins (account_id, last_used_at desc);
create index logins_age on logins (last_used_at);

create table refresh_tokens (
  -- SHA-256 of a 256-bit random token: who reads this table can sign in nowhere.
  hash bytea primary key check (length(hash) = 32),
  login_id uuid not null references logins (id) on delete cascade,
  created_at timestamptz not null default now(),
  -- Set when it was exchanged; used again later than a grace, it ends its login.
  replaced_at timestamptz
);
create index refresh_tokens_login on refresh_tokens (login_id, replaced_at);

-- What a process that starts must know: access tokens of these are refused until they expire.
create table ended_logins (
  login_id uuid primary key,
  user_id uuid not null,
  ended_at timestamptz not null default now()
);
create index ended_logins_age on ended_logins (ended_at);

-- Tokens mailed as links. One of a kind for each account: a new one makes the old one void.
create table link_tokens (
  account_id uuid not null references accounts (id) on delete cascade,
  purpose text not null check (purpose in ('verify_email', 'reset_password')),
  hash bytea not null unique check (length(hash) = 32),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null check (expires_at > created_at),
  primary key (account_id, purpose)
);

-- Attempts with a password that have not turned out right, by account and address and by address alone.
create table attempts (
  -- SHA-256, since people mistype their password into the field for the email.
  key bytea primary key check (length(key) = 32),
  failures integer not null check (failures >= 0),
  last_at timestamptz not null default now(),
  -- The end of a pause. Null without one: moments of transactions that overlap are in no order.
  blocked_until timestamptz
);
create index attempts_age on attempts (last_at);
