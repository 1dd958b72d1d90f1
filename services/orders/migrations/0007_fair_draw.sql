-- A draw is fair between networks, so the list of joins tells which come from the same one.

-- 6 bytes for each id: a keyed hash of the network, of this event alone, from which no address can be found.
-- Null: from before this was kept; then each counts as a network of its own, and the draw stays what it was.
alter table queue_joins
  add column networks bytea,
  add constraint queue_joins_networks_of_ids check (octet_length(networks) * 16 = octet_length(ids) * 6);
