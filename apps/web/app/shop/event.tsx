import { offsetNote } from '@fermata/contracts/clocks'
import { getEvent, type Event } from '@fermata/contracts/events'
import { Form, Link } from 'react-router'
import type { Route } from './+types/event'
import { countryName, formatDate, zoneName } from '../i18n/formats.ts'
import { useT, useTranslator } from '../i18n/translator.tsx'
import { bodyOf } from '../server/answers.server.ts'
import { api } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { Field } from '../ui/field.tsx'
import { Notice } from '../ui/notice.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { DateText } from '../ui/values.tsx'
import { readChoice, readCodes } from './choice.ts'
import { QueueNotice } from './queue-notice.tsx'
import { loadQueue } from './queue-place.server.ts'
import { listShown } from './shown-types.server.ts'
import { SoldOut } from './sold-out.tsx'
import { isSoldOut } from './type-state.ts'
import { EventMeta } from './event-meta.tsx'
import { artworkOf } from './event-view.ts'
import { TicketChoice } from './ticket-choice.tsx'

export async function loader ({ context, params, url }: Route.LoaderArgs) {
  const call = api(context)
  const event = bodyOf(context, await call(getEvent, { params: { id: params.slug } }))
  const codes = readCodes(url.searchParams)
  const types = bodyOf(context, await listShown(call, event.id, codes))
  const room = await loadQueue(context, event.id)
  return {
    room: room?.queue.state === 'closed' ? null : room,
    event: { ...event, image: artworkOf(event) },
    types: types.items.sort((a, b) => a.position - b.position),
    chosen: readChoice(url.searchParams), codes,
    is_choice_missing: url.searchParams.has('choose'),
    origin: context.get(visitorOf).origin,
  }
}
export type EventPage = Awaited<ReturnType<typeof loader>>

export default function EventDetails ({ loaderData }: Route.ComponentProps) {
  const { event, types } = loaderData
  const t = useT()
  return (
    <article>
      <PageTitle>{event.title}</PageTitle>
      <EventMeta {...loaderData} />
      <div className="wrap pt-5"><Link to="/" className="nav-link -ml-3">← {t('shop.event.back')}</Link></div>
      <div className="wrap grid gap-x-12 gap-y-8 pt-3 lg:grid-cols-[1.15fr_1fr] lg:items-start">
        <div className="grid gap-6">
          <img src={event.image} alt="" width="640" height="400" className="card aspect-[16/10] w-full object-cover" />
        </div>
        <div className="grid gap-6">
          <header className="grid gap-3">
            <p className="eyebrow">{t(`shop.category.${event.category}`)}</p>
            <h1>{event.title}</h1>
          </header>
          <Facts event={event} />
        </div>
      </div>
      <div className="wrap grid gap-x-12 gap-y-10 pt-12 lg:grid-cols-[1.15fr_1fr] lg:items-start">
        <section aria-labelledby="about" className="reading grid gap-4 max-lg:order-2">
          <h2 id="about">{t('shop.event.about')}</h2>
          {event.description.split(/\n\s*\n/).map((paragraph, index) => (
            <p key={index} className="whitespace-pre-line text-lg">{paragraph}</p>
          ))}
        </section>
        <section aria-labelledby="tickets" className="grid gap-4">
          <h2 id="tickets">{t('shop.event.tickets')}</h2>
          <State {...loaderData} />
          {types.length > 0 && event.status === 'published' && !event.is_past
            && <Tickets {...loaderData} />}
          {event.status === 'published' && !event.is_past && <AccessCode {...loaderData} />}
        </section>
      </div>
    </article>
  )
}

/** Opens what is sold only to those who have a code; folded away for everybody else. */
function AccessCode ({ event, codes, types }: EventPage) {
  const t = useT()
  return (
    <details open={codes.code !== undefined}>
      <summary className="link min-h-11 cursor-pointer content-center">{t('shop.event.have_code')}</summary>
      <Form method="get" action={`/events/${event.slug}#tickets`} className="flex flex-wrap items-end gap-3 pt-2">
        <Field name="code" label={t('shop.event.code')} maxLength={64} autoComplete="off" required
          defaultValue={codes.code} className="min-w-48 flex-1" />
        <button type="submit" className="button button-quiet">{t('shop.event.show_code')}</button>
      </Form>
      {codes.code !== undefined && !types.some(({ is_hidden }) => is_hidden) && (
        <p role="status" className="hint pt-2">{t('shop.event.code_opens_nothing')}</p>
      )}
    </details>
  )
}

/** Behind a waiting room, only for who has their turn. */
function Tickets (page: EventPage) {
  const { event, room } = page
  return room && !maySeeChoice(room) ? <QueueNotice event={event} room={room} /> : <TicketChoice {...page} />
}

const maySeeChoice = (room: EventPage['room']) => !room || room.position?.status === 'your_turn'

function Facts ({ event }: { event: Event }) {
  const { language, t } = useTranslator()
  const { venue, timezone } = event
  const place =
    [venue.name, venue.address, venue.city, countryName(language, venue.country)].join(', ')
  return (
    <dl className="facts">
      <dt>{t('shop.event.when')}</dt>
      <dd>
        <strong className="first-letter:uppercase inline-block"><DateText at={event.starts_at} zone={timezone} style="full" /></strong>
        <br />
        <span suppressHydrationWarning>{t('shop.event.until', { time: endText(language, event) })}</span>
        <br />
        <span className="hint" suppressHydrationWarning>
          {t('shop.event.local_time', { zone: zoneName(language, event.starts_at, timezone) })}
        </span>
      </dd>
      <dt>{t('shop.event.where')}</dt>
      <dd>
        <strong>{venue.name}</strong><br />
        {venue.address}<br />
        <span suppressHydrationWarning>{venue.city}, {countryName(language, venue.country)}</span><br />
        <a className="link" rel="noreferrer" target="_blank"
          href={`https://www.openstreetmap.org/search?query=${encodeURIComponent(place)}`}>{t('shop.event.directions')}</a>
      </dd>
      <dt>{t('shop.event.organizer')}</dt>
      <dd>{event.organizer_name}</dd>
    </dl>
  )
}

/**
 * The hour alone when it ends the same day, or in the small hours after it; with its offset where
 * clocks are set back meanwhile, for the end could read as before the start.
 */
function endText (language: 'en' | 'fr', { starts_at, ends_at, timezone }: Event): string {
  const short_ms = 18 * 3600 * 1000
  const is_short = Date.parse(ends_at) - Date.parse(starts_at) < short_ms
  const time = formatDate(language, ends_at, timezone, is_short ? 'time' : 'day_time')
  return [time, offsetNote(ends_at, timezone, starts_at) ?? []].flat().join(' ')
}

function State ({ event, types, room }: EventPage) {
  const { language, t } = useTranslator()
  if (event.status === 'canceled') return <Notice look="notice-bad" title={t('shop.event.canceled_title')} text={t('shop.event.canceled_text')} />
  if (event.status === 'draft') return <Notice look="notice-warm" title={t('shop.event.draft_title')} text={t('shop.event.draft_text')} />
  if (event.is_past) {
    const date = formatDate(language, event.starts_at, event.timezone, 'day')
    return <Notice look="" title={t('shop.event.past_title')} text={t('shop.event.past_text', { date })} />
  }
  if (types.length === 0) return <Notice look="" title={t('shop.event.closed_title')} text={t('shop.event.closed_text')} />
  // Whoever may choose is told beside the choice, where it can change.
  return isSoldOut(types) && !maySeeChoice(room) ? <SoldOut /> : null
}
