-- Trusted extensions of PostgreSQL itself, so the database's owner may create them; all services of a database share them.
create extension if not exists unaccent with schema public;

-- How two texts are compared in search and city filter: whatever their case, accents and composition.
-- Named dictionary and schema make it immutable, which `unaccent(text)` alone is not. Plain ASCII takes the short
-- way: normalizing is ten times as slow as all the rest.
create function fold(text) returns text language sql immutable strict parallel safe
  return case when octet_length($1) = length($1) then lower($1)
    else lower(public.unaccent('public.unaccent'::regdictionary, normalize($1, NFKC))) end;

-- All that `q` looks in. Punctuation becomes blanks, or the parser would take "St.Gallen" for the name of a computer.
create function search_text(title text, description text, venue text, city text, organizer text, category text)
  returns text language sql immutable strict parallel safe cost 200
  return translate(
    fold(title || ' ' || venue || ' ' || city || ' ' || organizer || ' ' || category || ' ' || description),
    '.,:;!?/\|_-@#&+*=~^<>(){}[]"''`', repeat(' ', 40));

create table organizers (
  id uuid primary key,
  name text not null check (length(name) between 1 and 200),
  -- The person whose events belong to it when they name no organiser; at most one for each person.
  default_for uuid unique,
  created_at timestamptz not null default now(),
  unique (id, name)
);

create table members (
  organizer_id uuid not null references organizers on delete cascade,
  user_id uuid not null,
  name text not null check (length(name) between 1 and 120),
  added_at timestamptz not null default now(),
  primary key (organizer_id, user_id)
);
create index members_user on members (user_id);

-- Names of people from auth's events, so that an organiser made on first use has one.
create table people (
  user_id uuid primary key,
  -- Null once the person is gone, so that late news does not bring the name back.
  name text
);

create table events (
  id uuid primary key,
  slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 120),
  organizer_id uuid not null,
  -- Beside the id so that search finds it; the foreign key keeps it equal.
  organizer_name text not null,
  title text not null check (length(title) between 1 and 200),
  description text not null check (length(description) between 1 and 20000),
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  timezone text not null,
  venue_name text not null,
  venue_address text not null,
  venue_city text not null,
  venue_country text not null check (venue_country ~ '^[A-Z]{2}$'),
  category text not null,
  images text[] not null default '{}' check (cardinality(images) <= 10),
  ticket_capacity integer check (ticket_capacity > 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  status text not null default 'draft' check (status in ('draft', 'published', 'canceled')),
  version integer not null default 1 check (version > 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  published_at timestamptz,
  canceled_at timestamptz,
  cancel_reason text,
  foreign key (organizer_id, organizer_name) references organizers (id, name) on update cascade,
  check (starts_at < ends_at),
  -- Lists count on it: what began more than a year ago is over.
  check (ends_at - starts_at <= interval '366 days'),
  check ((status = 'draft') = (published_at is null)),
  check ((status = 'canceled') = (canceled_at is not null))
);
create index events_published on events (starts_at, id) where status = 'published';
create index events_published_city on events (fold(venue_city), starts_at, id) where status = 'published';
create index events_organizer on events (organizer_id, starts_at, id);
create index events_search on events using gin (to_tsvector('simple',
  search_text(title, description, venue_name, venue_city, organizer_name, category)));
