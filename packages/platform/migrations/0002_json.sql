-- Nobody looks into an event on its way, or into a stored answer; as text they are written and read at a third of the
-- price of jsonb.
alter table outbox alter column data type json using data::json;
alter table idempotency_keys alter column reply type json using reply::json;
