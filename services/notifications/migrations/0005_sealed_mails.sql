-- A mail holds links that open accounts and orders. Its words lie under a key that no copy of this
-- table brings along; what was kept in the clear goes.
delete from mailbox;
alter table mailbox
  drop column text, drop column html, drop column attachments,
  -- Text, page and attachments as JSON, encrypted.
  add column sealed bytea not null,
  add column attachment_count integer not null check (attachment_count >= 0);
