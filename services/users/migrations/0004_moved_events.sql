-- What has become of events after tickets were bought for them: where people look up what they
-- bought, the day it takes place now is the one that matters.
create table moved_events (
  id uuid primary key,
  -- Of the events service; older news change nothing.
  version integer not null check (version >= 1),
  title text not null,
  starts_at timestamptz not null,
  timezone text not null,
  city text not null
);
