import {
  capacityTooSmall, getEvent, hasOrders, updateEvent, versionConflict, wrongState,
} from '@fermata/contracts/events'
import { problemIs, type ProblemBody } from '@fermata/contracts/client'
import { data } from 'react-router'
import type { Route } from './+types/event-edit'
import type { Translate } from '../i18n/translate.ts'
import { translators } from '../i18n/translators.server.ts'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, refusal, requirePerson } from '../server/answers.server.ts'
import { fieldsRefused, keepTyped, refuse, textsOf, type FormAnswer } from '../server/forms.server.ts'
import { api } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { EventForm } from './event-form.tsx'
import { formOptions, readEvent, textsOfEvent } from './event-form.server.ts'

export async function loader ({ context, params }: Route.LoaderArgs) {
  requirePerson(context, 'event_creator', 'admin')
  const event = bodyOf(context, await api(context)(getEvent, { params: { id: params.id } }))
  const options = formOptions(context.get(visitorOf).language)
  return { options, texts: textsOfEvent(event), version: event.version }
}

export async function action ({ context, params, request }: Route.ActionArgs) {
  requirePerson(context, 'event_creator', 'admin')
  const { t } = translators[context.get(visitorOf).language]
  const texts = textsOf(await request.formData())
  const { event, errors } = readEvent(t, texts)
  if (Object.keys(errors).length > 0) return data(refuse(t, texts, errors), { status: 400 })
  const { organizer_id: _, ...changes } = event
  const version = Number(texts.version) || undefined
  const answer =
    await api(context)(updateEvent, { params: { id: params.id }, body: { ...changes, version } })
  if (answer.ok) return data<FormAnswer>({ values: {}, errors: {}, done: t('organizer.form.saved') })
  const refused = explain(t, texts, answer.problem)
  const kept = refused ? null : keepTyped(t, texts, answer)
  if (kept) return kept
  if (!refused) throw refusal(context, answer)
  return data(refused, { status: answer.status })
}

function explain (t: Translate, texts: Record<string, string>,
  problem: ProblemBody): FormAnswer | null {
  if (problemIs(problem, versionConflict)) return refuse(t, texts, {}, t('organizer.form.conflict'))
  if (problemIs(problem, hasOrders)) return refuse(t, texts, { currency: t('organizer.form.has_orders') })
  if (problemIs(problem, wrongState)) return refuse(t, texts, {}, t('organizer.form.wrong_state'))
  if (problemIs(problem, capacityTooSmall)) {
    const { sold, held } = problem
    return refuse(t, texts, { ticket_capacity: t('organizer.form.capacity_too_small', { sold, held }) })
  }
  return problem.status === 400 ? refuse(t, texts, fieldsRefused(t, problem)) : null
}

export default function EditEvent ({ loaderData, actionData }: Route.ComponentProps) {
  const t = useT()
  return (
    <section className="grid gap-5" aria-labelledby="details">
      <h2 id="details">{t('organizer.form.edit_title')}</h2>
      <p className="hint reading">{t('organizer.form.told')}</p>
      {/* A saved event comes back with a new version; the form starts over from it. */}
      <EventForm key={loaderData.version} {...loaderData} answer={actionData} submit={t('organizer.form.save')} />
    </section>
  )
}
