import type * as api from '@fermata/contracts/tickets'
import { reply } from '@fermata/platform/service'
import type { Operation } from '../context.ts'
import { fileHeaders, printTickets } from '../printed-tickets.ts'
import { refuseVoid } from '../refusals.ts'
import { visibleTicket } from '../visible-ticket.ts'

/** The ticket to print or keep, in its holder's language or the one asked for. */
export const getTicketPdf: Operation<typeof api.getTicketPdf> = async (ctx, {
  params, query, caller,
}) => {
  const row = await visibleTicket(ctx, caller, params.id)
  refuseVoid(row)
  return reply(await printTickets(ctx, [row], query.locale),
    { headers: fileHeaders('inline', `${row.number}.pdf`) })
}
