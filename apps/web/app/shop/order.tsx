import { getEvent } from '@fermata/contracts/events'
import { erasedBuyer } from '@fermata/contracts/fields'
import { getOrderMail } from '@fermata/contracts/notifications'
import { listTickets } from '@fermata/contracts/tickets'
import { Link, redirect } from 'react-router'
import type { Route } from './+types/order'
import { formatPrice } from '../i18n/formats.ts'
import { useT, useTranslator } from '../i18n/translator.tsx'
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
import { decisivePayment, loadOrder } from './order-access.server.ts'
import { situationOf, type OrderSituation } from './order-situation.ts'

/** An order holds at most this many tickets on one page; more follow in the PDF. */
const max_tickets = 100

export async function loader ({ context, params }: Route.LoaderArgs) {
  const order = await loadOrder(context, params.id)
  if (order.status === 'pending') throw redirect(`/orders/${order.id}/pay`)
  const is_free = order.status === 'completed' && order.total_minor === 0
  const [tickets, event, payment, mail] = await Promise.all([
    order.status === 'completed' || order.status === 'refunded'
      ? optional(orderApi(context, order.id)(listTickets,
        { query: { order_id: order.id, limit: max_tickets } }))
      : null,
    optional(api(context)(getEvent, { params: { id: order.event_id } })),
    order.total_minor > 0 ? decisivePayment(context, order.id) : null,
    // What was paid for is mailed at once.
    is_free
      ? optional(orderApi(context, order.id)(getOrderMail, { params: { id: order.id } }))
      : null,
  ])
  const expected = order.items.reduce((sum, item) => sum + item.quantity, 0)
  return {
    order,
    situation: situationOf(order, payment),
    refunded_minor: payment?.refunded_minor ?? 0,
    tickets: tickets?.items ?? [],
    mail_due_at: mail?.due_at ?? null,
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
  const { order, situation, is_issuing } = loaderData
  return (
    <div className="wrap grid gap-10 pt-8">
      <PageTitle>{t('shop.order.title', { code: order.code })}</PageTitle>
      {is_good[situation] ? <Thanks {...loaderData} /> : <Ended {...loaderData} />}
      {is_issuing && <Issuing />}
      <MailWaits {...loaderData} />
      <Tickets {...loaderData} />
      <Receipt {...loaderData} />
    </div>
  )
}

type OrderData = Route.ComponentProps['loaderData']

/** Whose tickets let somebody in. */
const is_good: Partial<Record<OrderSituation, true>> =
  { paid: true, paid_late: true, free: true, partly_refunded: true }

/** Where there may still be a payment, the same tickets again would be paid twice. */
const may_choose_again: Partial<Record<OrderSituation, true>> = {
  expired_unpaid: true, canceled_unpaid: true, refunded: true, withdrawn: true,
  late_given_back: true, canceled_given_back: true,
}

/** What is decided within seconds: the page looks again by itself. */
const is_moving: Partial<Record<OrderSituation, true>> = {
  arrived: true, expired_checking: true, expired_paid: true, canceled_checking: true,
  canceled_paid: true, refund_coming: true,
}

/** Nobody can be mailed, or make an account with the address, any more. */
const isErased = ({ buyer }: OrderData['order']) => buyer.email === erasedBuyer.email

function useWords ({ order, situation, refunded_minor, mail_due_at }: OrderData) {
  const { language, t } = useTranslator()
  const amount = formatPrice(language, refunded_minor, order.currency)
  return {
    title: t(`shop.order.is.${situation}.title`),
    text: isErased(order) && is_good[situation] ? t('shop.order.erased')
      : mail_due_at !== null ? ''
      : t(`shop.order.is.${situation}.text`, { email: order.buyer.email, amount }),
  }
}

function Thanks (page: OrderData) {
  const { order, event } = page
  const { title, text } = useWords(page)
  return (
    <header className="grid gap-4 rounded-3xl bg-surface border border-line p-[clamp(1.25rem,4vw,3rem)]">
      <Logo className="h-12 w-16" />
      <h1>{title}</h1>
      <div className="grid gap-1 text-lg">
        <p className="text-xl font-bold">{order.event_title}</p>
        {event && <p><DateText at={event.starts_at} zone={event.timezone} style="full" /></p>}
        {event && <p>{event.venue.name}, {event.venue.city}</p>}
      </div>
      {text !== '' && <p className="text-soft" role="status" suppressHydrationWarning>{text}</p>}
    </header>
  )
}

function Ended (page: OrderData) {
  const { event, choice, situation } = page
  const t = useT()
  const { title, text } = useWords(page)
  return (
    <header className="grid justify-items-center gap-4 py-8 text-center">
      <HeldNote className="w-40 text-strong" />
      <h1 className="text-4xl">{title}</h1>
      <p className="max-w-prose text-lg text-soft" role="status">{text}</p>
      {is_moving[situation] && <LookAgain />}
      {event?.is_selling && may_choose_again[situation] && (
        <Link to={`/events/${event.slug}?${choice}#tickets`} className="button">{t('shop.order.choose_again')}</Link>
      )}
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

function MailWaits ({ mail_due_at: at, order: { buyer: { email } } }: OrderData) {
  const t = useT()
  if (at === null) return null
  return (
    <div role="status" className="notice notice-warm">
      <p className="font-bold">{t('shop.order.mail_waits')}</p>
      <p>{t('shop.order.mail_waits_text', { email })} <LocalTime at={at} />.</p>
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
      {is_guest && !isErased(order) && order.status === 'completed' && (
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
