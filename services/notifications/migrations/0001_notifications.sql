-- Whom we write to: a copy of what auth and users tell, so that sending a message asks nobody.
create table people (
  user_id uuid primary key,
  -- Lower case: people type addresses in every way.
  email text not null,
  username text not null default '',
  phone text,
  locale text not null default 'en' check (locale in ('en', 'fr')),
  is_admin boolean not null default false,
  email_notifications boolean not null default true,
  in_app_notifications boolean not null default true,
  sms_notifications boolean not null default false,
  reminders boolean not null default true,
  settings_changed_at timestamptz,
  roles_changed_at timestamptz
);
create index people_email on people (email);

-- Who holds tickets of an event, for changes and reminders.
create table holders (
  order_id uuid primary key,
  event_id uuid not null,
  user_id uuid,
  name text not null,
  email text not null,
  locale text not null,
  access_token text not null,
  is_current boolean not null default true
);
create index holders_event on holders (event_id) where is_current;

create table events (
  id uuid primary key,
  version integer not null,
  facts jsonb not null
);

-- What a person sees in the app.
create table messages (
  id uuid primary key,
  -- The event and the recipient: the same news is told once.
  dedupe_key text not null unique,
  user_id uuid not null,
  kind text not null,
  title text not null,
  body text not null,
  url text,
  read_at timestamptz,
  created_at timestamptz not null default now()
);
create index messages_of_person on messages (user_id, id desc);

-- What leaves the house, by mail or SMS.
create table deliveries (
  id uuid primary key,
  dedupe_key text not null unique,
  channel text not null check (channel in ('email', 'sms')),
  kind text not null,
  recipient text not null,
  locale text not null,
  subject text not null,
  content jsonb not null,
  -- The tickets of this order are attached when it is sent.
  attach_order_id uuid,
  status text not null default 'pending' check (status in ('pending', 'sent', 'failed', 'dead')),
  attempts integer not null default 0,
  last_error text,
  next_attempt_at timestamptz,
  created_at timestamptz not null default now(),
  sent_at timestamptz
);
create index deliveries_newest on deliveries (id desc);
create index deliveries_open on deliveries (next_attempt_at) where status in ('pending', 'failed');

-- Where mails go in demo and development, instead of a mail server.
create table mailbox (
  id uuid primary key,
  from_address text not null,
  to_address text not null,
  subject text not null,
  text text not null,
  html text not null,
  attachments jsonb not null,
  sent_at timestamptz not null default now()
);
