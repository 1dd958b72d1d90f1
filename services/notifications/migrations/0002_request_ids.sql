-- The request and the span that caused it, where that request is traced.
alter table deliveries add column traced_as text;
