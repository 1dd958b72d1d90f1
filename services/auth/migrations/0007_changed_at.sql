-- A restore brings back roles and passwords that were changed since the copy. What is newer than the
-- change of which it hears is left alone. To the millisecond, as events say it.
alter table accounts add column roles_changed_at timestamptz;
alter table accounts add column password_changed_at timestamptz;
