-- One row for each account that auth told of. News of one person may come in any order, so a row
-- may begin with its roles or its end; it is a person only once registered and not erased.
create table people (
  id uuid primary key,
  registered_at timestamptz,
  username text,
  -- In lower case, as auth keeps it.
  email text check (email = lower(email)),
  phone text check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  is_verified boolean not null default false,
  roles text[] not null default '{user}' check (
    cardinality(roles) between 1 and 4 and roles <@ '{admin,event_creator,operator,user}'),
  -- Null while they are those of the registration.
  roles_changed_at timestamptz,
  locale text not null default 'en' check (locale in ('en', 'fr')),
  email_notifications boolean not null default true,
  in_app_notifications boolean not null default true,
  sms_notifications boolean not null default false,
  reminders boolean not null default true,
  updated_at timestamptz not null default now(),
  -- What remains of an erased person is an id, so that late news does not bring them back.
  erased_at timestamptz,
  check (registered_at is null or erased_at is not null
    or (username is not null and email is not null)),
  check (erased_at is null or (username is null and email is null and phone is null))
);
create index people_email on people (email) where email is not null;
create index people_roles on people using gin (roles);

-- What people bought, as orders told; the orders themselves are in the orders service.
create table purchases (
  order_id uuid primary key,
  -- Whose it is; until somebody proves to own its address, a guest's order has that address alone.
  user_id uuid,
  email text check (email = lower(email)),
  code text not null,
  event_id uuid not null,
  event_title text not null,
  status text not null check (status in ('completed', 'canceled', 'refunded')),
  ticket_count integer not null check (ticket_count > 0),
  total_minor bigint not null check (total_minor >= 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  starts_at timestamptz,
  timezone text,
  city text,
  purchased_at timestamptz not null,
  check ((user_id is null) <> (email is null))
);
create index purchases_user on purchases (user_id, purchased_at desc, order_id desc)
  where user_id is not null;
create index purchases_unclaimed on purchases (email) where user_id is null;
