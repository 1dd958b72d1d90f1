import { cancelEvent, deleteEvent, eventIsOver, getAttendance, getEvent, hasOrders, publishEvent,
  wrongState } from '@fermata/contracts/events'
import type { ProblemBody } from '@fermata/contracts/client'
import { data, Form, Link, Outlet, redirect } from 'react-router'
import type { Route } from './+types/event-layout'
import type { Translate } from '../i18n/translate.ts'
import { translators } from '../i18n/translators.server.ts'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, refusal, requirePerson } from '../server/answers.server.ts'
import { refuse, textsOf, type FormAnswer } from '../server/forms.server.ts'
import { api } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { AreaNav } from '../ui/area-nav.tsx'
import { Field, FormMessage } from '../ui/field.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { DateText } from '../ui/values.tsx'
import { EventBadge } from './event-badge.tsx'

export async function loader ({ context, params }: Route.LoaderArgs) {
  const { roles } = requirePerson(context, 'event_creator', 'admin')
  const call = api(context)
  // Everybody may look at a published event; these pages are of those who manage it.
  const [event] = await Promise.all([
    call(getEvent, { params: { id: params.id } }).then(answer => bodyOf(context, answer)),
    call(getAttendance, { params: { id: params.id } }).then(answer => bodyOf(context, answer)),
  ])
  return { event, is_admin: roles.includes('admin') }
}

/** Publish, cancel, delete: what changes the event as a whole. */
export async function action ({ context, params, request }: Route.ActionArgs) {
  requirePerson(context, 'event_creator', 'admin')
  const { t } = translators[context.get(visitorOf).language]
  const { intent, reason } = textsOf(await request.formData())
  const call = api(context)
  const { id } = params
  const done = (text: string) => data<FormAnswer>({ values: {}, errors: {}, done: text })
  if (intent === 'publish') {
    const answer = await call(publishEvent, { params: { id } })
    return answer.ok ? done(t('organizer.actions.published')) : explain(t, answer) ?? Promise.reject(refusal(context, answer))
  }
  if (intent === 'cancel') {
    const body = reason ? { reason: reason.slice(0, 1000) } : {}
    const answer = await call(cancelEvent, { params: { id }, body })
    return answer.ok ? done(t('organizer.actions.canceled')) : explain(t, answer) ?? Promise.reject(refusal(context, answer))
  }
  const answer = await call(deleteEvent, { params: { id } })
  if (answer.ok) throw redirect('/organizer')
  return explain(t, answer) ?? Promise.reject(refusal(context, answer))
}

function explain (t: Translate, { problem, status }: { problem: ProblemBody, status: number }) {
  const words = [
    [wrongState, 'organizer.actions.wrong_state'], [eventIsOver, 'organizer.actions.over'], [hasOrders, 'organizer.actions.has_orders'],
  ] as const
  const known = words.find(([definition]) => problem.type === definition.type)
  return known ? data(refuse(t, {}, {}, t(known[1])), { status }) : null
}

export default function EventLayout ({ loaderData, actionData }: Route.ComponentProps) {
  const t = useT()
  const { event, is_admin } = loaderData
  const base = `/organizer/events/${event.id}`
  return (
    <>
      <PageTitle>{event.title}</PageTitle>
      <header className="grid gap-3">
        <p>
          {is_admin
            ? <Link to="/admin/events" className="link">← {t('admin.events.title')}</Link>
            : <Link to="/organizer" className="link">← {t('organizer.all')}</Link>}
        </p>
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2"><h1>{event.title}</h1><EventBadge event={event} /></div>
        <p className="text-soft">
          <DateText at={event.starts_at} zone={event.timezone} style="full" />
          {` · ${event.venue.name}, ${event.venue.city} · `}
          <Link to={`/events/${event.slug}`} className="link">{t('organizer.view')}</Link>
        </p>
        <FormMessage answer={actionData} />
        <AreaNav label={t('organizer.nav.label')} links={[
          { path: base, text: t('organizer.nav.sales'), is_exact: true },
          { path: `${base}/edit`, text: t('organizer.nav.edit') },
          { path: `${base}/ticket-types`, text: t('organizer.nav.tickets') },
          { path: `${base}/promo-codes`, text: t('organizer.nav.promos') },
          { path: `${base}/waiting-room`, text: t('organizer.nav.waiting_room') },
          { path: `${base}/orders`, text: t('organizer.nav.orders') },
          { path: `/organizer/people/${event.organizer_id}`, text: t('organizer.people.title') },
        ]} />
      </header>
      <Outlet />
      {event.status === 'draft' && <Draft base={base} />}
      {event.status === 'published' && !event.is_past && <Cancel base={base} />}
    </>
  )
}

function Draft ({ base }: { base: string }) {
  const t = useT()
  return (
    <Form method="post" action={base} className="panel flex flex-wrap items-center gap-4">
      <p className="min-w-60 flex-1">{t('organizer.actions.publish_text')}</p>
      <button type="submit" name="intent" value="publish" className="button">{t('organizer.actions.publish')}</button>
      <button type="submit" name="intent" value="delete" className="button button-danger">{t('organizer.actions.delete')}</button>
    </Form>
  )
}

function Cancel ({ base }: { base: string }) {
  const t = useT()
  return (
    <details className="panel">
      <summary className="min-h-11 cursor-pointer content-center font-bold text-bad">{t('organizer.actions.cancel')}</summary>
      <Form method="post" action={base} className="reading grid gap-4 pt-3">
        <p>{t('organizer.actions.cancel_text')}</p>
        <Field name="reason" label={t('organizer.actions.cancel_reason')} maxLength={1000} />
        <p><button type="submit" name="intent" value="cancel" className="button button-danger">{t('organizer.actions.cancel_confirm')}</button></p>
      </Form>
    </details>
  )
}
