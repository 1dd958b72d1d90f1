import { randomUUID } from 'node:crypto'
import { problemIs } from '@fermata/contracts/client'
import { cancelOrder } from '@fermata/contracts/orders'
import { orderNotPayable, paymentUnderWay, startPayment, TestCard } from '@fermata/contracts/payments'
import { data, Form, redirect, useRevalidator } from 'react-router'
import type { Route } from './+types/pay'
import { formatPrice } from '../i18n/formats.ts'
import { translators } from '../i18n/translators.server.ts'
import { useT, useTranslator } from '../i18n/translator.tsx'
import { refusal } from '../server/answers.server.ts'
import { keyOf, refuse, textsOf } from '../server/forms.server.ts'
import { orderApi } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { Countdown } from '../ui/countdown.tsx'
import { FormMessage } from '../ui/field.tsx'
import { OrderLines } from '../ui/order-lines.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { lastPayment, loadOrder } from './order-access.server.ts'
import { situationOf } from './order-situation.ts'

export async function loader ({ context, params }: Route.LoaderArgs) {
  const order = await loadOrder(context, params.id)
  if (order.status !== 'pending') throw redirect(`/orders/${order.id}`)
  const payment = await lastPayment(context, order.id)
  // Money that is under way or has arrived is not asked for again.
  if (payment && payment.status !== 'failed') throw redirect(`/orders/${order.id}/processing`)
  return {
    order,
    situation: situationOf(order, payment),
    failure: payment?.status === 'failed' ? payment.failure ?? 'failed' : null,
    left_seconds: Math.max(0, Math.ceil((Date.parse(order.expires_at) - Date.now()) / 1000)),
    cards: TestCard.enum,
    idempotency_key: randomUUID(),
  }
}

export async function action ({ context, params, request }: Route.ActionArgs) {
  const { t } = translators[context.get(visitorOf).language]
  const call = orderApi(context, params.id)
  const values = textsOf(await request.formData())
  if (values.intent === 'cancel') {
    const canceled = await call(cancelOrder, { params: { id: params.id } })
    if (!canceled.ok && canceled.status !== 409) throw refusal(context, canceled)
    throw redirect(`/orders/${params.id}`)
  }
  const test_card = TestCard.enum.find(card => card === values.test_card)
  if (!test_card) return data(refuse(t, values, {}, t('errors.form.choice')), { status: 400 })
  const answer = await call(startPayment, {
    body: { order_id: params.id, provider: 'simulated', method: { test_card } },
    headers: { 'idempotency-key': keyOf(values) },
  })
  if (answer.ok || problemIs(answer.problem, paymentUnderWay)) throw redirect(`/orders/${params.id}/processing`)
  if (problemIs(answer.problem, orderNotPayable)) throw redirect(`/orders/${params.id}`)
  if (answer.status < 500) throw refusal(context, answer)
  return data(refuse(t, values, {}, t('errors.form.retry')), { status: 503 })
}

export default function Pay ({ loaderData, actionData }: Route.ComponentProps) {
  const { order, situation, failure, left_seconds, cards, idempotency_key } = loaderData
  const { language, t } = useTranslator()
  const { revalidate } = useRevalidator()
  return (
    <div className="wrap grid gap-8 pt-8 lg:grid-cols-[1.2fr_1fr] lg:items-start">
      <PageTitle>{t('shop.pay.title')}</PageTitle>
      <h1 className="max-lg:order-first lg:col-span-2">{t('shop.pay.title')}</h1>
      <div className="grid gap-6">
        {failure && !actionData?.problem && <Declined failure={failure} />}
        <Form method="post" className="panel grid gap-5">
          <FormMessage answer={actionData} />
          <input type="hidden" name="idempotency_key" value={idempotency_key} />
          <fieldset className="grid gap-3">
            <legend className="legend pb-2"><h2>{t('shop.pay.method')}</h2></legend>
            <p className="notice notice-warm">{t('shop.pay.test_note')}</p>
            {cards.map((card, index) => <Card key={card} card={card} is_first={index === 0} />)}
          </fieldset>
          <button type="submit" name="intent" value="pay" className="button button-large" suppressHydrationWarning>
            {t('shop.pay.pay', { total: formatPrice(language, order.total_minor, order.currency) })}
          </button>
        </Form>
      </div>
      <section className="panel grid gap-4 max-lg:order-first" aria-labelledby="held">
        <div className="flex flex-wrap items-end justify-between gap-x-4">
          <h2 id="held">{t('shop.pay.held')}</h2>
          <Countdown left_seconds={left_seconds} on_end={() => void revalidate()} />
        </div>
        <p className="hint">{t(`shop.order.is.${situation}.text`)}</p>
        <p className="font-semibold">{order.event_title}</p>
        <OrderLines lines={order.items} total_minor={order.total_minor} currency={order.currency}
          promo_code={order.promo_code} />
        <Form method="post">
          <button type="submit" name="intent" value="cancel" className="link min-h-11 cursor-pointer">{t('shop.pay.cancel')}</button>
        </Form>
      </section>
    </div>
  )
}

/** The whole box is the label's to press, though only its first line names the choice. */
function Card ({ card, is_first }: { card: TestCard, is_first: boolean }) {
  const t = useT()
  return (
    <div className="relative flex min-h-14 items-center gap-4 rounded-xl border-[1.5px] border-line px-4 py-2.5 has-checked:border-ink has-checked:bg-sunken">
      <input type="radio" id={`card-${card}`} name="test_card" value={card} defaultChecked={is_first}
        aria-describedby={`card-${card}-hint`} className="relative z-10 size-5 shrink-0 accent-(--action)" />
      <div className="grid">
        <label htmlFor={`card-${card}`} className="cursor-pointer font-bold after:absolute after:inset-0">
          {t(`shop.pay.${card}`)}
        </label>
        <span className="hint" id={`card-${card}-hint`}>{t(`shop.pay.${card}_hint`)}</span>
      </div>
    </div>
  )
}

function Declined ({ failure }: { failure: string }) {
  const t = useT()
  return (
    <div role="alert" className="notice notice-bad">
      <p className="font-bold">{t(failure === 'declined' ? 'shop.pay.declined_title' : 'shop.pay.failed_title')}</p>
      <p>{t('shop.pay.declined_text')}</p>
    </div>
  )
}
