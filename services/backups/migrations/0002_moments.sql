-- The moment that all parts of a backup show; null until it was taken, and for those of before.
alter table backups add column taken_at timestamptz;
