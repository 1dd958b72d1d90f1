import type * as api from '@fermata/contracts/tickets'
import { reply } from '@fermata/platform/service'
import type { Operation } from '../context.ts'
import { calendarOf, fileHeaders } from '../printed-tickets.ts'
import { visibleTicket } from '../visible-ticket.ts'

export const getTicketCalendar: Operation<typeof api.getTicketCalendar> = async (ctx, {
  params, caller,
}) => {
  const row = await visibleTicket(ctx, caller, params.id)
  return reply(calendarOf(ctx, row), { headers: fileHeaders('attachment', `${row.event.slug}.ics`) })
}
