-- Who works for whom, as the events service tells it. It was a part of each event's facts.
create table organizers (
  id uuid primary key,
  version integer not null check (version >= 0)
);
create table members (
  organizer_id uuid not null references organizers (id) on delete cascade,
  user_id uuid not null,
  role text not null check (role in ('owner', 'door')),
  -- Null for all events of the organiser.
  event_id uuid,
  constraint once_in_each_place unique nulls not distinct (organizer_id, user_id, event_id)
);
create index members_user on members (user_id);

-- Until the first news, what was known counts.
insert into organizers (id, version)
  select distinct (facts ->> 'organizer_id')::uuid, 0 from events;
insert into members (organizer_id, user_id, role)
  select distinct (e.facts ->> 'organizer_id')::uuid, m.user_id, 'owner'
    from events as e cross join unnest(e.member_ids) as m (user_id);

alter table events add column organizer_id uuid
  generated always as ((facts ->> 'organizer_id')::uuid) stored;
create index events_organizer on events (organizer_id);
alter table events drop column member_ids;
update events set facts = facts - 'member_ids' where facts ? 'member_ids';
