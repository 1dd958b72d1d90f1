-- When the person behind a login proved last who they are; null for logins of before.
alter table logins add column confirmed_at timestamptz;
