import { listTickets, type Ticket } from '@fermata/contracts/tickets'
import { Link } from 'react-router'
import type { Route } from './+types/tickets'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, requirePerson } from '../server/answers.server.ts'
import { api } from '../server/session.server.ts'
import { artworkOf } from '../shop/event-view.ts'
import { Empty } from '../ui/empty.tsx'
import { NextPage } from '../ui/next-page.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { DateText } from '../ui/values.tsx'

const page_size = 50

export async function loader ({ context, url }: Route.LoaderArgs) {
  requirePerson(context)
  const cursor = url.searchParams.get('cursor') ?? undefined
  const page = bodyOf(context,
    await api(context)(listTickets, { query: { limit: page_size, cursor } }))
  const rows = page.items.map(rowOf)
  const now = Date.now()
  const is_past = (row: Row) => Date.parse(row.ends_at) < now
  return {
    upcoming: rows.filter(row => !is_past(row)).sort((a, b) => a.starts_at < b.starts_at ? -1 : 1),
    past: rows.filter(is_past),
    next_cursor: page.next_cursor,
  }
}

const rowOf = ({ id, number, status, event, event_title, ticket_type_name }: Ticket) => ({
  id, number, status, title: event_title, type: ticket_type_name,
  starts_at: event.starts_at, ends_at: event.ends_at,
  timezone: event.timezone, venue: `${event.venue.name}, ${event.venue.city}`,
  image: artworkOf({ images: event.image ? [event.image] : [], category: event.category as never,
    slug: event.slug }),
})
type Row = ReturnType<typeof rowOf>

export default function MyTickets ({ loaderData }: Route.ComponentProps) {
  const { upcoming, past, next_cursor } = loaderData
  const t = useT()
  return (
    <div className="grid gap-8">
      <PageTitle>{t('account.tickets.title')}</PageTitle>
      <h1>{t('account.tickets.title')}</h1>
      {upcoming.length + past.length === 0 && (
        <Empty title={t('account.tickets.empty_title')} text={t('account.tickets.empty_text')}>
          <Link to="/" className="button">{t('account.tickets.browse')}</Link>
        </Empty>
      )}
      {upcoming.length > 0 && <Rows title={t('account.tickets.upcoming')} rows={upcoming} />}
      {past.length > 0 && <Rows title={t('account.tickets.past')} rows={past} />}
      <NextPage next_cursor={next_cursor} />
    </div>
  )
}

const looks = { active: 'badge badge-good', used: 'badge', void: 'badge badge-bad' } as const

function Rows ({ title, rows }: { title: string, rows: Row[] }) {
  const t = useT()
  return (
    <section className="grid gap-4" aria-label={title}>
      <h2>{title}</h2>
      <ul className="grid gap-4 lg:grid-cols-2">
        {rows.map(row => (
          <li key={row.id} className="card relative grid grid-cols-[6.5rem_1fr] overflow-hidden hover:border-strong sm:grid-cols-[9rem_1fr]">
            <img src={row.image} alt="" width="320" height="200" loading="lazy" className="h-full w-full object-cover" />
            <div className="grid content-center gap-1 p-4">
              <p className="flex flex-wrap items-center justify-between gap-2">
                <span className="font-mono text-sm">{row.number}</span>
                <span className={looks[row.status]}>{t(`shop.ticket.status.${row.status}`)}</span>
              </p>
              <h3><Link to={`/account/tickets/${row.id}`} className="after:absolute after:inset-0">{row.title}</Link></h3>
              <p className="hint"><DateText at={row.starts_at} zone={row.timezone} style="day_time" /> · {row.venue}</p>
              <p className="font-semibold">{row.type}</p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}
