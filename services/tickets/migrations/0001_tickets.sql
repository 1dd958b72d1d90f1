-- What is printed on tickets and asked at the door, so that neither needs another service.
create table events (
  id uuid primary key,
  facts jsonb not null,
  version integer not null check (version >= 1),
  title text not null,
  starts_at timestamptz not null,
  canceled boolean not null,
  member_ids uuid[] not null,
  -- Fixed when the event is first seen: numbers already printed keep their beginning.
  number_prefix text not null check (number_prefix ~ '^[A-Z0-9]{1,8}$'),
  -- The counter of ticket numbers; locked while a batch takes some, so none is given twice and none is left out.
  last_number integer not null default 0 check (last_number >= 0)
);

-- Public halves of the keys that signed codes. They stay when the secret changes, so old codes still verify.
create table keys (
  kid text primary key check (length(kid) = 16),
  event_id uuid not null references events (id),
  public_key bytea not null check (length(public_key) = 32),
  created_at timestamptz not null default now()
);
create index keys_event on keys (event_id, created_at desc);

-- One row for each order that was heard of. What ends an order may overtake what completes it: then the row waits here.
create table orders (
  id uuid primary key,
  event_id uuid references events (id),
  code text,
  user_id uuid,
  buyer_name text,
  buyer_email text,
  buyer_locale text check (buyer_locale in ('en', 'fr')),
  issued_at timestamptz,
  ended_at timestamptz,
  end_reason text,
  check (issued_at is null or
    num_nonnulls(event_id, code, buyer_name, buyer_email, buyer_locale) = 5),
  check (issued_at is not null or ended_at is not null)
);
create index orders_user on orders (user_id) where user_id is not null;
create index orders_code on orders (code);

create table tickets (
  id uuid primary key,
  order_id uuid not null references orders (id),
  -- Seats of an order counted from 1: with the constraint below there is one set for each order.
  position integer not null check (position between 1 and 2000),
  event_id uuid not null references events (id),
  number text not null,
  code text not null unique,
  ticket_type_id uuid not null,
  ticket_type_name text not null,
  holder_name text not null,
  holder_email text not null,
  price_minor bigint not null check (price_minor >= 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  status text not null default 'active' check (status in ('active', 'used', 'void')),
  -- In milliseconds, as lists carry it in their cursors.
  issued_at timestamptz not null default date_trunc('milliseconds', now()),
  voided_at timestamptz,
  void_reason text,
  constraint one_set_for_each_order unique (order_id, position),
  constraint number_once_in_an_event unique (event_id, number),
  check ((status = 'void') = (voided_at is not null))
);
create index tickets_newest on tickets (issued_at desc, id);
create index tickets_of_event on tickets (event_id, issued_at desc, id);
create index tickets_number on tickets (number text_pattern_ops);
create index tickets_holder_name on tickets (lower(holder_name) text_pattern_ops);
create index tickets_holder_email on tickets (lower(holder_email) text_pattern_ops);

create table check_ins (
  id uuid primary key,
  ticket_id uuid not null references tickets (id),
  admitted_at timestamptz not null default now(),
  gate text not null check (length(gate) between 1 and 60),
  admitted_by text not null,
  admitted_by_id uuid not null,
  -- The last word when the guard of the admitting statement should ever fail.
  constraint admitted_once unique (ticket_id)
);
