-- How far ahead of its pace a ticket, or a letter box, is with mails that staff have sent again.
create table resends (
  -- SHA-256 of the ticket's id, or of the letter box.
  key bytea primary key check (length(key) = 32),
  spent_until timestamptz not null
);
create index resends_age on resends (spent_until);
