import { randomUUID } from 'node:crypto'
import { getEvent } from '@fermata/contracts/events'
import {
  capacityTooSmall, createTicketType, deleteTicketType, eventClosed, getFairShares, listTicketTypes,
  NewTicketType, setFairShares, ticketTypeInUse, updateTicketType,
} from '@fermata/contracts/orders'
import { problemIs, type ProblemBody } from '@fermata/contracts/client'
import { data, Form } from 'react-router'
import type { Route } from './+types/ticket-types'
import type { Translate } from '../i18n/translate.ts'
import { translators } from '../i18n/translators.server.ts'
import { useT, useTranslator } from '../i18n/translator.tsx'
import { formatCount } from '../i18n/formats.ts'
import { bodyOf, refusal, requirePerson } from '../server/answers.server.ts'
import { fieldsRefused, inputRules, keepTyped, keyOf, refuse, textsOf, type FormAnswer } from '../server/forms.server.ts'
import { api } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { FormMessage } from '../ui/field.tsx'
import { Price } from '../ui/values.tsx'
import { readShares } from './fair-shares-form.server.ts'
import { FairSharesForm } from './fair-shares-form.tsx'
import { changesOf, exampleOf, readTicketType, textsOfType } from './ticket-type-form.server.ts'
import { TicketTypeForm } from './ticket-type-form.tsx'

export async function loader ({ context, params }: Route.LoaderArgs) {
  requirePerson(context, 'event_creator', 'admin')
  const call = api(context)
  const event = bodyOf(context, await call(getEvent, { params: { id: params.id } }))
  const types = bodyOf(context, await call(listTicketTypes, { query: { event_id: params.id } }))
  const shares = bodyOf(context, await call(getFairShares, { params: { event_id: params.id } }))
  return {
    shares,
    event: {
      currency: event.currency, timezone: event.timezone, status: event.status,
      price_example: exampleOf(translators[context.get(visitorOf).language].t, event.currency),
    },
    types: types.items.sort((a, b) => a.position - b.position)
      .map(type => ({ type, texts: textsOfType(type, event.timezone) })),
    rules: inputRules(NewTicketType),
    // One for each time the page is shown: pressing twice adds one type.
    idempotency_key: randomUUID(),
  }
}

export async function action ({ context, params, request }: Route.ActionArgs) {
  requirePerson(context, 'event_creator', 'admin')
  const { t } = translators[context.get(visitorOf).language]
  const call = api(context)
  const texts = textsOf(await request.formData())
  /** Which form of the page it was: that of a type, or the empty one. */
  const form = texts.type_id || 'new'
  const done = (text: string) => data<FormAnswer>({ form, values: {}, errors: {}, done: text })
  const failed = (answer: { problem: ProblemBody, status: number }) => {
    const refused = explain(t, texts, answer.problem) ?? keepTyped(t, texts, answer)?.data
    if (!refused) throw refusal(context, answer)
    return data<FormAnswer>({ ...refused, form }, { status: answer.status })
  }
  if (texts.intent === 'shares') {
    const answer = await call(setFairShares,
      { params: { event_id: params.id }, body: readShares(texts) })
    return answer.ok ? done(t('organizer.shares.saved')) : failed(answer)
  }
  if (texts.intent === 'delete') {
    const answer = await call(deleteTicketType, { params: { id: form } })
    return answer.ok ? done(t('organizer.types.removed')) : failed(answer)
  }
  const event = bodyOf(context, await call(getEvent, { params: { id: params.id } }))
  const { type, errors } = readTicketType(t, texts, event)
  if (Object.keys(errors).length > 0) return data<FormAnswer>({ ...refuse(t, texts, errors), form },
    { status: 400 })
  if (form === 'new') {
    const answer = await call(createTicketType, { body: type, headers: { 'idempotency-key': keyOf(texts) } })
    return answer.ok ? done(t('organizer.types.added', { name: type.name })) : failed(answer)
  }
  const answer = await call(updateTicketType, { params: { id: form }, body: changesOf(type) })
  return answer.ok ? done(t('organizer.types.changed', { name: type.name })) : failed(answer)
}

function explain (t: Translate, texts: Record<string, string>,
  problem: ProblemBody): FormAnswer | null {
  if (problemIs(problem, ticketTypeInUse)) return refuse(t, texts, {}, t('organizer.types.in_use'))
  if (problemIs(problem, eventClosed)) return refuse(t, texts, {}, t('organizer.types.closed'))
  if (problemIs(problem, capacityTooSmall)) {
    const { sold, held } = problem
    return refuse(t, texts, { capacity: t('organizer.types.too_small', { sold, held }) })
  }
  return problem.status === 400 ? refuse(t, texts, fieldsRefused(t, problem)) : null
}

export default function TicketTypes ({ loaderData, actionData }: Route.ComponentProps) {
  const { event, types, rules, shares, idempotency_key } = loaderData
  const t = useT()
  const answerOf = (form: string) => actionData?.form === form ? actionData : undefined
  const empty = {
    capacity: '', min_per_order: '1', max_per_order: '10', pricing: 'fixed', idempotency_key,
  }
  return (
    <section className="reading grid gap-6" aria-labelledby="types">
      <h2 id="types">{t('organizer.types.title')}</h2>
      <FormMessage answer={actionData?.done ? actionData : undefined} />
      {types.length === 0 && <p className="notice notice-warm">{t('organizer.types.none')}</p>}
      <ul className="grid gap-4">
        {types.map(({ type, texts }) => (
          <li key={`${type.id} ${type.updated_at}`} className="panel grid gap-3">
            <TypeSummary type={type} />
            <details open={Boolean(answerOf(type.id)?.problem)}>
              <summary className="link min-h-11 cursor-pointer content-center">{t('organizer.types.edit')}</summary>
              <div className="grid gap-5 pt-3">
                <TicketTypeForm type_id={type.id} event={event} rules={rules} texts={{ ...texts }}
                  answer={answerOf(type.id)} submit={t('shell.save')} />
                <Form method="post">
                  <input type="hidden" name="type_id" value={type.id} />
                  <button type="submit" name="intent" value="delete" className="button button-danger">{t('organizer.types.delete')}</button>
                </Form>
              </div>
            </details>
          </li>
        ))}
      </ul>
      {event.status !== 'canceled' && (
        <section className="panel grid gap-5" aria-labelledby="add">
          <h3 id="add" className="text-xl">{t('organizer.types.add')}</h3>
          <TicketTypeForm key={types.length} event={event} rules={rules} texts={empty}
            answer={answerOf('new')} submit={t('organizer.types.add_button')} />
        </section>
      )}
      {event.status !== 'canceled' &&
        <FairSharesForm key={JSON.stringify(shares)} shares={shares} answer={answerOf('shares')} />}
    </section>
  )
}

type OneType = Route.ComponentProps['loaderData']['types'][number]['type']

function TypeSummary ({ type }: { type: OneType }) {
  const { language, t } = useTranslator()
  return (
    <div className="flex flex-wrap items-baseline justify-between gap-x-4">
      <h3>{type.name}</h3>
      <strong>
        {type.pricing === 'donation'
          ? t('organizer.types.donation')
          : <Price minor={type.current_price_minor} currency={type.currency} />}
      </strong>
      {type.is_hidden && <span className="badge">{t('organizer.types.hidden')}</span>}
      <p className="hint w-full" suppressHydrationWarning>
        {t('organizer.types.available', {
          available: formatCount(language, type.available),
          capacity: formatCount(language, type.capacity),
        })}
      </p>
    </div>
  )
}
