-- Links to what is kept about an address, asked for by anybody and mailed to it.
create table address_links (
  id uuid primary key,
  -- In lower case, as it is found everywhere.
  email text not null check (email = lower(email)),
  created_at timestamptz not null default now(),
  -- No mail with it is written, and nothing opened by it, later.
  expires_at timestamptz not null check (expires_at > created_at)
);
create index address_links_email on address_links (email, created_at);
create index address_links_age on address_links (created_at);

-- One for each try to send the mail, and after it was opened the grant in place of them.
create table address_tokens (
  -- SHA-256 of a 256-bit random token: who reads this table can open nothing.
  hash bytea primary key check (length(hash) = 32),
  link_id uuid not null references address_links (id) on delete cascade,
  purpose text not null check (purpose in ('open', 'use')),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null check (expires_at > created_at)
);
create index address_tokens_link on address_tokens (link_id);
