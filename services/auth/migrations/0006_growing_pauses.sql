-- How many mails of the kind an address got since; after some of them the pause is longer.
alter table mail_pauses
  add column since timestamptz not null default now(),
  add column mails integer not null default 1 check (mails > 0);
