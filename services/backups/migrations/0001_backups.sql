create table backups (
  id uuid primary key,
  status text not null default 'pending' check (status in ('pending', 'in_progress', 'completed', 'failed')),
  trigger text not null check (trigger in ('schedule', 'request')),
  error text,
  request_id text,
  created_at timestamptz not null default now(),
  completed_at timestamptz,
  verified_at timestamptz,
  restored_at timestamptz,
  check ((error is not null) = (status = 'failed')),
  check (status <> 'completed' or (completed_at is not null and verified_at is not null))
);
-- One at a time: two would read every table twice and fight for the disk.
create unique index backups_one_open on backups ((true)) where status in ('pending', 'in_progress');

create table parts (
  backup_id uuid not null references backups on delete cascade,
  service text not null,
  status text not null default 'pending' check (status in ('pending', 'in_progress', 'completed', 'failed')),
  rows bigint not null default 0,
  bytes bigint not null default 0,
  -- Of the file as it was written.
  sha256 text,
  -- Rows and digest of each table, as they read back when the copy was made.
  tables jsonb,
  error text,
  primary key (backup_id, service),
  check ((error is not null) = (status = 'failed')),
  check (status <> 'completed' or (sha256 is not null and tables is not null))
);
