-- What one person has given back within the last hour.
create index refunds_asked_for on refunds (requested_by, created_at) where requested_by is not null;
