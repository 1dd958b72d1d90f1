import type * as api from '@fermata/contracts/tickets'
import { reply } from '@fermata/platform/service'
import { qrSvg } from '../adapters/qr-code.ts'
import type { Operation } from '../context.ts'
import { fileHeaders } from '../printed-tickets.ts'
import { refuseVoid } from '../refusals.ts'
import { visibleTicket } from '../visible-ticket.ts'

export const getTicketQr: Operation<typeof api.getTicketQr> = async (ctx, { params, caller }) => {
  const row = await visibleTicket(ctx, caller, params.id)
  refuseVoid(row)
  return reply(qrSvg(row.code), { headers: fileHeaders('inline', `${row.number}.svg`) })
}
