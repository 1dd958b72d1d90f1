import { Form } from 'react-router'
import type { OrderSituation } from '../shop/order-situation.ts'
import { useT } from '../i18n/translator.tsx'
import { DateText } from '../ui/values.tsx'
import type { DoorData } from './door.tsx'

const looks = { active: 'badge badge-good', used: 'badge badge-warm', void: 'badge badge-bad' } as const

/** What an order has come to where its tickets' own state says it all. */
const says_nothing = new Set<OrderSituation>(['paid', 'free'])

/** For who comes without a code: find the ticket by name or number, then admit it here. */
export function LookUp ({ q, found, without_tickets, gate, event: { timezone } }: DoorData) {
  const t = useT()
  return (
    <section className="panel grid gap-4" aria-labelledby="look-up">
      <h2 id="look-up" className="text-xl">{t('door.search')}</h2>
      <Form method="get" role="search" className="flex flex-wrap items-end gap-3" key={q}>
        <div className="field grow">
          <label htmlFor="q">{t('door.search_hint')}</label>
          <input id="q" name="q" type="search" className="input" maxLength={500} defaultValue={q} />
        </div>
        <input type="hidden" name="gate" value={gate} />
        <button type="submit" className="button button-quiet">{t('door.find')}</button>
      </Form>
      <div role="status">
        {q !== '' && found === null && <p>{t('door.search_failed')}</p>}
        {found?.length === 0 && without_tickets.length === 0 && <p>{t('door.no_result')}</p>}
        {found && found.length > 0 && (
          <ul className="grid" aria-label={t('door.results')}>
            {found.map(ticket => (
              <li key={ticket.id} className="flex flex-wrap items-center justify-between gap-3 border-b border-line py-3 last:border-0">
                <span className="grid min-w-0">
                  <strong><bdi>{ticket.holder.name}</bdi></strong>
                  <span className="hint break-all">{ticket.holder.email}</span>
                  <span className="hint"><span className="font-mono">{ticket.number}</span> · {ticket.type}</span>
                  {ticket.situation && !says_nothing.has(ticket.situation) && <span>{t(`door.order.${ticket.situation}`)}</span>}
                </span>
                <span className="flex items-center gap-3">
                  <span className={looks[ticket.status]}>
                    {t(`shop.ticket.status.${ticket.status}`)}
                    {' '}
                    {ticket.admitted_at &&
                      <DateText at={ticket.admitted_at} zone={timezone} style="time" />}
                  </span>
                  {ticket.status === 'active' && (
                    <Form method="post">
                      <input type="hidden" name="code" value={ticket.code} />
                      <input type="hidden" name="gate" value={gate} />
                      <button type="submit" name="intent" value="admit" className="button">{t('door.admit')}</button>
                    </Form>
                  )}
                </span>
              </li>
            ))}
          </ul>
        )}
        {without_tickets.length > 0 && (
          <ul className="grid" aria-label={t('door.without_tickets')}>
            {without_tickets.map(order => (
              <li key={order.id} className="flex flex-wrap items-center justify-between gap-3 border-b border-line py-3 last:border-0">
                <span className="grid min-w-0">
                  <strong>{order.buyer.name}</strong>
                  <span className="hint break-all">{order.buyer.email}</span>
                  <span className="hint"><span className="font-mono">{order.code}</span> · {t('door.ordered', { count: order.quantity })}</span>
                  <span>{t(`door.order.${order.situation}`)}</span>
                </span>
                <span className="badge badge-bad">{t('door.no_ticket')}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  )
}
