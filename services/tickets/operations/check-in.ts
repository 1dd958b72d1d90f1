import * as api from '@fermata/contracts/tickets'
import { personOf } from '@fermata/platform/caller'
import { uuidv7 } from '@fermata/platform/ids'
import type { Operation } from '../context.ts'
import { issuedTicketOf, orderFactsOf, presentTicket } from '../presentation.ts'
import { ticketOfCode } from '../presented-code.ts'
import { findTicket } from '../queries/tickets.ts'
import { refusalProblem } from '../refusals.ts'
import { refusalOf } from '../rules/admission.ts'

/**
 * Admits a ticket, once. The decision is the admitting statement's alone; what was read before
 * only says whom it is about, and what is read afterwards says why not.
 */
export const checkIn: Operation<typeof api.checkIn> = async (ctx, request) => {
  const { event_id, gate } = request.body
  const person = personOf(request.caller)
  const presented = await ticketOfCode(ctx, request.caller, request.body)
  return ctx.write(request, async tx => {
    const check_in = {
      id: uuidv7(), ticket_id: presented.id, event_id, gate, admitted_by: person.email,
      admitted_by_id: person.user_id,
    }
    const [admitted] = await ctx.resources.admitTickets(tx, [check_in])
    const row = (await findTicket(tx, presented.id))!
    if (!admitted) {
      const refusal = refusalOf(row, event_id)
      throw refusal ? refusalProblem(row, refusal) : new Error('What may enter was not admitted')
    }
    await ctx.publish(tx, api.ticketAdmitted, [{
      ...orderFactsOf(row), ticket: issuedTicketOf(row), admitted_at: row.admitted_at!, gate,
      admitted_by: row.admitted_by!,
    }], request.id)
    return {
      id: check_in.id, ticket: presentTicket(row), admitted_at: row.admitted_at!, gate,
      admitted_by: row.admitted_by!,
    }
  })
}
