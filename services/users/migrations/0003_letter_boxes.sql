-- Links are counted by letter box: one has many spellings, and each would get mails of its own.
alter table address_links add column mailbox text;
update address_links set mailbox = email;
alter table address_links alter column mailbox set not null;
create index address_links_mailbox on address_links (mailbox, created_at);
