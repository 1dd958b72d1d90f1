import { listEvents, type Event } from '@fermata/contracts/events'
import { EventStatus } from '@fermata/contracts/fields'
import { Form, Link } from 'react-router'
import type { Route } from './+types/events'
import { useT } from '../i18n/translator.tsx'
import { EventBadge } from '../organizer/event-badge.tsx'
import { bodyOf, requirePerson } from '../server/answers.server.ts'
import { api } from '../server/session.server.ts'
import { NextPage } from '../ui/next-page.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { DateText } from '../ui/values.tsx'

const page_size = 50
/** The list reaches back to all that was ever held. */
const beginning = '2000-01-01T00:00:00Z'

/** Events of every organiser; each leads to the pages that its organiser has. */
export async function loader ({ context, url }: Route.LoaderArgs) {
  requirePerson(context, 'admin')
  const q = (url.searchParams.get('q') ?? '').trim().slice(0, 200)
  const status = EventStatus.enum.find(one => one === url.searchParams.get('status')) ?? 'published'
  const cursor = url.searchParams.get('cursor') ?? undefined
  const query = { q: q || undefined, status, cursor, from: beginning, limit: page_size }
  const page = bodyOf(context, await api(context)(listEvents, { query }))
  return { ...page, q, status, states: EventStatus.enum }
}

export default function AllEvents ({ loaderData }: Route.ComponentProps) {
  const { items, next_cursor } = loaderData
  const t = useT()
  return (
    <section className="grid gap-6">
      <PageTitle>{t('admin.events.title')}</PageTitle>
      <header className="grid gap-2">
        <h1>{t('admin.events.title')}</h1>
        <p className="text-soft">{t('admin.events.lead')}</p>
      </header>
      <Search {...loaderData} />
      {items.length === 0 ? <p className="panel text-soft">{t('admin.events.empty')}</p> : (
        <ul className="card">{items.map(event => <EventRow key={event.id} event={event} />)}</ul>
      )}
      <NextPage next_cursor={next_cursor} />
    </section>
  )
}

function Search ({ q, status, states }: Route.ComponentProps['loaderData']) {
  const t = useT()
  return (
    <Form method="get" role="search" className="flex flex-wrap items-end gap-3" key={`${q} ${status}`}>
      <div className="field grow">
        <label htmlFor="q">{t('admin.events.search')}</label>
        <input id="q" name="q" type="search" className="input" maxLength={200} defaultValue={q} />
      </div>
      <div className="field">
        <label htmlFor="status">{t('admin.events.status')}</label>
        <select id="status" name="status" className="input" defaultValue={status}>
          {states.map(one => <option key={one} value={one}>{t(`organizer.status.${one}`)}</option>)}
        </select>
      </div>
      <button type="submit" className="button button-quiet">{t('admin.events.find')}</button>
    </Form>
  )
}

function EventRow ({ event }: { event: Event }) {
  const t = useT()
  return (
    <li className="relative flex flex-wrap items-center gap-x-5 gap-y-2 border-b border-line px-5 py-4 last:border-0 hover:bg-sunken">
      <div className="w-full sm:w-auto sm:flex-1">
        <h2 className="text-lg"><Link to={`/organizer/events/${event.id}`} className="after:absolute after:inset-0">{event.title}</Link></h2>
        <p className="hint">
          <DateText at={event.starts_at} zone={event.timezone} style="day_time" />
          {` · ${event.venue.name}, ${event.venue.city}`}
        </p>
        <p className="hint">{t('admin.events.of', { name: event.organizer_name })}</p>
      </div>
      <EventBadge event={event} />
    </li>
  )
}
