import { Link } from 'react-router'
import { formatPrice, leafOf } from '../i18n/formats.ts'
import type { TextKey } from '../i18n/translate.ts'
import { useT, useTranslator } from '../i18n/translator.tsx'
import type { EventCardView } from '../shop/event-view.ts'
import type { SaleSummary } from '../shop/sale-summary.ts'
import { DateText } from './values.tsx'

interface EventCardProps { event: EventCardView, sale: SaleSummary | null, eager: boolean }

/** One event in a list; the whole card leads to it. */
export function EventCard ({ event, sale, eager }: EventCardProps) {
  const { language, t } = useTranslator()
  const leaf = leafOf(language, event.starts_at, event.timezone)
  return (
    <article className="card group relative flex flex-col overflow-hidden focus-within:border-strong hover:border-strong">
      <div className="relative aspect-[16/10] overflow-hidden bg-sunken">
        <img src={event.image} alt="" width="640" height="400" loading={eager ? 'eager' : 'lazy'}
          className="h-full w-full object-cover transition-transform duration-500 group-hover:scale-[1.03] motion-reduce:transform-none" />
        <p aria-hidden="true" className="absolute left-3 top-3 grid min-w-14 justify-items-center rounded-xl bg-surface px-2 py-1.5 leading-none">
          <span className="text-2xl font-bold tracking-tight" suppressHydrationWarning>{leaf.day}</span>
          <span className="pt-1 text-[.8125rem] font-semibold" suppressHydrationWarning>{leaf.month}</span>
        </p>
      </div>
      <div className="flex flex-1 flex-col gap-1.5 p-5">
        <p className="eyebrow">{t(`shop.category.${event.category}`)}</p>
        <h3 className="text-xl">
          <Link to={`/events/${event.slug}`} prefetch="intent" className="after:absolute after:inset-0">{event.title}</Link>
        </h3>
        <p className="text-soft">{event.venue_name}, {event.city}</p>
        <p className="text-soft"><DateText at={event.starts_at} zone={event.timezone} style="day_time" /></p>
        <p className="mt-auto flex flex-wrap items-center gap-2 pt-3">
          <SaleBadges event={event} sale={sale} />
          {sale?.from_minor != null && sale.currency && sale.state !== 'sold_out' && sale.state !== 'ended' && (
            <span className="ml-auto font-semibold" suppressHydrationWarning>
              {sale.from_minor === 0
                ? t('shop.badge.free')
                : t('shop.badge.from', { price: formatPrice(language, sale.from_minor, sale.currency) })}
            </span>
          )}
        </p>
      </div>
    </article>
  )
}

const badges: Partial<Record<SaleSummary['state'], { text: TextKey, look: string }>> = {
  few: { text: 'shop.badge.few', look: 'badge badge-warm' },
  sold_out: { text: 'shop.badge.sold_out', look: 'badge badge-bad' },
  upcoming: { text: 'shop.badge.upcoming', look: 'badge' },
  ended: { text: 'shop.badge.ended', look: 'badge' },
  none: { text: 'shop.badge.none', look: 'badge' },
}

export function SaleBadges ({ event, sale }: {
  event: Pick<EventCardView, 'status' | 'is_past'>, sale: SaleSummary | null
}) {
  const t = useT()
  if (event.status === 'canceled') return <span className="badge badge-bad">{t('shop.badge.canceled')}</span>
  if (event.is_past) return <span className="badge">{t('shop.badge.past')}</span>
  const badge = sale && badges[sale.state]
  return badge ? <span className={badge.look}>{t(badge.text)}</span> : null
}
