-- Whom we write to: a copy of what auth and users tell, so that sending a message asks nobody.
create table people (
  user_id uuid primary key,
  -- Lower case: people type addresses in every way. Empty until known, and again once erased.
  email text not null default '',
  username text not null default '',
  phone text,
  locale text not null default 'en' check (locale in ('en', 'fr')),
  is_admin boolean not null default false,
  email_notifications boolean not null default true,
  in_app_notifications boolean not null default true,
  sms_notifications boolean not null default false,
  reminders boolean not null default true,
  settings_changed_at timestamptz,
  roles_changed_at timestamptz,
  -- The row stays behind an erased account, empty: news that comes late must not bring it back.
  erased_at timestamptz,
  check (erased_at is null or (email = '' and username = '' and phone is null and not is_admin))
);
create index people_email on people (email) where email <> '';

-- Who holds tickets of an event, for changes and reminders. Its news comes in any order, so each
-- kind of news has columns of its own.
create table holders (
  order_id uuid primary key,
  -- Null until its tickets were issued.
  event_id uuid,
  user_id uuid,
  email text,
  locale text check (locale in ('en', 'fr')),
  ticket_count integer not null default 0 check (ticket_count >= 0),
  voided_count integer not null default 0 check (voided_count >= 0),
  is_ended boolean not null default false,
  check (ticket_count = 0 or (event_id is not null and email is not null and locale is not null))
);
create index holders_of_event on holders (event_id, order_id) where not is_ended;

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
  -- Whose account it belongs to, for erasure; null for guests.
  user_id uuid,
  recipient text not null,
  locale text not null check (locale in ('en', 'fr')),
  subject text not null,
  -- The words; null once they are not needed any more, because links in them open accounts.
  content jsonb,
  -- The tickets of this order are attached when it is sent.
  attach_order_id uuid,
  -- The lower, the sooner: a password is not to wait for ten thousand reminders.
  priority smallint not null,
  status text not null default 'pending' check (status in ('pending', 'sent', 'failed', 'dead')),
  attempts integer not null default 0 check (attempts >= 0),
  last_error text,
  -- While it is being sent, the time from which it counts as lost with its process.
  next_attempt_at timestamptz default now(),
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  check ((status = 'sent') = (sent_at is not null)),
  check ((status in ('pending', 'failed')) = (next_attempt_at is not null)),
  check (status in ('sent', 'dead') or content is not null)
);
create index deliveries_due on deliveries (priority, next_attempt_at) where status in ('pending', 'failed');
create index deliveries_of_person on deliveries (user_id) where user_id is not null;
create index deliveries_ended on deliveries (created_at) where status in ('sent', 'dead');

-- Where mails go in demo and development, instead of a mail server. A mail has its delivery's id.
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
create index mailbox_newest on mailbox (sent_at desc, id desc);
