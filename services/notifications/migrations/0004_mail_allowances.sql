-- How far ahead of its pace a recipient, a network, an account or a browser is with mails that cost
-- whoever causes them nothing (rules/mail-allowance.ts).
create table mail_allowances (
  -- SHA-256 of the letter box, or of what stands for a sender.
  key bytea primary key check (length(key) = 32),
  spent_until timestamptz not null,
  -- The mail in which further orders to this letter box are told together, while it waits.
  waiting_id uuid
);
create index mail_allowances_age on mail_allowances (spent_until);

alter table holders
  -- Of news about its event, an address hears once for all its orders that cost nothing.
  add column is_free boolean not null default false,
  -- When the mail with the tickets goes out, where it could not go out at once.
  add column mail_due_at timestamptz;
