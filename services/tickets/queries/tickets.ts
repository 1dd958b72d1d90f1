import type { EventFacts, Locale } from '@fermata/contracts/fields'
import type { TicketStatus } from '@fermata/contracts/tickets'
import type { Caller } from '@fermata/platform/caller'
import type { Db, Tx } from '@fermata/platform/database'
import { sql, type Fragment } from '@fermata/platform/sql'

export interface TicketRow {
  id: string, order_id: string, position: number, event_id: string, number: string, code: string
  ticket_type_id: string, ticket_type_name: string, holder_name: string, holder_email: string
  price_minor: number, currency: string, status: TicketStatus, issued_at: string
  voided_at: string | null
  order_code: string, user_id: string | null, buyer_name: string, buyer_email: string
  buyer_locale: Locale
  event: EventFacts, event_canceled: boolean
  check_in_id: string | null, admitted_at: string | null, gate: string | null
  admitted_by: string | null
}

/** A ticket with its order, its event and its admission; it is made when both are known. */
const selectTickets = sql`
  select t.id, t.order_id, t.position, t.event_id, t.number, t.code, t.ticket_type_id,
         t.ticket_type_name, t.holder_name, t.holder_email, t.price_minor, t.currency, t.status,
         t.issued_at, t.voided_at,
         o.code as order_code, o.user_id, o.buyer_name, o.buyer_email, o.buyer_locale,
         e.facts as event, e.canceled as event_canceled,
         c.id as check_in_id, c.admitted_at, c.gate, c.admitted_by
         /* present: order_code, buyer_name, buyer_email, buyer_locale, event */
    from tickets.tickets as t
    join tickets.orders as o on o.id = t.order_id
    join tickets.events as e on e.id = t.event_id
    left join tickets.check_ins as c on c.ticket_id = t.id`

export const findTickets = (db: Db | Tx, ids: string[]) => sql<TicketRow>`
  ${selectTickets} where t.id = any(${ids}::uuid[]) order by t.order_id, t.position
  `.rows(db)

export const findTicket = async (db: Db | Tx, id: string) => (await findTickets(db, [id]))[0]

/** A ticket, if a condition holds; one of others takes as long as one that is not there. */
export const findTicketIf = (db: Db, id: string, conditions: Fragment<boolean>[]) =>
  sql<TicketRow>`
    ${selectTickets} where t.id = ${id} and (${sql.join(conditions, sql` or `)})`.first(db)

/** Whether a ticket is of the caller's order, or theirs; their proven address has guests' tickets. */
export function isTheirs (caller: Caller, verified_email: string | null): Fragment<boolean> {
  if (caller.kind === 'order') return sql<boolean>`t.order_id = ${caller.order_id}`
  if (caller.kind !== 'user') return sql<boolean>`false`
  return sql<boolean>`(o.user_id = ${caller.user_id}
    or (o.user_id is null and lower(t.holder_email) = lower(${verified_email}::text)))`
}

/** An order has 2,000 seats at most: 20 items of 100. */
export const findTicketsOfOrder = (db: Db, order_id: string) => sql<TicketRow>`
  ${selectTickets} where t.order_id = ${order_id} order by t.position`.rows(db)

export interface NewTicket {
  id: string, order_id: string, position: number, event_id: string, number: string, code: string
  ticket_type_id: string, ticket_type_name: string, holder_name: string, holder_email: string
  price_minor: number, currency: string
}

/** One statement for a batch, however many seats it has. Returns the moment of issue. */
export const insertTickets = async (tx: Tx, rows: NewTicket[]) => (await sql<{ issued_at: string }>`
  with issued as (
    insert into tickets.tickets (id, order_id, position, event_id, number, code, ticket_type_id,
      ticket_type_name, holder_name, holder_email, price_minor, currency)
    select * from ${sql.rows(rows, {
      id: 'uuid', order_id: 'uuid', position: 'integer', event_id: 'uuid', number: 'text',
      code: 'text', ticket_type_id: 'uuid', ticket_type_name: 'text', holder_name: 'text',
      holder_email: 'text', price_minor: 'bigint', currency: 'text',
    })} as given
    returning issued_at)
  select max(issued_at) as issued_at from issued`.one(tx)).issued_at

/** Only what is active becomes void; returns what did. */
export const voidTickets = async (
  tx: Tx, which: { ids: string[] } | { order_ids: string[] }, reason: string | null
) => (await sql<{ id: string }>`
  update tickets.tickets set status = 'void', voided_at = now(), void_reason = ${reason}
   where ${'ids' in which ? sql`id = any(${which.ids}::uuid[])` : sql`order_id = any(${which.order_ids}::uuid[])`}
     and status = 'active'
  returning id`.rows(tx)).map(row => row.id)

export interface NewCheckIn {
  id: string, ticket_id: string, event_id: string, gate: string, admitted_by: string
  admitted_by_id: string
}

/**
 * Admits tickets, each once: of any number of statements at the same moment one finds the ticket
 * active, the others wait for it and then do not. Returns the ids of those admitted.
 * @param rows each ticket once
 */
export const admitTickets = async (tx: Tx, rows: NewCheckIn[]) => (await sql<{ ticket_id: string }>`
  with presented as (
    select * from ${sql.rows(rows, {
      id: 'uuid', ticket_id: 'uuid', event_id: 'uuid', gate: 'text', admitted_by: 'text',
      admitted_by_id: 'uuid',
    })} as p),
  admitted as (
    update tickets.tickets as t set status = 'used'
      from presented as p join tickets.events as e on e.id = p.event_id and not e.canceled
     where t.id = p.ticket_id and t.event_id = p.event_id and t.status = 'active'
    returning p.*)
  insert into tickets.check_ins (id, ticket_id, gate, admitted_by, admitted_by_id)
  select id, ticket_id, gate, admitted_by, admitted_by_id from admitted
  returning ticket_id`.rows(tx)).map(row => row.ticket_id)

/** Whose tickets a list may show. */
export type Scope =
  | { kind: 'order', order_id: string }
  /**
   * Their own; also those bought as a guest with the address that `verified_email` proves theirs,
   * and, for who looks something up, those of the events they work at.
   */
  | {
    kind: 'person', user_id: string, verified_email: string | null
    works_at: Fragment<boolean> | null
  }

export interface TicketFilter {
  scope: Scope
  q?: string, event_id?: string, order_id?: string, status?: TicketStatus
  /** The ticket of a code that was searched for. */
  ticket_id?: string
  after: { issued_at: string, id: string } | null
  limit: number
}

/** Newest first, the tickets of an order in their order. */
export const listTicketRows = async (db: Db, filter: TicketFilter) => {
  const { event_id, order_id, status, after } = filter
  const conditions = [
    inScope(filter.scope),
    event_id && sql`t.event_id = ${event_id}`,
    order_id && sql`t.order_id = ${order_id}`,
    status && sql`t.status = ${status}`,
    searched(filter),
    after && sql`(t.issued_at < ${after.issued_at}::timestamptz
      or (t.issued_at = ${after.issued_at}::timestamptz and t.id > ${after.id}::uuid))`,
  ].filter(condition => !!condition)
  return await sql<TicketRow>`
    ${selectTickets} where ${sql.join(conditions, sql` and `)}
     order by t.issued_at desc, t.id limit ${filter.limit}`.rows(db)
}

function inScope (scope: Scope): Fragment<unknown> {
  if (scope.kind === 'order') return sql`t.order_id = ${scope.order_id}`
  return sql`(o.user_id = ${scope.user_id}
    or (o.user_id is null and lower(t.holder_email) = lower(${scope.verified_email}::text))
    ${scope.works_at ? sql`or ${scope.works_at}` : sql``})`
}

/**
 * Within one event a name is found by any part of it; among all tickets by its beginning, which an
 * index serves.
 */
function searched ({ q, ticket_id, event_id }: TicketFilter): Fragment<unknown> | undefined {
  if (ticket_id) return sql`t.id = ${ticket_id}`
  if (!q) return undefined
  const escaped = q.toLowerCase().replace(/[\\%_]/g, '\\$&')
  const name = event_id ? `%${escaped}%` : `${escaped}%`
  return sql`(t.number like ${`${escaped.toUpperCase()}%`} or lower(t.holder_email) like ${`${escaped}%`}
    or lower(t.holder_name) like ${name}
    or t.order_id in (select id from tickets.orders where code = ${q.toUpperCase()}))`
}
