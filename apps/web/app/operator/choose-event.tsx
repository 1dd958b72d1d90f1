import { listEvents } from '@fermata/contracts/events'
import { Link } from 'react-router'
import type { Route } from './+types/choose-event'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, requirePerson } from '../server/answers.server.ts'
import { api } from '../server/session.server.ts'
import { Empty } from '../ui/empty.tsx'
import { NextPage } from '../ui/next-page.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { DateText } from '../ui/values.tsx'

const page_size = 50

export async function loader ({ context, url }: Route.LoaderArgs) {
  requirePerson(context)
  const cursor = url.searchParams.get('cursor') ?? undefined
  const query = { serving: true, limit: page_size, cursor }
  return bodyOf(context, await api(context)(listEvents, { query }))
}

export default function ChooseEvent ({ loaderData: { items, next_cursor } }: Route.ComponentProps) {
  const t = useT()
  return (
    <>
      <PageTitle>{t('door.title')}</PageTitle>
      <header className="grid gap-2"><h1>{t('door.title')}</h1><p className="text-lg text-soft">{t('door.lead')}</p></header>
      {items.length === 0 ? <Empty title={t('door.empty_title')} text={t('door.empty_text')} /> : (
        <ul className="card" aria-label={t('door.today')}>
          {items.map(event => (
            <li key={event.id} className="relative grid gap-0.5 border-b border-line px-5 py-4 last:border-0 hover:bg-sunken">
              <h2 className="text-lg"><Link to={`/door/${event.id}`} className="after:absolute after:inset-0">{event.title}</Link></h2>
              <p className="hint"><DateText at={event.starts_at} zone={event.timezone} style="day_time" /> · {event.venue.name}, {event.venue.city}</p>
            </li>
          ))}
        </ul>
      )}
      <NextPage next_cursor={next_cursor} />
    </>
  )
}
