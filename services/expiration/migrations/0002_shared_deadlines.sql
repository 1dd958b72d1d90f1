-- Deadlines of orders that one sale sold end together, and their ids differ in their last three digits alone: they are
-- one row. `id` is the subject's, or that of all of them; the sets say which places are set, given up and told of, and a
-- subject alone has place 1.
alter table deadlines rename column subject_id to id;
alter table deadlines
  add column held int4multirange not null default '{}',
  add column dropped int4multirange not null default '{}',
  add column reached int4multirange not null default '{}';
update deadlines set
  held = '{[1,2)}',
  dropped = case status when 'dropped' then '{[1,2)}' else '{}' end::int4multirange,
  reached = case status when 'reached' then '{[1,2)}' else '{}' end::int4multirange;
alter table deadlines
  add column is_waiting boolean not null generated always as (not (dropped + reached @> held)) stored;
drop index deadlines_waiting;
create index deadlines_waiting on deadlines (due_at) where is_waiting;

-- Whose holds they are, so that their owners may ask; nobody's for guests and for events.
create table owners (
  subject_id uuid primary key,
  user_id uuid not null
);
create index owners_user on owners (user_id);
insert into owners (subject_id, user_id) select id, user_id from deadlines where user_id is not null;
alter table deadlines drop column user_id, drop column status;

create function subject_at (id uuid, place integer) returns uuid language sql immutable parallel safe as $$
  select case when substr(id::text, 15, 1) = '8'
              then overlay(id::text placing lpad(to_hex(place), 3, '0') from 34)::uuid else id end
$$;

-- Each deadline by itself, as if it had a row of its own.
create view each_deadline as
  select d.kind, subject_at(d.id, place) as subject_id, d.due_at,
         case when d.reached @> place then 'reached' when d.dropped @> place then 'dropped' else 'waiting' end as status,
         case when d.reached @> place then d.reached_at end as reached_at, d.id as row_id, d.is_waiting
    from deadlines d cross join unnest(d.held + d.dropped) as part
         cross join generate_series(lower(part), upper(part) - 1) as place;
