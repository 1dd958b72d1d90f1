-- Who was erased a short while ago, so that news of them that was still on its way is handled without saying who they were.
create table erasures (
  -- SHA-256 of the account's id or of the address in lower case.
  subject bytea primary key check (length(subject) = 32),
  -- The account, whose rows that came late are erased as well; null for an address.
  user_id uuid,
  erased_at timestamptz not null default now()
);
create index erasures_age on erasures (erased_at);
