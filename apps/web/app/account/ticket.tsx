import { getTicket } from '@fermata/contracts/tickets'
import { Link } from 'react-router'
import type { Route } from './+types/ticket'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, requirePerson } from '../server/answers.server.ts'
import { api } from '../server/session.server.ts'
import { PageTitle } from '../ui/page-title.tsx'
import { TicketCard } from '../ui/ticket-card.tsx'

export async function loader ({ context, params }: Route.LoaderArgs) {
  requirePerson(context)
  return { ticket: bodyOf(context, await api(context)(getTicket, { params: { id: params.id } })) }
}

export default function TicketPage ({ loaderData: { ticket } }: Route.ComponentProps) {
  const t = useT()
  return (
    <div className="mx-auto grid w-full max-w-md gap-5">
      <PageTitle>{t('shop.ticket.number', { number: ticket.number })}</PageTitle>
      <h1 className="sr-only">{t('shop.ticket.number', { number: ticket.number })}</h1>
      <TicketCard ticket={ticket} files={`/account/tickets/${ticket.id}`} />
      <p className="flex flex-wrap gap-x-6 gap-y-1">
        <Link to="/account/tickets" className="link">{t('account.tickets.title')}</Link>
        <Link to={`/orders/${ticket.order_id}`} className="link">{t('shop.order.title', { code: ticket.order_code })}</Link>
      </p>
    </div>
  )
}
