import { getAttendance, type Attendance } from '@fermata/contracts/events'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { Route } from './+types/sales'
import { formatCount } from '../i18n/formats.ts'
import { useT, useTranslator } from '../i18n/translator.tsx'
import { bodyOf, requirePerson } from '../server/answers.server.ts'
import { api } from '../server/session.server.ts'
import { Money, Price } from '../ui/values.tsx'
import { ScrollRegion } from '../ui/scroll-region.tsx'
import { SalesBars } from './sales-bars.tsx'

export async function loader ({ context, params }: Route.LoaderArgs) {
  requirePerson(context, 'event_creator', 'admin')
  return bodyOf(context, await api(context)(getAttendance, { params: { id: params.id } }))
}

export default function Sales ({ loaderData: sales }: Route.ComponentProps) {
  const t = useT()
  return (
    <section className="grid gap-8" aria-labelledby="sales">
      <h2 id="sales" className="sr-only">{t('organizer.sales.title')}</h2>
      <Figures sales={sales} />
      {sales.ticket_types.length === 0 ? (
        <div className="notice notice-warm grid gap-3">
          <p>{t('organizer.sales.none')}</p>
          <p><Link to="ticket-types" className="button">{t('organizer.sales.first_types')}</Link></p>
        </div>
      ) : (
        <div className="panel grid gap-6">
          <h3 className="text-xl">{t('organizer.sales.by_type')}</h3>
          <SalesBars types={sales.ticket_types} />
          <TypeTable sales={sales} />
        </div>
      )}
    </section>
  )
}

function Figures ({ sales }: { sales: Attendance }) {
  const { language, t } = useTranslator()
  const capacity = formatCount(language, sales.capacity)
  const count = (value: number) =>
    <span suppressHydrationWarning>{formatCount(language, value)}</span>
  return (
    <dl className="grid grid-cols-2 gap-4 lg:grid-cols-4">
      <Figure label={t('organizer.sales.sold')} note={t('organizer.sales.of', { capacity })}>
        {count(sales.sold)}
      </Figure>
      <Figure label={t('organizer.sales.held')}>{count(sales.held)}</Figure>
      <Figure label={t('organizer.sales.admitted')}>{count(sales.admitted)}</Figure>
      <Figure label={t('organizer.sales.revenue')}>
        {sales.revenue.length === 0 ? t('shell.none') : sales.revenue.map(({ currency, amount_minor }) => (
          <span key={currency} className="block"><Money minor={amount_minor} currency={currency} /></span>
        ))}
      </Figure>
    </dl>
  )
}

interface FigureProps { label: string, note?: string, children: ReactNode }

function Figure ({ label, note, children }: FigureProps) {
  return (
    <div className="card grid content-start gap-1 p-5">
      <dt className="hint">{label}</dt>
      <dd className="figures text-[clamp(1.35rem,1rem+1.6vw,2rem)] font-bold leading-tight tracking-tight">{children}</dd>
      {note && <dd className="hint" suppressHydrationWarning>{note}</dd>}
    </div>
  )
}

function TypeTable ({ sales }: { sales: Attendance }) {
  const { language, t } = useTranslator()
  const columns = ['type', 'price', 'sold', 'held', 'capacity', 'admitted', 'revenue'] as const
  return (
    <ScrollRegion label={t('organizer.sales.by_type')}>
      <table className="table">
        <thead>
          <tr>
            {columns.map((column, index) => (
              <th key={column} scope="col" className={index > 0 ? 'number' : ''}>
                {t(`organizer.sales.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sales.ticket_types.map(type => (
            <tr key={type.ticket_type_id}>
              <th scope="row" className="text-base! text-ink!">{type.name}</th>
              <td className="number"><Price minor={type.price_minor} currency={type.currency} /></td>
              {(['sold', 'held', 'capacity', 'admitted'] as const).map(column => (
                <td key={column} className="number" suppressHydrationWarning>
                  {formatCount(language, type[column])}
                </td>
              ))}
              <td className="number"><Money minor={type.revenue_minor} currency={type.currency} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  )
}
