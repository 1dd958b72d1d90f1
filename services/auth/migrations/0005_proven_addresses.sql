-- Anybody can write an address into a form, so several accounts may have one; proven it is one's.
alter table accounts drop constraint accounts_email_key;
create unique index accounts_proven on accounts (email) where email_verified_at is not null;
create index accounts_email on accounts (email, id);

-- A link that somebody asked for. No token is made before the mail with it is written, so that
-- events, dead letters and copies of the database hold none.
drop table link_tokens;
create table links (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  purpose text not null check (purpose in ('verify_email', 'reset_password')),
  -- The login that asked, whose cookie is proof enough; null for who asked signed out.
  login_id uuid,
  created_at timestamptz not null default now(),
  -- No mail with it is written later.
  expires_at timestamptz not null check (expires_at > created_at)
);
create index links_account on links (account_id, purpose);
create index links_age on links (expires_at);

-- One for each try to send the mail: a mail that arrived twice holds two that work.
create table link_tokens (
  -- SHA-256 of a 256-bit random token: who reads this table can open no account.
  hash bytea primary key check (length(hash) = 32),
  link_id uuid not null references links (id) on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null check (expires_at > created_at)
);
create index link_tokens_link on link_tokens (link_id, created_at);

-- When an address was written to last, for each kind of mail.
create table mail_pauses (
  -- SHA-256 of the kind and the address.
  key bytea primary key check (length(key) = 32),
  last_at timestamptz not null default now()
);
create index mail_pauses_age on mail_pauses (last_at);
