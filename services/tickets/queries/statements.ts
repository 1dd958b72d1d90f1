import type { StatementLine } from '@fermata/contracts/reconciliation'
import type { Db } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import { within, type Lines } from '@fermata/platform/statement-queries'
import type { Statements } from '@fermata/platform/statements'

/** Of an order, its tickets and their admissions; those admitted twice by their ids. */
const listOrders = (db: Db, lines: Lines) => sql<StatementLine>`
  select o.id, greatest(o.issued_at, o.ended_at, t.since) as since, json_build_object(
           'issued', t.issued, 'active', t.active, 'used', t.used, 'admitted', t.admitted,
           'admitted_twice', t.admitted_twice) as figures
    from tickets.orders o
    cross join lateral (
      select max(greatest(i.issued_at, i.voided_at, c.since)) as since, count(*) as issued,
             count(*) filter (where i.status = 'active') as active,
             count(*) filter (where i.status = 'used') as used,
             count(*) filter (where c.times > 0) as admitted,
             left(string_agg(i.id::text, ' ' order by i.position) filter (where c.times > 1), 370)
               as admitted_twice
        from tickets.tickets i
        cross join lateral (
          select count(*) as times, max(admitted_at) as since
            from tickets.check_ins where ticket_id = i.id) as c
       where i.order_id = o.id) as t
   where ${within(lines, 'o.id')} order by o.id limit ${lines.limit}`.rows(db)

export const statements: Statements = { orders: { read: listOrders } }
