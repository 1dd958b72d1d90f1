import { randomUUID } from 'node:crypto'
import { problemIs, type ProblemBody } from '@fermata/contracts/client'
import {
  addMember, alreadyMember, lastOwner, listEvents, listMembers, listOrganizers, getOrganizer,
  NewMember, removeMember, tooManyMembers, updateMember, type Member,
} from '@fermata/contracts/events'
import { data, Form, redirect } from 'react-router'
import type { Route } from './+types/people'
import type { Translate } from '../i18n/translate.ts'
import { translators } from '../i18n/translators.server.ts'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, refusal, requirePerson } from '../server/answers.server.ts'
import {
  check, fieldsRefused, keyOf, refuse, textsOf, type FormAnswer,
} from '../server/forms.server.ts'
import { api } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { AreaNav } from '../ui/area-nav.tsx'
import { Empty } from '../ui/empty.tsx'
import { Field, FormMessage, SelectField } from '../ui/field.tsx'
import { PageTitle } from '../ui/page-title.tsx'

const max_shown = 100
/** A place at the door that is not one event's. */
const everywhere = ''

/** Who works for an organiser; an address without one leads to the first of whoever asks. */
export async function loader ({ context, params }: Route.LoaderArgs) {
  requirePerson(context, 'event_creator', 'admin')
  const call = api(context)
  const known = bodyOf(context, await call(listOrganizers, { query: { limit: max_shown } })).items
  if (!params.id) return known[0] ? redirect(`/organizer/people/${known[0].id}`) : null
  const { id, name } = bodyOf(context, await call(getOrganizer, { params: { id: params.id } }))
  const members = call(listMembers, { params: { id }, query: { limit: max_shown } })
  const events = call(listEvents, { query: {
    organizer_id: id, mine: true, limit: max_shown } })
  return {
    organizer: { id, name },
    others: known.map(one => ({ id: one.id, name: one.name })),
    members: bodyOf(context, await members).items,
    events: bodyOf(context, await events).items.map(({ id: event_id, title }) =>
      ({ id: event_id, title })),
    idempotency_key: randomUUID(),
  }
}

export async function action ({ context, params, request }: Route.ActionArgs) {
  requirePerson(context, 'event_creator', 'admin')
  const { t } = translators[context.get(visitorOf).language]
  const call = api(context)
  const texts = textsOf(await request.formData())
  const { id } = params
  if (!id) throw data(null, { status: 404 })
  const { member_id = '', intent } = texts
  const form = member_id || 'new'
  const place = placeOf(texts)
  const done = (text: string) => data<FormAnswer>({ form, values: {}, errors: {}, done: text })
  const failed = (answer: { problem: ProblemBody, status: number }) => {
    const refused = explain(t, texts, answer.problem)
    if (!refused) throw refusal(context, answer)
    return data<FormAnswer>({ ...refused, form }, { status: answer.status })
  }
  if (intent === 'remove') {
    const answer = await call(removeMember, { params: { id, member_id } })
    return answer.ok ? done(t('organizer.people.removed')) : failed(answer)
  }
  if (intent === 'change') {
    const answer = await call(updateMember, { params: { id, member_id }, body: place })
    return answer.ok ? done(t('organizer.people.changed')) : failed(answer)
  }
  const body = { email: texts.email ?? '', ...place }
  const errors = check(t, NewMember, body)
  if (Object.keys(errors).length > 0) {
    return data<FormAnswer>({ ...refuse(t, texts, errors), form }, { status: 400 })
  }
  const answer = await call(addMember, {
    params: { id }, body, headers: { 'idempotency-key': keyOf(texts) },
  })
  return answer.ok ? done(t('organizer.people.added', { email: answer.body.email ?? '' })) : failed(answer)
}

/** Owners manage everything: an event is of who works at the door alone. */
function placeOf ({ role, event_id = everywhere }: Record<string, string>) {
  if (role === 'owner') return { role: 'owner' as const, event_id: null }
  return { role: 'door' as const, event_id: event_id === everywhere ? null : event_id }
}

function explain (
  t: Translate, texts: Record<string, string>, problem: ProblemBody
): FormAnswer | null {
  if (problemIs(problem, alreadyMember)) return refuse(t, texts, { email: t('organizer.people.already') })
  if (problemIs(problem, lastOwner)) return refuse(t, texts, {}, t('organizer.people.last_owner'))
  if (problemIs(problem, tooManyMembers)) {
    return refuse(t, texts, {}, t('organizer.people.people_limit', { limit: problem.limit }))
  }
  return problem.status === 400 ? refuse(t, texts, fieldsRefused(t, problem)) : null
}

export default function People ({ loaderData, actionData }: Route.ComponentProps) {
  const t = useT()
  if (!loaderData) return (
    <>
      <PageTitle>{t('organizer.people.title')}</PageTitle>
      <h1>{t('organizer.people.title')}</h1>
      <Empty title={t('organizer.people.empty_title')} text={t('organizer.people.empty_text')} />
    </>
  )
  const { organizer, others, members, events, idempotency_key } = loaderData
  const answerOf = (form: string) => actionData?.form === form ? actionData : undefined
  return (
    <section className="reading grid gap-6">
      <PageTitle>{t('organizer.people.title')}</PageTitle>
      <header className="grid gap-2">
        <h1>{t('organizer.people.title')}</h1>
        <p className="text-soft">{t('organizer.people.lead', { name: organizer.name })}</p>
        {others.length > 1 && (
          <AreaNav label={t('organizer.people.choose')} links={others.map(({ id, name }) =>
            ({ path: `/organizer/people/${id}`, text: name }))} />
        )}
      </header>
      <FormMessage answer={actionData?.done ? actionData : undefined} />
      <ul className="card">
        {members.map(member => (
          <MemberRow key={`${member.id} ${member.role} ${member.event_id}`} member={member}
            events={events} answer={answerOf(member.id)} />
        ))}
      </ul>
      <section className="panel grid gap-5" aria-labelledby="add">
        <h2 id="add" className="text-xl">{t('organizer.people.add')}</h2>
        <Form method="post" className="grid gap-4" key={members.length}>
          <FormMessage answer={answerOf('new')?.problem ? answerOf('new') : undefined} />
          <input type="hidden" name="idempotency_key" value={idempotency_key} />
          <Field name="email" type="email" label={t('organizer.people.email')} hint={t('organizer.people.email_hint')}
            required maxLength={254} autoComplete="off" defaultValue={answerOf('new')?.values.email}
            error={answerOf('new')?.errors.email} />
          <PlaceFields events={events} values={answerOf('new')?.values ?? {}}
            errors={answerOf('new')?.errors ?? {}} />
          <p><button type="submit" name="intent" value="add" className="button">{t('organizer.people.add_button')}</button></p>
        </Form>
      </section>
    </section>
  )
}

type Events = readonly { id: string, title: string }[]

interface RowProps { member: Member, events: Events, answer: FormAnswer | undefined }

function MemberRow ({ member, events, answer }: RowProps) {
  const t = useT()
  const { id, name, email, role, event_id, is_you } = member
  const title = events.find(event => event.id === event_id)?.title
  const place = `organizer.people.${event_id === null ? 'all_events' : 'one_event'}` as const
  const called = name ?? email ?? t('organizer.people.unnamed')
  return (
    <li className="grid gap-2 border-b border-line px-5 py-4 last:border-0">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <strong className="break-all">{called}{is_you && ` (${t('organizer.people.you')})`}</strong>
        <span className={role === 'owner' ? 'badge badge-good' : 'badge'}>{t(`organizer.people.role.${role}`)}</span>
        {role === 'door' && (
          <span className="hint">{title ?? t(place)}</span>
        )}
      </div>
      <details open={Boolean(answer?.problem)}>
        <summary className="link min-h-11 cursor-pointer content-center">
          {t('organizer.people.change')}<span className="sr-only"> {called}</span>
        </summary>
        <Form method="post" className="grid gap-4 pt-3">
          <FormMessage answer={answer?.problem ? answer : undefined} />
          <input type="hidden" name="member_id" value={id} />
          <PlaceFields events={events} errors={answer?.errors ?? {}}
            values={{ role, event_id: event_id ?? everywhere, ...answer?.values }} />
          <div className="flex flex-wrap gap-3">
            <button type="submit" name="intent" value="change" className="button">{t('shell.save')}</button>
            <button type="submit" name="intent" value="remove" className="button button-danger">{t('organizer.people.remove')}</button>
          </div>
        </Form>
      </details>
    </li>
  )
}

interface PlaceProps {
  events: Events, values: Record<string, string>, errors: Record<string, string>
}

function PlaceFields ({ events, values, errors }: PlaceProps) {
  const t = useT()
  const chosen = values.event_id ?? everywhere
  // An event that is over, or one of very many, is not listed: saving must not widen it to all.
  const is_listed = chosen === everywhere || events.some(({ id }) => id === chosen)
  const places = [{ value: everywhere, text: t('organizer.people.all_events') },
    ...(is_listed ? [] : [{ value: chosen, text: t('organizer.people.one_event') }]),
    ...events.map(({ id, title }) => ({ value: id, text: title }))]
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SelectField name="role" label={t('organizer.people.may')} hint={t('organizer.people.may_hint')}
        defaultValue={values.role ?? 'door'} error={errors.role}
        options={(['door', 'owner'] as const).map(role =>
          ({ value: role, text: t(`organizer.people.role.${role}`) }))} />
      <SelectField name="event_id" label={t('organizer.people.where')} hint={t('organizer.people.where_hint')}
        defaultValue={chosen} error={errors.event_id} options={places} />
    </div>
  )
}
