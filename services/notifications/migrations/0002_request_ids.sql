-- Of the request that led to it and, where that is traced, the span.
alter table deliveries add column request_id text;
