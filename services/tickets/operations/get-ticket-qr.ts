import * as api from '@fermata/contracts/tickets'
import { Problem } from '@fermata/platform/problem'
import { reply } from '@fermata/platform/service'
import { qrSvg } from '../adapters/qr-code.ts'
import type { Operation } from '../context.ts'
import { fileHeaders } from '../printed-tickets.ts'
import { visibleTicket } from '../visible-ticket.ts'

export const getTicketQr: Operation<typeof api.getTicketQr> = async (ctx, { params, caller }) => {
  const row = await visibleTicket(ctx, caller, params.id)
  if (row.status === 'void') {
    throw new Problem(api.ticketVoid, undefined, { extensions: { voided_at: row.voided_at } })
  }
  return reply(qrSvg(row.code), { headers: fileHeaders('inline', `${row.number}.svg`) })
}
