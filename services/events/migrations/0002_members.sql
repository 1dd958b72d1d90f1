-- Each news of an organiser's people is counted, so that whoever hears two in the wrong order knows
-- which is newer. 0: nobody was told yet.
alter table organizers add column members_version integer not null default 0;

-- A member is a person, or an address whose owner has not proven it yet.
alter table members drop constraint members_pkey;
alter table members add column id uuid not null default gen_random_uuid() primary key;
alter table members alter column user_id drop not null;
alter table members alter column name drop not null;
alter table members add column email text check (email = lower(email) and length(email) <= 254);
alter table members add column role text not null default 'owner'
  check (role in ('owner', 'door'));
-- The one event somebody works at; null for all of the organiser.
alter table members add column event_id uuid references events (id) on delete cascade;
alter table members add constraint owners_own_all check (role <> 'owner' or event_id is null);
alter table members add constraint somebody check (num_nonnulls(user_id, email) > 0);
create unique index members_person on members (organizer_id, user_id, event_id) nulls not distinct
  where user_id is not null;
create unique index members_address on members (organizer_id, email, event_id) nulls not distinct
  where email is not null;
create index members_waiting on members (email) where user_id is null;
create index members_event on members (event_id) where event_id is not null;
