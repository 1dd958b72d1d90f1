import { getTicketCalendar, getTicketPdf, getTicketQr } from '@fermata/contracts/tickets'
import { data } from 'react-router'
import type { Route } from './+types/ticket-file'
import { refusal } from '../server/answers.server.ts'
import { api, orderApi } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'

/**
 * Files of a ticket for whoever may see it: with the order's token, which a browser cannot send by
 * itself, or signed in.
 */
export async function loader ({ context, params }: Route.LoaderArgs) {
  const { id, file } = params
  const order_id = 'order_id' in params ? params.order_id : null
  const call = order_id ? orderApi(context, order_id) : api(context)
  const { language } = context.get(visitorOf)
  const requests = {
    'qr.svg': () => call(getTicketQr, { params: { id } }),
    'ticket.pdf': () => call(getTicketPdf, { params: { id }, query: { locale: language } }),
    'calendar.ics': () => call(getTicketCalendar, { params: { id } }),
  }
  const request = Object.hasOwn(requests, file) ? requests[file as keyof typeof requests] : null
  if (!request) throw data(null, { status: 404 })
  const answer = await request()
  if (!answer.ok) throw refusal(context, answer)
  return new Response(answer.body as Uint8Array<ArrayBuffer>, {
    headers: {
      'content-type': answer.headers.get('content-type') ?? 'application/octet-stream',
      'content-disposition': answer.headers.get('content-disposition') ?? (file === 'qr.svg' ? 'inline' : `attachment; filename="${file}"`),
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    },
  })
}
