-- Nobody takes a scarce thing by asking more often: open holds are counted by network, visitor and mailbox.

alter table events
  -- The largest part of the unsold tickets of each pool that one network may hold unpaid; 100: everybody may come from one.
  add column network_share_percent smallint not null default 50 check (network_share_percent between 1 and 100),
  -- Tickets of one person for the event. Null: the default; 0: as many as there are.
  add column max_per_buyer integer check (max_per_buyer between 0 and 100000),
  -- The process that sold last: it alone may believe what it remembers of who bought. Null: nobody has sold yet.
  add column seller uuid;

alter table orders
  -- SHA-256 of the address in the one spelling of `mailboxOf`, and of the secret of a guest's browser.
  add column mailbox bytea check (octet_length(mailbox) = 8),
  add column visitor bytea check (octet_length(visitor) = 8),
  -- A keyed hash of the buyer's network, while the order counts in `open_holds` and no longer.
  add column network bytea check (octet_length(network) = 8);

-- What was sold before counts as well.
update events set seller = '00000000-0000-0000-0000-000000000000' where id in (select event_id from orders);
update orders o set mailbox = substring(sha256(convert_to('mailbox ' ||
         case when domain in ('gmail.com', 'proton.me') then replace(name, '.', '') else name end || '@' || domain, 'UTF8')) for 8)
  from (select id, regexp_replace(regexp_replace(email, '@[^@]*$', ''), '(.)\+.*$', '\1') as name,
               coalesce(one.name, written) as domain
          from (select id, email, rtrim(substring(email from '[^@]*$'), '.') as written
                  from (select id, lower(trim(normalize(buyer_email, NFKC))) as email from orders) as spelled) as apart
          left join (values ('googlemail.com', 'gmail.com'), ('me.com', 'icloud.com'), ('mac.com', 'icloud.com'),
                            ('protonmail.com', 'proton.me'), ('protonmail.ch', 'proton.me'), ('pm.me', 'proton.me'),
                            ('ya.ru', 'yandex.ru'), ('yandex.com', 'yandex.ru'), ('yandex.by', 'yandex.ru'),
                            ('yandex.kz', 'yandex.ru'), ('narod.ru', 'yandex.ru')) as one (other, name) on one.other = written) as parts
 where o.id = parts.id and o.buyer_email <> 'erased@fermata.invalid';

-- Takes the place of the index by address: it finds the orders of a mailbox for an event, and all of them.
drop index orders_of_guest;
create index orders_of_mailbox on orders (mailbox, event_id);
create index orders_of_visitor on orders (visitor, event_id) where visitor is not null;
-- Orders that cost nothing are not paid, so they count for as long as a hold lasts.
create index orders_free_counted on orders (event_id, expires_at) where status = 'completed' and network is not null;

-- Tickets of unpaid orders by network. Changes behind the event's lock, with the orders it sums up.
create table open_holds (
  event_id uuid not null,
  network bytea not null,
  ticket_type_id uuid not null references ticket_types (id) on delete cascade,
  tickets integer not null check (tickets >= 1),
  primary key (event_id, network, ticket_type_id)
) with (fillfactor = 50);
