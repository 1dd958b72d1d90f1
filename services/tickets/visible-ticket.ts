import { storedAddress } from '@fermata/contracts/mailboxes'
import { notFound } from '@fermata/contracts/problems'
import type { Caller } from '@fermata/platform/caller'
import type { Db } from '@fermata/platform/database'
import { isTheirWork, mayDo } from '@fermata/platform/memberships'
import { Problem } from '@fermata/platform/problem'
import { sql } from 'kysely'
import type { Ctx } from './context.ts'
import { findTicket, type TicketRow } from './queries/tickets.ts'

/** @throws Problem `request/not-found`, also for a ticket that the caller has no business with */
export async function visibleTicket (ctx: Ctx, caller: Caller, id: string): Promise<TicketRow> {
  const row = await findTicket(ctx.db, id)
  if (!row || !(owns(caller, row) || await serves(ctx.db, caller, row))) throw new Problem(notFound)
  return row
}

/**
 * A ticket of an event at whose door the caller works. @throws Problem `request/not-found` for
 * those of others, as if there were none
 */
export async function servedTicket (ctx: Ctx, caller: Caller, id: string): Promise<TicketRow> {
  const row = await findTicket(ctx.db, id)
  if (!row || !await serves(ctx.db, caller, row)) throw new Problem(notFound)
  return row
}

/** Whether the caller works at the door of the ticket's event. */
export const serves = (
  db: Db, caller: Caller, { event }: { event: { id: string, organizer_id: string } }
) => isTheirWork(db, 'tickets', caller, 'door', event)

/** The same as a condition of a list. */
export const servedBy = (caller: Caller) => mayDo('tickets', caller, 'door',
  { organizer_id: sql.ref('e.organizer_id'), event_id: sql.ref('e.id') })

/** The address by which tickets bought as a guest belong to this person. */
export const verifiedEmailOf = (caller: Caller) =>
  caller.kind === 'user' && caller.email_verified ? caller.email : null

function owns (caller: Caller, row: TicketRow): boolean {
  if (caller.kind === 'order') return row.order_id === caller.order_id
  if (caller.kind !== 'user') return false
  if (row.user_id === caller.user_id) return true
  return row.user_id === null &&
    storedAddress(row.holder_email) === verifiedEmailOf(caller)
}
