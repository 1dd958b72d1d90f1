-- What comparisons of all services came to; the newest hundred are kept.
create table reconciliations (
  id uuid primary key,
  trigger text not null check (trigger in ('schedule', 'request')),
  status text not null default 'in_progress' check (status in ('in_progress', 'completed', 'failed')),
  began_at timestamptz not null default now(),
  ended_at timestamptz,
  error text,
  mismatch_count integer,
  result jsonb,
  check ((status = 'in_progress') = (ended_at is null)),
  check ((status = 'failed') = (error is not null)),
  check ((status = 'completed') = (result is not null)),
  check ((result is null) = (mismatch_count is null))
);
-- One at a time: two would read every table twice to say the same.
create unique index reconciliations_one_open on reconciliations ((true)) where status = 'in_progress';
