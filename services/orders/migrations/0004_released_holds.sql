-- The tickets of very many holds become free together, without touching the order of any of them.

-- Holds that ended up to this moment are not counted as held any more; their orders are expired, whether or not their
-- rows say so yet. Moves forward only, behind the event's lock, together with the counters.
alter table events add column released_up_to timestamptz not null default '-infinity';

-- By event first: each event's holds are released, and written down as expired, by themselves.
drop index orders_due;
create index orders_due on orders (event_id, expires_at) where status = 'pending';
