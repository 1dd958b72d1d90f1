import type { StatementLine } from '@fermata/contracts/reconciliation'
import type { Db } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import { within, type Lines } from '@fermata/platform/statement-queries'
import type { Statements } from '@fermata/platform/statements'

/** Orders whose buyers were told of their tickets, and of how many. */
const listHolders = (db: Db, lines: Lines) => sql<StatementLine>`
  select order_id as id, null as since, json_build_object('tickets', ticket_count) as figures
    from notifications.holders where ${within(lines, 'order_id')}
   order by order_id limit ${lines.limit}`.rows(db)

/** What should have been sent or tried again by now. */
const listDue = (db: Db, lines: Lines) => sql<StatementLine>`
  select id, next_attempt_at as since,
         json_build_object('channel', channel, 'kind', kind, 'attempts', attempts) as figures
    from notifications.deliveries
   where status in ('pending', 'failed') and next_attempt_at <= now() and ${within(lines, 'id')}
   order by id limit ${lines.limit}`.rows(db)

export const statements: Statements = { holders: { read: listHolders }, due: { read: listDue } }
