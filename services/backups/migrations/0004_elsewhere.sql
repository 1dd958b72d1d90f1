-- The store away from this machine in which the backup is; null while it is on this machine alone.
alter table backups add column elsewhere text;
