import { randomUUID } from 'node:crypto'
import { problemIs, type ProblemBody } from '@fermata/contracts/client'
import { getEvent } from '@fermata/contracts/events'
import { Buyer } from '@fermata/contracts/fields'
import {
  belowMinimum, eventClosed, limitReached, notOnSale, passProblems, placeOrder, priceRefused,
  promoCodeRefused, soldOut, tooManyCodes, tooManyHeld, unknownTicketType,
} from '@fermata/contracts/orders'
import { useEffect, useRef } from 'react'
import { data, Form, Link, redirect, useSubmit } from 'react-router'
import type { Route } from './+types/checkout'
import { formatDate } from '../i18n/formats.ts'
import { translators } from '../i18n/translators.server.ts'
import type { Translator } from '../i18n/translator.tsx'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, refusal } from '../server/answers.server.ts'
import { keepOrderToken } from '../server/cookies.server.ts'
import { requireVisitor, visitorFrom } from '../server/queue-cookies.server.ts'
import { check, fieldsRefused, inputRules, keyOf, refuse, textsOf } from '../server/forms.server.ts'
import { api, newCookies, sessionOf } from '../server/session.server.ts'
import { visitorOf, webRequest } from '../server/web-request.server.ts'
import { Field, FormMessage } from '../ui/field.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { OrderLines } from '../ui/order-lines.tsx'
import { DateText } from '../ui/values.tsx'
import { choiceFields, choiceQuery, readChoice, readCodes } from './choice.ts'
import { itemsOf, priceChoice, promoCodeOf } from './priced-choice.server.ts'
import { loadQueue } from './queue-place.server.ts'
import { accessCodeOf, listShown } from './shown-types.server.ts'

export async function loader ({ context, params, url }: Route.LoaderArgs) {
  const chosen = readChoice(url.searchParams)
  if (chosen.length === 0) throw redirect(`/events/${encodeURIComponent(params.slug)}?choose=1#tickets`)
  const call = api(context)
  const event = bodyOf(context, await call(getEvent, { params: { id: params.slug } }))
  const codes = readCodes(url.searchParams)
  const types = bodyOf(context, await listShown(call, event.id, codes)).items
  const { lines, total_minor, promo_code, promo_refused } =
    await priceChoice(call, event.id, types, chosen, codes)
  if (lines.length === 0) throw redirect(`/events/${event.slug}?choose=1#tickets`)
  // Made here and not with the order: sent again, an order must be the same.
  requireVisitor(context)
  const { me } = context.get(sessionOf)
  return {
    event: { slug: event.slug, title: event.title, starts_at: event.starts_at,
      timezone: event.timezone, venue: event.venue.name },
    lines, total_minor, promo_code, promo_refused, codes,
    currency: types[0]?.currency ?? event.currency,
    choice: choiceQuery(chosen, codes),
    fields: choiceFields(chosen, codes.code === undefined ? {} : { code: codes.code }),
    rules: inputRules(Buyer),
    // One for each time the page is shown: pressing twice, or sending again after a lost answer,
    // orders once.
    idempotency_key: randomUUID(),
    buyer: me && { name: me.username, email: me.email },
  }
}

export async function action ({ context, params, request, url }: Route.ActionArgs) {
  const { language } = context.get(visitorOf)
  const { t } = translators[language]
  const values = textsOf(await request.formData())
  const buyer = { name: values.name ?? '', email: values.email ?? '', locale: language }
  const errors = check(t, Buyer, buyer)
  if (Object.keys(errors).length > 0) return data(refuse(t, values, errors), { status: 400 })

  const call = api(context)
  const event = bodyOf(context, await call(getEvent, { params: { id: params.slug } }))
  const codes = readCodes(url.searchParams)
  const chosen = readChoice(url.searchParams)
  const types = chosen.some(({ price }) => price !== undefined)
    ? bodyOf(context, await listShown(call, event.id, codes)).items : []
  const pass = (await loadQueue(context, event.id))?.position?.pass
  const queue = pass ? { queue_pass: pass, queue_visitor: visitorFrom(context) } : {}
  const answer = await call(placeOrder, {
    body: {
      event_id: event.id, items: itemsOf(types, chosen), buyer, promo_code: promoCodeOf(codes),
      access_code: accessCodeOf(codes), visitor: visitorFrom(context), ...queue,
    },
    headers: { 'idempotency-key': keyOf(values) },
  })
  if (answer.ok) {
    const { id, access_token, status } = answer.body
    const { is_secure } = context.get(webRequest)
    context.get(newCookies).push(...keepOrderToken(context.get(visitorOf).cookies, id, access_token,
      is_secure))
    throw redirect(status === 'pending' ? `/orders/${id}/pay` : `/orders/${id}`)
  }
  // That page says what happens next.
  if (passProblems.some(({ type }) => type === answer.problem.type)) {
    throw redirect(`/events/${event.slug}/queue`)
  }
  const problem = explain(translators[language], event.timezone, answer.problem)
  if (!problem) throw refusal(context, answer)
  const is_held_back = problemIs(answer.problem, tooManyHeld) && answer.problem.scope === 'network'
  return data({ ...refuse(t, values, fieldsRefused(t, answer.problem, 'buyer.'), problem), is_held_back },
    { status: answer.status })
}

/**
 * Why an order could not be placed, in words that say what to do; null for what is no fault of the
 * order.
 */
function explain ({ language, t }: Translator, zone: string, problem: ProblemBody): string | null {
  if (problemIs(problem, soldOut)) {
    const { name, available } = problem
    return available > 0 ? t('shop.checkout.sold_out', { name, available }) : t('shop.checkout.sold_out_none', { name })
  }
  if (problemIs(problem, notOnSale)) {
    const { name, sales_start } = problem
    return sales_start && Date.parse(sales_start) > Date.now()
      ? t('shop.checkout.opens', { name, time: formatDate(language, sales_start, zone, 'day_time') })
      : t('shop.checkout.not_on_sale', { name })
  }
  if (problemIs(problem, limitReached)) return t(`shop.checkout.limit_${problem.scope}`, { name: problem.name, limit: problem.limit })
  if (problemIs(problem, tooManyHeld)) return t(`shop.checkout.held_${problem.scope}`)
  if (problemIs(problem, tooManyCodes)) return t('shop.checkout.promo_guessed')
  if (problemIs(problem, promoCodeRefused)) return t(`shop.checkout.promo_${problem.reason}`)
  if (problemIs(problem, priceRefused)) return t('shop.checkout.price_refused', { name: problem.name })
  if (problemIs(problem, belowMinimum)) return t('shop.checkout.below_minimum',
    { name: problem.name, minimum: problem.minimum })
  if (problemIs(problem, eventClosed)) return t('shop.checkout.event_closed')
  if (problemIs(problem, unknownTicketType)) return t('shop.checkout.unknown')
  if (problem.status === 503 || problem.status === 429) return t('shop.checkout.busy')
  return problem.status === 400 || problem.status === 422 ? t('errors.form.check') : null
}

export default function Checkout ({ loaderData, actionData }: Route.ComponentProps) {
  const { event, choice, rules, buyer, idempotency_key, total_minor } = loaderData
  const t = useT()
  const form = useRepeat(
    actionData && 'is_held_back' in actionData && actionData.is_held_back ? actionData : null)
  const values = actionData?.values ?? buyer ?? {}
  const errors = actionData?.errors ?? {}
  return (
    <div className="wrap grid gap-8 pt-8 lg:grid-cols-[1.2fr_1fr] lg:items-start">
      <PageTitle>{t('shop.checkout.title')}</PageTitle>
      <div className="lg:col-span-2"><h1>{t('shop.checkout.title')}</h1></div>
      <Form method="post" ref={form} className="panel grid gap-5 max-lg:order-2">
        <FormMessage answer={actionData} />
        <div className="grid gap-1">
          <h2>{t('shop.checkout.buyer')}</h2>
          <p className="hint">{t('shop.checkout.buyer_hint')}</p>
        </div>
        <input type="hidden" name="idempotency_key" value={idempotency_key} />
        <Field name="name" label={t('shop.checkout.name')} autoComplete="name" {...rules.name}
          defaultValue={values.name} error={errors.name} />
        <Field name="email" type="email" label={t('shop.checkout.email')} autoComplete="email" inputMode="email" {...rules.email}
          defaultValue={values.email} error={errors.email} />
        <button type="submit" className="button button-large">
          {t(total_minor === 0 ? 'shop.checkout.place_free' : 'shop.checkout.place')}
        </button>
        {total_minor > 0 && <p className="hint">{t('shop.checkout.place_hint')}</p>}
        {!buyer && (
          <p><Link className="link" to={`/sign-in?next=${encodeURIComponent(`/events/${event.slug}/checkout?${choice}`)}`}>
            {t('shop.checkout.sign_in')}
          </Link></p>
        )}
      </Form>
      <Summary {...loaderData} />
    </div>
  )
}

/** As the answer's Retry-After says, and a little apart from others of the same network. */
const repeat_after_ms = 5000

/**
 * Sends the form again by itself while only the neighbours' holds are in the way; what was typed
 * and chosen stays.
 * @param held_back the answer that says so, another one each time; null for any other
 */
function useRepeat (held_back: object | null) {
  const form = useRef<HTMLFormElement>(null)
  const submit = useSubmit()
  useEffect(() => {
    if (!held_back) return
    const timer = setTimeout(() => { if (form.current) void submit(form.current) },
      repeat_after_ms * (1 + Math.random() / 2))
    return () => clearTimeout(timer)
  }, [held_back, submit])
  return form
}

function Summary (
  { event, lines, total_minor, currency, choice, ...promo }: Route.ComponentProps['loaderData']) {
  const t = useT()
  return (
    <section aria-labelledby="summary" className="panel grid gap-4">
      <div className="grid gap-1">
        <h2 id="summary">{t('shop.checkout.summary')}</h2>
        <p><strong>{event.title}</strong><br />
          <span className="text-soft"><DateText at={event.starts_at} zone={event.timezone} style="day_time" /> · {event.venue}</span></p>
      </div>
      <OrderLines lines={lines} total_minor={total_minor} currency={currency}
        promo_code={promo.promo_code} />
      <PromoCode {...promo} />
      <p><Link className="link" to={`/events/${event.slug}?${choice}#tickets`}>{t('shop.checkout.change')}</Link></p>
    </section>
  )
}

type PromoProps = Pick<Route.ComponentProps['loaderData'], 'codes' | 'fields' | 'promo_code' | 'promo_refused'>

/** Asks for the prices anew with a code, in the address: works without JavaScript and survives reload. */
function PromoCode ({ codes, fields, promo_code, promo_refused }: PromoProps) {
  const t = useT()
  return (
    <details open={codes.promo !== undefined}>
      <summary className="link min-h-11 cursor-pointer content-center">{t('shop.checkout.promo_have')}</summary>
      <Form method="get" className="flex flex-wrap items-end gap-3 pt-2">
        {fields.map(([name, value]) => <input key={name} type="hidden" name={name} value={value} />)}
        <Field name="promo" label={t('shop.checkout.promo')} maxLength={40} autoComplete="off"
          defaultValue={codes.promo} className="min-w-40 flex-1"
          error={promo_refused && t(`shop.checkout.promo_${promo_refused}`)} />
        <button type="submit" className="button button-quiet">{t('shop.checkout.promo_apply')}</button>
      </Form>
      {promo_code && (
        <p role="status" className="hint pt-2">{t('shop.checkout.promo_applied', { code: promo_code })}</p>
      )}
    </details>
  )
}
