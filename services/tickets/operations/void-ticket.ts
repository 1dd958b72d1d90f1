import * as api from '@fermata/contracts/tickets'
import type { Operation } from '../context.ts'
import { issuedTicketOf, orderFactsOf, presentTicket } from '../presentation.ts'
import { findTicket, voidTickets } from '../queries/tickets.ts'
import { refusalProblem } from '../refusals.ts'
import { servedTicket } from '../visible-ticket.ts'

/** Makes one ticket invalid; the money is another matter, which orders and payments decide. */
export const voidTicket: Operation<typeof api.voidTicket> = async (ctx, request) => {
  const { id } = await servedTicket(ctx, request.caller, request.params.id)
  return ctx.transaction(async tx => {
    const reason = request.body.reason?.trim() || null
    const done = await voidTickets(tx, { ids: [id] }, reason)
    const row = (await findTicket(tx, id))!
    if (done.length === 0) {
      throw refusalProblem(row, row.status === 'used' ? 'already_admitted' : 'void')
    }
    await ctx.publish(tx, api.ticketVoided, [{
      ...orderFactsOf(row), ticket: issuedTicketOf(row), voided_at: row.voided_at!, reason,
    }], request.id)
    return presentTicket(row)
  })
}
