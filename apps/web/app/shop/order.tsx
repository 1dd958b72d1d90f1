import { getEvent } from '@fermata/contracts/events'
import type { Order } from '@fermata/contracts/orders'
import { listTickets } from '@fermata/contracts/tickets'
import { Link, redirect } from 'react-router'
import type { Route } from './+types/order'
import { useT } from '../i18n/translator.tsx'
import { optional } from '../server/answers.server.ts'
import { api, orderApi, sessionOf } from '../server/session.server.ts'
import { HeldNote } from '../ui/held-note.tsx'
import { Logo } from '../ui/logo.tsx'
import { LookAgain } from '../ui/look-again.tsx'
import { OrderLines } from '../ui/order-lines.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { TicketCard } from '../ui/ticket-card.tsx'
import { DateText, LocalTime } from '../ui/values.tsx'
import { choiceQuery } from './choice.ts'
import { loadOrder } from './order-access.server.ts'

/** An order holds at most this many tickets on one page; more follow in the PDF. */
const max_tickets = 100

export async function loader ({ context, params }: Route.LoaderArgs) {
  const order = await loadOrder(context, params.id)
  if (order.status === 'pending') throw redirect(`/orders/${order.id}/pay`)
  const [tickets, event] = await Promise.all([
    order.status === 'completed' || order.status === 'refunded'
      ? optional(orderApi(context, order.id)(listTickets,
        { query: { order_id: order.id, limit: max_tickets } }))
      : null,
    optional(api(context)(getEvent, { params: { id: order.event_id } })),
  ])
  const expected = order.items.reduce((sum, item) => sum + item.quantity, 0)
  return {
    order,
    tickets: tickets?.items ?? [],
    is_issuing: order.status === 'completed'
      && (tickets?.items.length ?? 0) < Math.min(expected, max_tickets),
    event: event && { slug: event.slug, starts_at: event.starts_at, timezone: event.timezone,
      venue: event.venue, is_selling: event.status === 'published' && !event.is_past },
    is_guest: context.get(sessionOf).me === null,
    choice: choiceQuery(order.items),
  }
}

export default function OrderPage ({ loaderData }: Route.ComponentProps) {
  const t = useT()
  const { order, is_issuing } = loaderData
  return (
    <div className="wrap grid gap-10 pt-8">
      <PageTitle>{t('shop.order.title', { code: order.code })}</PageTitle>
      {order.status === 'completed' ? <Thanks {...loaderData} /> : <Ended {...loaderData} />}
      {is_issuing && <Issuing />}
      <Tickets {...loaderData} />
      <Receipt {...loaderData} />
    </div>
  )
}

type OrderData = Route.ComponentProps['loaderData']

function Thanks ({ order, event }: OrderData) {
  const t = useT()
  return (
    <header className="grid gap-4 rounded-3xl bg-surface border border-line p-[clamp(1.25rem,4vw,3rem)]">
      <Logo className="h-12 w-16" />
      <h1>{t('shop.order.thanks')}</h1>
      <div className="grid gap-1 text-lg">
        <p className="text-xl font-bold">{order.event_title}</p>
        {event && <p><DateText at={event.starts_at} zone={event.timezone} style="full" /></p>}
        {event && <p>{event.venue.name}, {event.venue.city}</p>}
      </div>
      <p className="text-soft" role="status">{t('shop.order.thanks_text', { email: order.buyer.email })}</p>
    </header>
  )
}

function Ended ({ order, event, choice }: OrderData) {
  const t = useT()
  const status = order.status as Exclude<Order['status'], 'completed' | 'pending'>
  return (
    <header className="grid justify-items-center gap-4 py-8 text-center">
      <HeldNote className="w-40 text-strong" />
      <h1 className="text-4xl">{t(`shop.order.${status}_title`)}</h1>
      <p className="max-w-prose text-lg text-soft">{t(`shop.order.${status}_text`)}</p>
      {event?.is_selling && <Link to={`/events/${event.slug}?${choice}#tickets`} className="button">{t('shop.order.choose_again')}</Link>}
    </header>
  )
}

function Issuing () {
  const t = useT()
  return (
    <div role="status" className="notice notice-warm">
      <p className="font-bold">{t('shop.order.issuing')}</p>
      <p>{t('shop.order.issuing_text')}</p>
      <LookAgain />
    </div>
  )
}

function Tickets ({ tickets, order }: OrderData) {
  const t = useT()
  if (tickets.length === 0) return null
  return (
    <section aria-labelledby="tickets" className="grid gap-5">
      <h2 id="tickets">{t('shop.event.tickets')}</h2>
      <ul className="grid gap-5 md:grid-cols-2 xl:grid-cols-3">
        {tickets.map(ticket => (
          <li key={ticket.id} className="grid">
            <TicketCard ticket={ticket} files={`/orders/${order.id}/tickets/${ticket.id}`} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Receipt ({ order, is_guest }: OrderData) {
  const t = useT()
  return (
    <div className="grid gap-6 lg:grid-cols-[1.4fr_1fr] lg:items-start">
      <section aria-labelledby="receipt" className="panel grid gap-4">
        <h2 id="receipt">{t('shop.order.summary')}</h2>
        <OrderLines lines={order.items} total_minor={order.total_minor} currency={order.currency}
          promo_code={order.promo_code} />
        <dl className="facts">
          <dt>{t('shop.order.number')}</dt><dd className="font-mono font-semibold">{order.code}</dd>
          <dt>{t('shop.order.placed')}</dt>
          <dd><LocalTime at={order.created_at} /></dd>
        </dl>
      </section>
      {is_guest && order.status === 'completed' && (
        <aside className="panel grid gap-3">
          <h2 className="text-xl">{t('shop.order.create_account')}</h2>
          <p className="text-soft">{t('shop.order.create_account_text')}</p>
          <p><Link to="/sign-up" className="button button-quiet">{t('account.sign_up')}</Link></p>
          <p className="hint">{t('shop.order.keep_link')}</p>
        </aside>
      )}
    </div>
  )
}
