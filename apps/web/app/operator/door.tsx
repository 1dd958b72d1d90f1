import type { Call } from '@fermata/contracts/client'
import { getEvent } from '@fermata/contracts/events'
import { lookUpOrders } from '@fermata/contracts/orders'
import { getDoor, listTickets, type Ticket } from '@fermata/contracts/tickets'
import { useEffect, useRef } from 'react'
import { data, Form, Link, useNavigation } from 'react-router'
import type { Route } from './+types/door'
import { translators } from '../i18n/translators.server.ts'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, optional, requirePerson } from '../server/answers.server.ts'
import { textsOf } from '../server/forms.server.ts'
import { api } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { Field } from '../ui/field.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { DateText } from '../ui/values.tsx'
import { decisiveOf, situationOf } from '../shop/order-situation.ts'
import { admit, look, type DoorAnswer } from './check.server.ts'
import { AnswerPanel } from './answer-panel.tsx'
import { LookUp } from './look-up.tsx'

const max_code_length = 500
const max_gate_length = 60
const max_email_length = 254
const max_results = 20

export async function loader ({ context, params, url }: Route.LoaderArgs) {
  requirePerson(context)
  const call = api(context)
  const door = call(getDoor, { params: { event_id: params.event_id } })
  const event = bodyOf(context, await call(getEvent, { params: { id: params.event_id } }))
  const { issued, admitted, voided } = bodyOf(context, await door)
  const q = (url.searchParams.get('q') ?? '').trim().slice(0, max_code_length)
  const found = q
    ? await optional(call(listTickets, { query: { q, event_id: event.id, limit: max_results } }))
    : null
  const orders = q ? await ordersOf(call, event.id, q, found?.items ?? []) : []
  const situations = new Map(orders.map(order => [order.id, order.situation]))
  return {
    event: { id: event.id, title: event.title, starts_at: event.starts_at,
      timezone: event.timezone },
    expected: issued - voided,
    admitted,
    gate: url.searchParams.get('gate')?.slice(0, max_gate_length) ?? '',
    q,
    found: found?.items.map(ticket => ({
      id: ticket.id, number: ticket.number, code: ticket.code, status: ticket.status,
      holder: ticket.holder, type: ticket.ticket_type_name,
      admitted_at: ticket.admitted_at, situation: situations.get(ticket.order_id) ?? null,
    })) ?? null,
    without_tickets: orders.filter(order =>
      !found?.items.some(ticket => ticket.order_id === order.id)),
  }
}
/** Orders of the tickets that were found, and those that fit and have none. */
async function ordersOf (call: Call, event_id: string, q: string, tickets: Ticket[]) {
  const order_ids = [...new Set(tickets.map(ticket => ticket.order_id))]
  const answer = await optional(call(lookUpOrders, { body: { event_id, q, order_ids } }))
  return (answer?.items ?? []).map(order => ({
    id: order.id, code: order.code, buyer: order.buyer, quantity: order.quantity,
    situation: situationOf(order, order.payments === null ? undefined : decisiveOf(order.payments)),
  }))
}

export type DoorData = Awaited<ReturnType<typeof loader>>

export async function action ({ context, params, request }: Route.ActionArgs) {
  requirePerson(context)
  const { t } = translators[context.get(visitorOf).language]
  const values = textsOf(await request.formData())
  const code = (values.code ?? '').replace(/\s+/g, '').slice(0, max_code_length)
  const gate = (values.gate ?? '').slice(0, max_gate_length) || t('door.gate_default')
  const email = (values.email ?? '').trim().slice(0, max_email_length)
  const call = api(context)
  const answer: DoorAnswer = code === '' ? { kind: 'empty' }
    : await (values.intent === 'look' ? look(call, code, params.event_id, email)
      : admit(call, code, params.event_id, gate))
      .catch(() => ({ kind: 'failed' as const }))
  const kept = keeps_code.has(answer.kind) ? code : ''
  return data({ answer, gate, email, code: kept, at: Date.now() })
}

/** Answers after which the same code is asked again. */
const keeps_code = new Set<DoorAnswer['kind']>(['failed', 'no_address'])

export default function Door ({ loaderData, actionData }: Route.ComponentProps) {
  const { event, gate } = loaderData
  const t = useT()
  const is_busy = useNavigation().state === 'submitting'
  const form = useRef<HTMLFormElement>(null)
  // A handheld reader types and presses Enter: after each answer the field is empty and waits for
  // the next code.
  useEffect(() => {
    const field = form.current?.elements.namedItem('code')
    if (actionData && field instanceof HTMLInputElement) field.focus()
  }, [actionData])
  return (
    <>
      <PageTitle>{t('door.title')}</PageTitle>
      <header className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <h1 className="text-3xl">{event.title}</h1>
        <Link to="/door" className="link">{t('door.change')}</Link>
        <p className="hint w-full"><DateText at={event.starts_at} zone={event.timezone} style="day_time" />
          {` · ${t('door.progress', { admitted: loaderData.admitted, expected: loaderData.expected })}`}</p>
      </header>
      <AnswerPanel key={actionData?.at} answer={actionData?.answer} zone={event.timezone} />
      <Form method="post" ref={form} className="panel grid gap-4" aria-busy={is_busy}>
        <Field name="code" key={`code ${actionData?.at}`} label={t('door.code')} hint={t('door.code_hint')} required maxLength={max_code_length}
          autoComplete="off" autoCapitalize="off" spellCheck={false} enterKeyHint="go"
          defaultValue={actionData?.code} />
        <div className="grid gap-3 sm:grid-cols-2">
          <button type="submit" name="intent" value="admit" className="button button-large">{t('door.admit')}</button>
          <button type="submit" name="intent" value="look" className="button button-quiet button-large">{t('door.look')}</button>
        </div>
        <details open={Boolean(actionData?.email)}>
          <summary className="link min-h-11 cursor-pointer content-center">{t('door.owner')}</summary>
          <Field name="email" type="email" key={`email ${actionData?.at}`} label={t('door.owner_email')} hint={t('door.owner_hint')}
            maxLength={max_email_length} autoComplete="off" autoCapitalize="off" spellCheck={false}
            defaultValue={actionData?.email} />
        </details>
        <Field name="gate" label={t('door.gate')} hint={t('door.gate_hint')} maxLength={max_gate_length}
          defaultValue={actionData?.gate ?? (gate || t('door.gate_default'))} />
      </Form>
      <LookUp {...loaderData} gate={actionData?.gate ?? gate} />
    </>
  )
}
