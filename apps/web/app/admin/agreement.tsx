import { randomUUID } from 'node:crypto'
import {
  listReconciliations, startReconciliation, type Mismatch, type ReconciliationRun,
} from '@fermata/contracts/reconciliation'
import { data, Form } from 'react-router'
import type { Route } from './+types/agreement'
import { translators } from '../i18n/translators.server.ts'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, requirePerson } from '../server/answers.server.ts'
import type { FormAnswer } from '../server/forms.server.ts'
import { api } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { FormMessage } from '../ui/field.tsx'
import { LookAgain } from '../ui/look-again.tsx'
import { NextPage } from '../ui/next-page.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { LocalTime } from '../ui/values.tsx'

export async function loader ({ context, url }: Route.LoaderArgs) {
  requirePerson(context, 'admin')
  const cursor = url.searchParams.get('cursor') ?? undefined
  return bodyOf(context, await api(context)(listReconciliations, { query: { cursor } }))
}

export async function action ({ context }: Route.ActionArgs) {
  requirePerson(context, 'admin')
  const { t } = translators[context.get(visitorOf).language]
  const headers = { 'idempotency-key': randomUUID() }
  bodyOf(context, await api(context)(startReconciliation, { headers }))
  return data<FormAnswer>({ values: {}, errors: {}, done: t('admin.agreement.started') })
}

export default function Agreement ({ loaderData: { items, next_cursor },
  actionData }: Route.ComponentProps) {
  const t = useT()
  return (
    <section className="grid gap-6">
      <PageTitle>{t('admin.agreement.title')}</PageTitle>
      <header className="flex flex-wrap items-end justify-between gap-4">
        <div className="grid gap-2">
          <h1>{t('admin.agreement.title')}</h1>
          <p className="max-w-prose text-soft">{t('admin.agreement.lead')}</p>
        </div>
        <Form method="post"><button type="submit" className="button">{t('admin.agreement.start')}</button></Form>
      </header>
      <FormMessage answer={actionData} />
      {items.some(({ status }) => status === 'in_progress') && <LookAgain />}
      {items.length === 0 ? <p className="panel text-soft">{t('admin.agreement.empty')}</p> : (
        <ul className="card">{items.map(run => <Row key={run.id} run={run} />)}</ul>
      )}
      <NextPage next_cursor={next_cursor} />
    </section>
  )
}

/** Good is only what was read whole and found to agree. */
const isGood = ({ mismatch_count, result }: ReconciliationRun) =>
  mismatch_count === 0 && result?.unanswered.length === 0

function looksOf (run: ReconciliationRun): string {
  if (run.status === 'in_progress') return 'badge badge-warm'
  return isGood(run) ? 'badge badge-good' : 'badge badge-bad'
}

function Row ({ run }: { run: ReconciliationRun }) {
  const t = useT()
  const { result, mismatch_count } = run
  const lines = result?.checked.reduce((sum, one) => sum + one.lines, 0) ?? 0
  return (
    <li className="grid gap-2 border-b border-line px-5 py-4 last:border-0">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <strong><LocalTime at={run.began_at} /></strong>
        <span className={looksOf(run)}>
          {mismatch_count === null ? t(`admin.agreement.states.${run.status}`)
            : isGood(run) ? t('admin.agreement.none')
              : t('admin.agreement.mismatches', { count: mismatch_count })}
        </span>
      </div>
      {result && (
        <span className="hint" suppressHydrationWarning>
          {t(`admin.agreement.trigger.${run.trigger}`)} · {t('admin.agreement.lines', { count: lines })}
          {' · '}{t('admin.agreement.in_flight', { count: result.in_flight })}
        </span>
      )}
      {run.error && <span className="text-sm text-bad">{run.error}</span>}
      {result?.unanswered.map(({ service, reason }) => (
        <span key={service} className="text-sm text-bad">
          {t('admin.agreement.unanswered', { service })} {reason}
        </span>
      ))}
      {result?.mismatches.map(mismatch => <Kind key={mismatch.kind} mismatch={mismatch} />)}
    </li>
  )
}

function Kind ({ mismatch: { kind, count, first } }: { mismatch: Mismatch }) {
  const t = useT()
  return (
    <details className="text-sm">
      <summary className="min-h-8 cursor-pointer content-center text-bad">
        {count} × {t(`admin.agreement.kinds.${kind}`)} (<code>{kind}</code>)
      </summary>
      <ul className="grid gap-1 py-1">
        {first.map(({ service, id, detail }) => (
          <li key={id} className="break-all">{service} <code>{id}</code> {detail}</li>
        ))}
        {count > first.length && <li>{t('admin.agreement.more', { count: count - first.length })}</li>}
      </ul>
    </details>
  )
}
