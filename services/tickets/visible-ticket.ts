import { storedAddress } from '@fermata/contracts/mailboxes'
import { notFound } from '@fermata/contracts/problems'
import { hasRole, type Caller } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import { findTicket, type TicketRow } from './queries/tickets.ts'

/** @throws Problem `request/not-found`, also for a ticket that the caller has no business with */
export async function visibleTicket (ctx: Ctx, caller: Caller, id: string): Promise<TicketRow> {
  const row = await findTicket(ctx.db, id)
  if (!row || !maySee(caller, row)) throw new Problem(notFound)
  return row
}

/** Operators serve every event; organisers the events they are members of. */
export const servesAll = (caller: Caller) => hasRole(caller, 'operator') || hasRole(caller, 'admin')

/** The address by which tickets bought as a guest belong to this person. */
export const verifiedEmailOf = (caller: Caller) =>
  caller.kind === 'user' && caller.email_verified ? caller.email : null

function maySee (caller: Caller, row: TicketRow): boolean {
  if (caller.kind === 'order') return row.order_id === caller.order_id
  if (caller.kind !== 'user') return false
  if (servesAll(caller) || row.user_id === caller.user_id) return true
  if (hasRole(caller, 'event_creator') && row.member_ids.includes(caller.user_id)) return true
  return row.user_id === null &&
    storedAddress(row.holder_email) === verifiedEmailOf(caller)
}
