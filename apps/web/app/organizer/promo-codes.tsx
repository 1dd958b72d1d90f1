import { randomUUID } from 'node:crypto'
import { problemIs, type ProblemBody } from '@fermata/contracts/client'
import { getEvent } from '@fermata/contracts/events'
import {
  budgetTooSmall, createPromoCode, deletePromoCode, listPromoCodes, listTicketTypes, promoCodeInUse,
  promoCodeTaken, updatePromoCode, type PromoCode,
} from '@fermata/contracts/orders'
import { data, Form } from 'react-router'
import type { Route } from './+types/promo-codes'
import { formatCount, formatPrice } from '../i18n/formats.ts'
import type { Translate } from '../i18n/translate.ts'
import { translators } from '../i18n/translators.server.ts'
import { useT, useTranslator } from '../i18n/translator.tsx'
import { bodyOf, refusal, requirePerson } from '../server/answers.server.ts'
import { fieldsRefused, keyOf, refuse, textsOf, type FormAnswer } from '../server/forms.server.ts'
import { api } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { FormMessage } from '../ui/field.tsx'
import { promoChangesOf, readPromoCode, textsOfPromo } from './promo-code-form.server.ts'
import { PromoCodeForm } from './promo-code-form.tsx'

export async function loader ({ context, params }: Route.LoaderArgs) {
  requirePerson(context, 'event_creator', 'admin')
  const call = api(context)
  const query = { event_id: params.id }
  const event = bodyOf(context, await call(getEvent, { params: { id: params.id } }))
  const types = bodyOf(context, await call(listTicketTypes, { query }))
  const codes = bodyOf(context, await call(listPromoCodes, { query }))
  return {
    event: { currency: event.currency, timezone: event.timezone, status: event.status },
    types: types.items.map(({ id, name }) => ({ id, name })),
    idempotency_key: randomUUID(),
    codes: codes.items.map(code => ({ code, texts: textsOfPromo(code, event) })),
  }
}

export async function action ({ context, params, request }: Route.ActionArgs) {
  requirePerson(context, 'event_creator', 'admin')
  const { t } = translators[context.get(visitorOf).language]
  const call = api(context)
  const texts = textsOf(await request.formData())
  /** Which form of the page it was: that of a code, or the empty one. */
  const form = texts.promo_id || 'new'
  const done = (text: string) => data<FormAnswer>({ form, values: {}, errors: {}, done: text })
  const failed = (answer: { problem: ProblemBody, status: number }) => {
    const refused = explain(t, texts, answer.problem)
    if (!refused) throw refusal(context, answer)
    return data<FormAnswer>({ ...refused, form }, { status: answer.status })
  }
  if (texts.intent === 'delete') {
    const answer = await call(deletePromoCode, { params: { id: form } })
    return answer.ok ? done(t('organizer.promos.removed')) : failed(answer)
  }
  const event = bodyOf(context, await call(getEvent, { params: { id: params.id } }))
  const { code, errors } = readPromoCode(t, texts, event)
  if (Object.keys(errors).length > 0) {
    return data<FormAnswer>({ ...refuse(t, texts, errors), form }, { status: 400 })
  }
  if (form === 'new') {
    const answer = await call(createPromoCode, {
      body: code, headers: { 'idempotency-key': keyOf(texts) },
    })
    return answer.ok ? done(t('organizer.promos.added', { code: answer.body.code })) : failed(answer)
  }
  const answer = await call(updatePromoCode, { params: { id: form }, body: promoChangesOf(code) })
  return answer.ok ? done(t('organizer.promos.changed')) : failed(answer)
}

function explain (t: Translate, texts: Record<string, string>,
  problem: ProblemBody): FormAnswer | null {
  if (problemIs(problem, promoCodeTaken)) return refuse(t, texts, { code: t('organizer.promos.taken') })
  if (problemIs(problem, promoCodeInUse)) return refuse(t, texts, {}, t('organizer.promos.in_use'))
  if (problemIs(problem, budgetTooSmall)) {
    return refuse(t, texts, { max_uses: t('organizer.promos.too_small', { used: problem.used }) })
  }
  return problem.status === 400 ? refuse(t, texts, fieldsRefused(t, problem)) : null
}

export default function PromoCodes ({ loaderData, actionData }: Route.ComponentProps) {
  const { event, types, codes, idempotency_key } = loaderData
  const t = useT()
  const answerOf = (form: string) => actionData?.form === form ? actionData : undefined
  return (
    <section className="reading grid gap-6" aria-labelledby="promos">
      <h2 id="promos">{t('organizer.promos.title')}</h2>
      <FormMessage answer={actionData?.done ? actionData : undefined} />
      {codes.length === 0 && <p className="notice">{t('organizer.promos.none')}</p>}
      <ul className="grid gap-4">
        {codes.map(({ code, texts }) => (
          <li key={`${code.id} ${code.updated_at}`} className="panel grid gap-3">
            <CodeSummary code={code} currency={event.currency} types={types} />
            <details open={Boolean(answerOf(code.id)?.problem)}>
              <summary className="link min-h-11 cursor-pointer content-center">{t('organizer.promos.edit')}</summary>
              <div className="grid gap-5 pt-3">
                <PromoCodeForm promo_id={code.id} event={event} types={types} texts={texts}
                  answer={answerOf(code.id)} submit={t('shell.save')} />
                <Form method="post">
                  <input type="hidden" name="promo_id" value={code.id} />
                  <button type="submit" name="intent" value="delete" className="button button-danger">{t('organizer.promos.delete')}</button>
                </Form>
              </div>
            </details>
          </li>
        ))}
      </ul>
      {event.status !== 'canceled' && (
        <section className="panel grid gap-5" aria-labelledby="add">
          <h3 id="add" className="text-xl">{t('organizer.promos.add')}</h3>
          <PromoCodeForm key={codes.length} event={event} types={types} texts={{ counts: 'orders',
            idempotency_key }}
            answer={answerOf('new')} submit={t('organizer.promos.add_button')} />
        </section>
      )}
    </section>
  )
}

interface CodeProps { code: PromoCode, currency: string,
  types: readonly { id: string, name: string }[] }

function CodeSummary ({ code, currency, types }: CodeProps) {
  const { language, t } = useTranslator()
  const used = formatCount(language, code.used)
  const names = types.filter(({ id }) => code.ticket_type_ids.includes(id)).map(({ name }) => name)
  return (
    <div className="flex flex-wrap items-baseline justify-between gap-x-4">
      <h3 className="font-mono">{code.code}</h3>
      <strong suppressHydrationWarning>
        {code.percent === null
          ? t('organizer.promos.off_amount', { amount: formatPrice(language, code.amount_minor ?? 0, currency) })
          : t('organizer.promos.off_percent', { percent: code.percent })}
      </strong>
      <p className="hint w-full" suppressHydrationWarning>
        {code.max_uses === null
          ? t('organizer.promos.used', { used })
          : t('organizer.promos.used_of', { used, max_uses: formatCount(language, code.max_uses) })}
        {names.length > 0 && ` · ${t('organizer.promos.only_for', { names: names.join(', ') })}`}
      </p>
    </div>
  )
}
