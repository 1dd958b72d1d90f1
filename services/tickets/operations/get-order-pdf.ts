import { notFound } from '@fermata/contracts/problems'
import type * as api from '@fermata/contracts/tickets'
import { Problem } from '@fermata/platform/problem'
import { reply } from '@fermata/platform/service'
import type { Operation } from '../context.ts'
import { fileHeaders, printTickets } from '../printed-tickets.ts'
import { findTicketsOfOrder } from '../queries/tickets.ts'

/** A page for each ticket that is not void, in the buyer's language or the one asked for. */
export const getOrderPdf: Operation<typeof api.getOrderPdf> = async (ctx, { params, query }) => {
  const rows = (await findTicketsOfOrder(ctx.db, params.order_id)).filter(row => row.status !== 'void')
  if (rows.length === 0) throw new Problem(notFound)
  return reply(await printTickets(ctx, rows, query.locale),
    { headers: fileHeaders('attachment', `${rows[0]!.order_code}.pdf`) })
}
