import type { Ticket } from '@fermata/contracts/tickets'
import { formatDate } from '../i18n/formats.ts'
import { useTranslator } from '../i18n/translator.tsx'
import { DateText, Price } from './values.tsx'

interface TicketCardProps {
  ticket: Ticket
  /** Path below which the ticket's files are: `qr.svg`, `ticket.pdf`, `calendar.ics`. */
  files: string
}

const looks = { active: 'badge badge-good', used: 'badge', void: 'badge badge-bad' } as const

/**
 * One ticket with its code, like the paper one: what it is for above, the tear-off with the code
 * below.
 */
export function TicketCard ({ ticket, files }: TicketCardProps) {
  const { language, t } = useTranslator()
  const { event } = ticket
  return (
    <article className="card flex flex-col overflow-hidden" aria-label={t('shop.ticket.number', { number: ticket.number })}>
      <div className="grid gap-1 p-5">
        <p className="flex items-center justify-between gap-3">
          <span className="font-mono text-sm font-semibold">{ticket.number}</span>
          <span className={looks[ticket.status]}>{t(`shop.ticket.status.${ticket.status}`)}</span>
        </p>
        <h3 className="text-xl"><bdi>{ticket.event_title}</bdi></h3>
        <p className="text-soft">
          <DateText at={event.starts_at} zone={event.timezone} style="day_time" />
          {' · '}<bdi>{event.venue.name}</bdi>
        </p>
        <p className="pt-1">
          <strong>{ticket.ticket_type_name}</strong>{' · '}<bdi>{ticket.holder.name}</bdi>
          {' · '}<Price minor={ticket.price_minor} currency={ticket.currency} />
        </p>
      </div>
      <div className="mt-auto grid gap-4 border-t-2 border-dashed border-line p-5">
        {ticket.status === 'active' && (
          <>
            {/* White in the dark as well: scanners need dark modules on light ground. */}
            <img src={`${files}/qr.svg`} alt={t('shop.ticket.qr', { number: ticket.number })} width="240" height="240"
              className="mx-auto aspect-square w-60 rounded-xl bg-white p-2" />
            <p className="hint text-center">{t('shop.ticket.show')}</p>
          </>
        )}
        {ticket.status === 'used' && ticket.admitted_at && (
          <p suppressHydrationWarning>{t('shop.ticket.used_text',
            { time: formatDate(language, ticket.admitted_at, event.timezone, 'day_time') })}</p>
        )}
        {ticket.status === 'void' && <p>{t('shop.ticket.void_text')}</p>}
        {ticket.status !== 'void' && (
          <p className="flex flex-wrap gap-2">
            <a href={`${files}/ticket.pdf`} className="button button-quiet flex-1">{t('shop.ticket.pdf')}</a>
            <a href={`${files}/calendar.ics`} className="button button-quiet flex-1">{t('shop.ticket.calendar')}</a>
          </p>
        )}
        {ticket.status === 'active' && (
          <details className="text-sm">
            <summary className="min-h-8 cursor-pointer text-soft">{t('shop.ticket.code')}</summary>
            <code className="block break-all pt-2 font-mono">{ticket.code}</code>
          </details>
        )}
      </div>
    </article>
  )
}
