import { listEvents, type Event } from '@fermata/contracts/events'
import { Link } from 'react-router'
import type { Route } from './+types/events'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, requirePerson } from '../server/answers.server.ts'
import { api } from '../server/session.server.ts'
import { Empty } from '../ui/empty.tsx'
import { NextPage } from '../ui/next-page.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { DateText } from '../ui/values.tsx'
import { EventBadge } from './event-badge.tsx'

const page_size = 50
/** The list reaches back to all that was ever held. */
const beginning = '2000-01-01T00:00:00Z'

export async function loader ({ context, url }: Route.LoaderArgs) {
  requirePerson(context, 'event_creator', 'admin')
  const cursor = url.searchParams.get('cursor') ?? undefined
  const query = { mine: true, from: beginning, limit: page_size, cursor }
  return bodyOf(context, await api(context)(listEvents, { query }))
}

export default function MyEvents ({ loaderData: { items, next_cursor } }: Route.ComponentProps) {
  const t = useT()
  return (
    <>
      <PageTitle>{t('organizer.title')}</PageTitle>
      <header className="flex flex-wrap items-center justify-between gap-4">
        <h1>{t('organizer.title')}</h1>
        <p className="flex flex-wrap gap-3">
          <Link to="/organizer/people" className="button button-quiet">{t('organizer.people.title')}</Link>
          <Link to="/organizer/events/new" className="button">{t('organizer.new')}</Link>
        </p>
      </header>
      {items.length === 0 ? (
        <Empty title={t('organizer.empty_title')} text={t('organizer.empty_text')}>
          <Link to="/organizer/events/new" className="button">{t('organizer.new')}</Link>
        </Empty>
      ) : (
        <ul className="card">{items.map(event => <EventRow key={event.id} event={event} />)}</ul>
      )}
      <NextPage next_cursor={next_cursor} />
    </>
  )
}

function EventRow ({ event }: { event: Event }) {
  return (
    <li className="relative flex flex-wrap items-center gap-x-5 gap-y-2 border-b border-line px-5 py-4 last:border-0 hover:bg-sunken">
      <div className="w-full sm:w-auto sm:flex-1">
        <h2 className="text-lg"><Link to={`/organizer/events/${event.id}`} className="after:absolute after:inset-0">{event.title}</Link></h2>
        <p className="hint"><DateText at={event.starts_at} zone={event.timezone} style="day_time" /> · {event.venue.name}, {event.venue.city}</p>
      </div>
      <EventBadge event={event} />
    </li>
  )
}
