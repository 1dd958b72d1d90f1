import { notFound } from '@fermata/contracts/problems'
import type { Caller } from '@fermata/platform/caller'
import type { Db } from '@fermata/platform/database'
import { isTheirWork, mayDo } from '@fermata/platform/memberships'
import { Problem } from '@fermata/platform/problem'
import { sql, type Fragment } from '@fermata/platform/sql'
import type { Ctx } from './context.ts'
import { findTicketIf, isTheirs, type TicketRow } from './queries/tickets.ts'

/** @throws Problem `request/not-found`, also for a ticket that the caller has no business with */
export const visibleTicket = (ctx: Ctx, caller: Caller, id: string): Promise<TicketRow> =>
  ticketIf(ctx, id, isTheirs(caller, verifiedEmailOf(caller)), servedBy(caller))

/**
 * A ticket of an event at whose door the caller works. @throws Problem `request/not-found` for
 * those of others, as if there were none
 */
export const servedTicket = (ctx: Ctx, caller: Caller, id: string): Promise<TicketRow> =>
  ticketIf(ctx, id, servedBy(caller))

async function ticketIf (
  ctx: Ctx, id: string, ...conditions: Fragment<boolean>[]
): Promise<TicketRow> {
  const row = await findTicketIf(ctx.db, id, conditions)
  if (!row) throw new Problem(notFound)
  return row
}

/** Whether the caller works at the door of the ticket's event. */
export const serves = (
  db: Db, caller: Caller, { event }: { event: { id: string, organizer_id: string } }
) => isTheirWork(db, 'tickets', caller, 'door', event)

/** Whether the caller works at the door of a list's tickets, as a condition in SQL. */
export const servedBy = (caller: Caller) => mayDo('tickets', caller, 'door',
  { organizer_id: sql.ref('e.organizer_id'), event_id: sql.ref('e.id') })

/** The address by which tickets bought as a guest belong to this person. */
export const verifiedEmailOf = (caller: Caller) =>
  caller.kind === 'user' && caller.email_verified ? caller.email : null
