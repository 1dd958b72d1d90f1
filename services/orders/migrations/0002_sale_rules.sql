-- Rules of sale: limits of a buyer, hidden types, price steps, donations, promo codes.

alter table ticket_types
  -- Tickets of one person over all orders; null: as many as there are.
  add column max_per_buyer integer check (max_per_buyer >= min_per_order),
  -- Null: everybody sees the type.
  add column access_code text,
  add column pricing text not null default 'fixed' check (pricing in ('fixed', 'donation')),
  add column min_price_minor bigint not null default 0 check (min_price_minor >= 0),
  -- Prices before `price_minor`, first to last: {price_minor, until?, up_to_sold?}.
  add column tiers jsonb not null default '[]' check (jsonb_typeof(tiers) = 'array'),
  add check (pricing = 'fixed' or tiers = '[]'),
  add check (pricing = 'donation' or min_price_minor = 0);

-- An order across a price step has a line at each price; `line` counts them within the type.
alter table order_items
  add column line smallint not null default 0 check (line >= 0),
  -- What a promo code took off each ticket; `unit_price_minor` is what is left.
  add column discount_minor bigint not null default 0 check (discount_minor >= 0),
  drop constraint order_items_pkey,
  add primary key (order_id, ticket_type_id, line);

create table promo_codes (
  id uuid primary key,
  event_id uuid not null references events (id),
  -- In capital letters, so that nobody fails for writing it small.
  code text not null check (code = upper(code)),
  percent integer check (percent between 1 and 100),
  amount_minor bigint check (amount_minor >= 1),
  -- The types it is for; none: all. One that was removed stays here and matches nothing.
  ticket_type_ids uuid[] not null default '{}',
  valid_from timestamptz,
  valid_until timestamptz,
  max_uses integer check (max_uses >= 1),
  counts text not null check (counts in ('orders', 'tickets')),
  -- By orders that are pending or completed.
  used integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((percent is null) <> (amount_minor is null)),
  check (valid_until > valid_from),
  -- The last word, as `pools_never_oversold` is for tickets.
  constraint promo_codes_never_overspent check (used >= 0 and (max_uses is null or used <= max_uses)),
  constraint promo_codes_code unique (event_id, code)
) with (fillfactor = 50);

-- Which order used which code, and how much of its budget. It counts while the order is pending or completed.
create table promo_uses (
  order_id uuid primary key references orders (id) on delete cascade,
  promo_code_id uuid not null references promo_codes (id),
  uses integer not null check (uses >= 1)
);
create index promo_uses_of_code on promo_uses (promo_code_id);

-- Who ordered tickets of types with a limit for each buyer. It counts while the order is pending or completed.
create table limited_purchases (
  ticket_type_id uuid not null references ticket_types (id) on delete cascade,
  order_id uuid not null references orders (id) on delete cascade,
  user_id uuid,
  -- The address in the one spelling of rules/normalized-email.ts.
  email_key text not null,
  quantity integer not null check (quantity >= 1),
  primary key (order_id, ticket_type_id)
);
create index limited_purchases_of_address on limited_purchases (ticket_type_id, email_key);
create index limited_purchases_of_user on limited_purchases (ticket_type_id, user_id) where user_id is not null;
