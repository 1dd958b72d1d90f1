import { randomUUID } from 'node:crypto'
import { createEvent } from '@fermata/contracts/events'
import { data, Link, redirect } from 'react-router'
import type { Route } from './+types/event-new'
import { translators } from '../i18n/translators.server.ts'
import { useT } from '../i18n/translator.tsx'
import { refusal, requirePerson } from '../server/answers.server.ts'
import { fieldsRefused, keepTyped, keyOf, refuse, textsOf } from '../server/forms.server.ts'
import { api } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { PageTitle } from '../ui/page-title.tsx'
import { EventForm } from './event-form.tsx'
import { formOptions, readEvent } from './event-form.server.ts'

export async function loader ({ context }: Route.LoaderArgs) {
  requirePerson(context, 'event_creator', 'admin')
  return {
    options: formOptions(context.get(visitorOf).language),
    // The key is one for each time the page is shown: pressing twice makes one event.
    texts: { timezone: 'Europe/Paris', currency: 'EUR', category: 'music', idempotency_key: randomUUID() },
  }
}

export async function action ({ context, request }: Route.ActionArgs) {
  requirePerson(context, 'event_creator', 'admin')
  const { t } = translators[context.get(visitorOf).language]
  const texts = textsOf(await request.formData())
  const { event, errors } = readEvent(t, texts)
  if (Object.keys(errors).length > 0) return data(refuse(t, texts, errors), { status: 400 })
  const answer = await api(context)(createEvent, { body: event, headers: { 'idempotency-key': keyOf(texts) } })
  if (answer.ok) throw redirect(`/organizer/events/${answer.body.id}/ticket-types`)
  if (answer.status === 400) return data(refuse(t, texts, fieldsRefused(t, answer.problem)),
    { status: 400 })
  const kept = keepTyped(t, texts, answer)
  if (kept) return kept
  throw refusal(context, answer)
}

export default function NewEventPage ({ loaderData, actionData }: Route.ComponentProps) {
  const t = useT()
  return (
    <>
      <PageTitle>{t('organizer.form.create_title')}</PageTitle>
      <header className="grid gap-2">
        <p><Link to="/organizer" className="link">← {t('organizer.all')}</Link></p>
        <h1>{t('organizer.form.create_title')}</h1>
      </header>
      <EventForm {...loaderData} answer={actionData} submit={t('organizer.form.create')} />
    </>
  )
}
