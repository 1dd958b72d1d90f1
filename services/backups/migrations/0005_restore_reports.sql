-- What the last restore of the backup did, as it was answered.
alter table backups add column restore_report jsonb;
