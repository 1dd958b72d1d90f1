create table payments (
  id uuid primary key,
  order_id uuid not null,
  order_code text not null,
  event_id uuid not null,
  event_title text not null,
  organizer_id uuid not null,
  user_id uuid,
  -- Name, address and language, as events tell them to those who write to the buyer.
  buyer jsonb not null,
  provider text not null,
  method jsonb not null,
  status text not null default 'pending'
    check (status in ('pending', 'succeeded', 'failed', 'refunded')),
  amount_minor bigint not null check (amount_minor > 0),
  refunded_minor bigint not null default 0,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  failure text,
  needs_confirmation boolean not null default false,
  -- Known before the provider is first asked, so that asking again can never charge again.
  provider_key text not null unique,
  provider_reference text,
  hold_ends_at timestamptz not null,
  request_id text,
  created_at timestamptz not null default now(),
  -- When the provider was first asked; null means that it cannot have taken anything yet.
  asked_at timestamptz,
  asks integer not null default 0,
  next_ask_at timestamptz not null default now(),
  succeeded_at timestamptz,
  failed_at timestamptz,
  refunded_at timestamptz,
  check (refunded_minor between 0 and amount_minor),
  check (refunded_minor = 0 or status in ('succeeded', 'refunded')),
  check ((status = 'refunded') = (refunded_minor = amount_minor)),
  check ((succeeded_at is not null) = (status in ('succeeded', 'refunded'))),
  check ((failed_at is not null and failure is not null) = (status = 'failed')),
  check ((refunded_at is not null) = (status = 'refunded'))
);
-- One attempt that is open or has taken money for each order: whatever else happens, nobody pays twice.
create unique index payments_one_per_order on payments (order_id) where status <> 'failed';
create index payments_of_order on payments (order_id, id);
create index payments_open on payments (next_ask_at) where status = 'pending';

create table refunds (
  id uuid primary key,
  payment_id uuid not null references payments,
  amount_minor bigint not null check (amount_minor > 0),
  reason text,
  -- The person who asked for it; null when the order's fate did.
  requested_by uuid,
  status text not null default 'pending' check (status in ('pending', 'paid')),
  provider_key text not null unique,
  created_at timestamptz not null default now(),
  asks integer not null default 0,
  next_ask_at timestamptz not null default now(),
  paid_at timestamptz,
  check ((paid_at is not null) = (status = 'paid'))
);
create index refunds_of_payment on refunds (payment_id);
create index refunds_open on refunds (next_ask_at) where status = 'pending';

-- Orders whose money goes back, should any have come or still come: the news may overtake the payment.
create table ended_orders (
  order_id uuid primary key,
  reason text not null,
  ended_at timestamptz not null default now()
);

create table ledger_entries (
  id bigint generated always as identity primary key,
  transaction_id uuid not null,
  payment_id uuid not null references payments,
  account text not null check (account in ('provider_clearing', 'organizer_payable', 'refunds')),
  debit_minor bigint not null default 0 check (debit_minor >= 0),
  credit_minor bigint not null default 0 check (credit_minor >= 0),
  currency text not null,
  created_at timestamptz not null default now(),
  check ((debit_minor = 0) <> (credit_minor = 0))
);
create index ledger_entries_transaction on ledger_entries (transaction_id);
create index ledger_entries_payment on ledger_entries (payment_id);

create function check_ledger_transaction () returns trigger language plpgsql as $$
begin
  if exists (
    select from payments.ledger_entries where transaction_id = new.transaction_id
     group by currency having sum(debit_minor) <> sum(credit_minor)
  ) then
    raise exception 'ledger transaction % does not balance', new.transaction_id using errcode = 'check_violation';
  end if;
  return null;
end $$;
-- Deferred to the commit, because one entry alone never balances.
create constraint trigger ledger_balances after insert on ledger_entries
  deferrable initially deferred for each row execute function check_ledger_transaction();

create function refuse_ledger_change () returns trigger language plpgsql as $$
begin
  raise exception 'ledger entries are never changed; post a correcting transaction' using errcode = 'check_violation';
end $$;
create trigger ledger_is_append_only before update or delete on ledger_entries
  for each row execute function refuse_ledger_change();

-- The simulated provider's own book. It stands for another company: only its adapter writes here, in transactions of
-- its own, and nothing of ours refers to it.
create table simulated_charges (
  key text primary key,
  order_id uuid not null,
  amount_minor bigint not null,
  currency text not null,
  card text not null,
  -- The card decides at once whether; only when is left open.
  succeeds boolean not null,
  decides_at timestamptz not null,
  created_at timestamptz not null default now()
);

create table simulated_refunds (
  key text primary key,
  charge_key text not null references simulated_charges,
  amount_minor bigint not null,
  created_at timestamptz not null default now()
);
