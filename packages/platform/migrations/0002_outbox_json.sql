-- Nobody looks into an event on its way; as text it is written and read at a third of the price of jsonb.
alter table outbox alter column data type json using data::json;
