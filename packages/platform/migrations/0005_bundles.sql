-- What a transaction tells of one type is one row, a bundle: `data` is an array of {request_id, data}, and the ids of its
-- events follow from the row's and their place in it. An event that is told alone is a row as before.
alter table outbox add column size smallint not null default 1;

-- Which events of a bundle a handler has had; null for an event that was told alone.
alter table inbox add column done int4multirange;

-- Each event by itself, as if it had a row of its own. One that was erased stands as null in its bundle.
create view outbox_events as
  select case when o.size = 1 then o.id
              else overlay(o.id::text placing lpad(to_hex(e.place), 3, '0') from 34)::uuid end as id,
         o.type, e.one -> 'data' as data, e.one ->> 'request_id' as request_id,
         o.attempts, o.created_at, o.available_at, o.sent_at, o.id as row_id
    from outbox o cross join json_array_elements(
           case when o.size = 1 then json_build_array(json_build_object('request_id', o.request_id, 'data', o.data))
                else o.data end) with ordinality as e (one, place)
   where json_typeof(e.one) <> 'null';
