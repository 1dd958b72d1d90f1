import { notFound } from '@fermata/contracts/problems'
import type * as api from '@fermata/contracts/tickets'
import { Problem } from '@fermata/platform/problem'
import { reply } from '@fermata/platform/service'
import type { Operation } from '../context.ts'
import { calendarOf, fileHeaders } from '../printed-tickets.ts'
import { findTicketsOfOrder } from '../queries/tickets.ts'

export const getOrderCalendar: Operation<typeof api.getOrderCalendar> = async (ctx, { params }) => {
  const row = (await findTicketsOfOrder(ctx.db, params.order_id))[0]
  if (!row) throw new Problem(notFound)
  return reply(calendarOf(ctx, row), { headers: fileHeaders('attachment', `${row.event.slug}.ics`) })
}
