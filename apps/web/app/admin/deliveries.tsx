import { problemIs } from '@fermata/contracts/client'
import { DeliveryStatus, listDeliveries, notRetryable, retryDelivery, type Delivery } from '@fermata/contracts/notifications'
import { data, Form, Link } from 'react-router'
import type { Route } from './+types/deliveries'
import { translators } from '../i18n/translators.server.ts'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, refusal, requirePerson } from '../server/answers.server.ts'
import { refuse, textsOf, type FormAnswer } from '../server/forms.server.ts'
import { api } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { FormMessage } from '../ui/field.tsx'
import { NextPage } from '../ui/next-page.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { LocalTime } from '../ui/values.tsx'

const page_size = 50

export async function loader ({ context, url }: Route.LoaderArgs) {
  requirePerson(context, 'admin')
  const status = DeliveryStatus.enum.find(one => one === url.searchParams.get('status'))
  const cursor = url.searchParams.get('cursor') ?? undefined
  const page = bodyOf(context,
    await api(context)(listDeliveries, { query: { status, cursor, limit: page_size } }))
  return { ...page, status: status ?? '', states: DeliveryStatus.enum }
}

export async function action ({ context, request }: Route.ActionArgs) {
  requirePerson(context, 'admin')
  const { t } = translators[context.get(visitorOf).language]
  const { id = '' } = textsOf(await request.formData())
  const answer = await api(context)(retryDelivery, { params: { id: id || 'none' } })
  if (answer.ok) return data<FormAnswer>({ values: {}, errors: {}, done: t('admin.deliveries.retried') })
  if (!problemIs(answer.problem, notRetryable)) throw refusal(context, answer)
  return data<FormAnswer>(refuse(t, {}, {}, t('admin.deliveries.not_retryable')), { status: answer.status })
}

export default function Deliveries ({ loaderData: { items, next_cursor, status, states },
  actionData }: Route.ComponentProps) {
  const t = useT()
  return (
    <section className="grid gap-6">
      <PageTitle>{t('admin.deliveries.title')}</PageTitle>
      <header className="grid gap-2"><h1>{t('admin.deliveries.title')}</h1><p className="text-soft">{t('admin.deliveries.lead')}</p></header>
      <div className="flex flex-wrap items-end justify-between gap-3">
        <Form method="get" className="flex items-end gap-3" key={status}>
          <div className="field">
            <label htmlFor="status">{t('admin.deliveries.status')}</label>
            <select id="status" name="status" className="input" defaultValue={status}>
              <option value="">{t('admin.deliveries.any')}</option>
              {states.map(state => <option key={state} value={state}>{t(`admin.deliveries.states.${state}`)}</option>)}
            </select>
          </div>
          <button type="submit" className="button button-quiet">{t('admin.deliveries.filter')}</button>
        </Form>
        <Link to="/mailbox" className="link">{t('admin.deliveries.mailbox')}</Link>
      </div>
      <FormMessage answer={actionData} />
      {items.length === 0 ? <p className="panel text-soft">{t('admin.deliveries.empty')}</p> : (
        <ul className="card">{items.map(delivery => <Row key={delivery.id} delivery={delivery} />)}</ul>
      )}
      <NextPage next_cursor={next_cursor} />
    </section>
  )
}

const looks = { pending: 'badge badge-warm', sent: 'badge badge-good', failed: 'badge badge-warm', dead: 'badge badge-bad' } as const

function Row ({ delivery }: { delivery: Delivery }) {
  const t = useT()
  const { id, subject, recipient, channel, status, attempts, last_error, created_at } = delivery
  return (
    <li className="grid items-center gap-x-6 gap-y-2 border-b border-line px-5 py-4 last:border-0 md:grid-cols-[1fr_auto]">
      <div className="grid min-w-0">
        <strong>{subject}</strong>
        <span className="hint break-all">{t(`admin.deliveries.channel.${channel}`)} → {recipient}</span>
        <span className="hint"><LocalTime at={created_at} /> · {t('admin.deliveries.attempts', { attempts })}</span>
        {last_error && <span className="text-sm text-bad">{last_error}</span>}
      </div>
      <span className="flex flex-wrap items-center gap-3">
        <span className={looks[status]}>{t(`admin.deliveries.states.${status}`)}</span>
        {(status === 'dead' || status === 'failed') && (
          <Form method="post"><button type="submit" name="id" value={id} className="button button-quiet">{t('admin.deliveries.retry')}</button></Form>
        )}
      </span>
    </li>
  )
}
