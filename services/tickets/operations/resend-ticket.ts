import * as api from '@fermata/contracts/tickets'
import { personOf } from '@fermata/platform/caller'
import type { Operation } from '../context.ts'
import { issuedTicketOf, orderFactsOf, presentTicket } from '../presentation.ts'
import { refuseVoid } from '../refusals.ts'
import { servedTicket } from '../visible-ticket.ts'

/** Asks notifications to mail a ticket to its holder once more. */
export const resendTicket: Operation<typeof api.resendTicket> = async (ctx, request) => {
  const row = await servedTicket(ctx, request.caller, request.params.id)
  refuseVoid(row)
  await ctx.transaction(tx => ctx.publish(tx, api.ticketResent, [{
    ...orderFactsOf(row), ticket: issuedTicketOf(row),
    requested_by: personOf(request.caller).user_id, requested_at: new Date().toISOString(),
  }], request.id))
  return presentTicket(row)
}
