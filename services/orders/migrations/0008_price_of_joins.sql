-- Joining a waiting room has a price where many come from one network, and an end.

alter table queues
  -- So many join from one network before a join has a price, and so many at all.
  add column free_joins_per_network integer not null default 20 check (free_joins_per_network between 0 and 2000000),
  add column max_joins_per_network integer not null default 2000 check (max_joins_per_network between 1 and 2000000);

alter table queue_joins
  -- 6 bytes each, keyed hashes of who may join once: visitors, accounts, and places that were left for a new one.
  add column joined_once bytea check (octet_length(joined_once) % 6 = 0);
