import type { StatementLine } from '@fermata/contracts/reconciliation'
import type { Db } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import { within, type Lines } from '@fermata/platform/statement-queries'
import type { Statements } from '@fermata/platform/statements'

/** What the till states of itself, each list in one statement. */

/** Of an order, what was taken for it and not given back. */
const listOrders = (db: Db, lines: Lines) => sql<StatementLine>`
  select order_id as id,
         max(greatest(created_at, succeeded_at, failed_at, refunded_at)) as since,
         json_build_object(
           'captures', count(*) filter (where succeeded_at is not null),
           'amount_minor', sum(amount_minor) filter (where succeeded_at is not null)::bigint,
           'kept_minor', coalesce(sum(amount_minor - refunded_minor)
             filter (where succeeded_at is not null), 0)::bigint,
           'currency', max(currency) filter (where succeeded_at is not null)) as figures
    from payments.payments where ${within(lines, 'order_id')}
   group by order_id order by order_id limit ${lines.limit}`.rows(db)

/**
 * Each payment beside its refunds, its postings and, where it was pretended, the provider's book.
 */
const listPayments = (db: Db, lines: Lines) => sql<StatementLine>`
  select p.id, greatest(p.created_at, p.succeeded_at, p.failed_at, p.refunded_at, r.since,
           case when c.decides_at <= now() then c.decides_at end) as since,
         json_build_object(
           'status', p.status, 'asks', p.asks,
           'is_overdue', p.status = 'pending' and p.hold_ends_at < now(),
           'captured_minor', case when p.succeeded_at is null then 0 else p.amount_minor end,
           'refunded_minor', p.refunded_minor,
           'promised_minor', coalesce(r.promised_minor, 0),
           'returned_minor', coalesce(r.returned_minor, 0),
           'posted_minor', coalesce(l.captured_minor, 0),
           'posted_promised_minor', coalesce(l.promised_minor, 0),
           'posted_returned_minor', coalesce(l.returned_minor, 0),
           'provider_minor', case when p.provider <> 'simulated' then null
             when c.succeeds and c.decides_at <= now() then c.amount_minor else 0 end,
           'provider_returned_minor', coalesce(b.returned_minor, 0)) as figures
    from payments.payments p
    left join payments.simulated_charges c on c.key = p.provider_key
    left join lateral (
      select max(greatest(created_at, paid_at)) as since, sum(amount_minor)::bigint as promised_minor,
             sum(amount_minor) filter (where status = 'paid')::bigint as returned_minor
        from payments.refunds where payment_id = p.id) as r on true
    left join lateral (
      select sum(credit_minor) filter (where account = 'organizer_payable')::bigint as captured_minor,
             sum(debit_minor) filter (where account = 'organizer_payable')::bigint as promised_minor,
             sum(credit_minor) filter (where account = 'provider_clearing')::bigint as returned_minor
        from payments.ledger_entries where payment_id = p.id) as l on true
    left join lateral (
      select sum(s.amount_minor)::bigint as returned_minor
        from payments.refunds f join payments.simulated_refunds s on s.key = f.provider_key
       where f.payment_id = p.id) as b on true
   where ${within(lines, 'p.id')} order by p.id limit ${lines.limit}`.rows(db)

const listLedger = (db: Db, lines: Lines) => sql<StatementLine>`
  select transaction_id as id, max(created_at) as since, json_build_object(
           'debit_minor', sum(debit_minor)::bigint, 'credit_minor', sum(credit_minor)::bigint,
           'currencies', count(distinct currency)) as figures
    from payments.ledger_entries where ${within(lines, 'transaction_id')}
   group by transaction_id order by transaction_id limit ${lines.limit}`.rows(db)

export const statements: Statements = {
  orders: { read: listOrders }, payments: { read: listPayments }, ledger: { read: listLedger },
}
