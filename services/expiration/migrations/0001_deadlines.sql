create table deadlines (
  kind text not null check (kind in ('order_hold', 'event_reminder')),
  subject_id uuid not null,
  due_at timestamptz not null,
  status text not null default 'waiting' check (status in ('waiting', 'reached', 'dropped')),
  -- Whose hold it is, so that its owner may ask; null for guests and for events.
  user_id uuid,
  reached_at timestamptz,
  primary key (kind, subject_id)
);
-- The timer asks several times a second for what is due; waiting rows are few beside those of years.
create index deadlines_waiting on deadlines (due_at) where status = 'waiting';
