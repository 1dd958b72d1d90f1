-- Everything that gets scarcer lives in this schema, so that a sale is one local transaction.

-- What the box office knows of an event. Its row is also the lock behind which stock and orders of the event change.
create table events (
  id uuid primary key,
  -- As the events service told it; null while only the event-wide pool was set.
  facts jsonb,
  title text not null default '',
  status text not null default 'draft' check (status in ('draft', 'published', 'canceled')),
  ends_at timestamptz,
  -- Of the facts; an older version never replaces a newer one.
  version integer not null default 0,
  check (facts is not null or version = 0)
) with (fillfactor = 50);

-- Stock. Every ticket type has a pool of its own with the type's id, and may draw from shared ones and the event's.
create table pools (
  id uuid primary key,
  event_id uuid not null references events (id),
  kind text not null check (kind in ('ticket_type', 'shared', 'event')),
  -- For people; a ticket type's own pool has the type's.
  name text not null default '',
  capacity integer not null,
  held integer not null default 0,
  sold integer not null default 0,
  created_at timestamptz not null default now(),
  -- The last word: no code, however wrong, sells a seat twice.
  constraint pools_never_oversold check (held >= 0 and sold >= 0 and held + sold <= capacity)
-- Free space on each page keeps the counters' new versions there, without touching an index.
) with (fillfactor = 20);
create index pools_of_event on pools (event_id);
create unique index pools_one_for_event on pools (event_id) where kind = 'event';

create table ticket_types (
  id uuid primary key references pools (id),
  event_id uuid not null references events (id),
  name text not null,
  description text not null default '',
  price_minor bigint not null check (price_minor >= 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  sales_start timestamptz,
  sales_end timestamptz,
  min_per_order integer not null check (min_per_order >= 1),
  max_per_order integer not null check (max_per_order >= min_per_order),
  position integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (sales_end > sales_start)
);
create index ticket_types_of_event on ticket_types (event_id, position, id);

-- The pools a ticket type draws from, its own included.
create table ticket_type_pools (
  ticket_type_id uuid not null references ticket_types (id) on delete cascade,
  pool_id uuid not null references pools (id) on delete cascade,
  primary key (ticket_type_id, pool_id)
);
create index ticket_type_pools_by_pool on ticket_type_pools (pool_id);

create table orders (
  id uuid primary key,
  code text not null,
  event_id uuid not null references events (id),
  status text not null check (status in ('pending', 'completed', 'canceled', 'expired', 'refunded')),
  buyer_name text not null,
  buyer_email text not null,
  buyer_locale text not null check (buyer_locale in ('en', 'fr')),
  -- Null for guests.
  user_id uuid,
  total_minor bigint not null check (total_minor >= 0),
  currency text not null,
  payment_id uuid,
  request_id text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  completed_at timestamptz,
  canceled_at timestamptz,
  expired_at timestamptz,
  refunded_at timestamptz,
  constraint orders_code unique (code),
  check (status <> 'completed' or completed_at is not null),
  check (status <> 'canceled' or canceled_at is not null),
  check (status <> 'expired' or expired_at is not null),
  check (status <> 'refunded' or refunded_at is not null)
);
-- What is due: asked by the sweeper for all events and by the box office for one that has sold out.
create index orders_due on orders (expires_at, event_id) where status = 'pending';
create index orders_of_event on orders (event_id, id);
create index orders_of_user on orders (user_id, id) where user_id is not null;
create index orders_of_guest on orders (lower(buyer_email), id) where user_id is null;

-- A ticket type and a quantity. Name and price are those of the moment of the order.
create table order_items (
  order_id uuid not null references orders (id) on delete cascade,
  ticket_type_id uuid not null references ticket_types (id),
  name text not null,
  quantity integer not null check (quantity between 1 and 100),
  unit_price_minor bigint not null check (unit_price_minor >= 0),
  primary key (order_id, ticket_type_id)
);
create index order_items_of_type on order_items (ticket_type_id);

-- A refund may be heard of before the payment it gives back: then that payment completes nothing.
create table refunded_payments (
  payment_id uuid primary key,
  order_id uuid not null,
  recorded_at timestamptz not null default now()
);
