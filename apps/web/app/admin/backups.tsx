import { randomUUID } from 'node:crypto'
import { createBackup, damaged, listBackups, notCompleted, notElsewhere, underWay, verifyBackup,
  type Backup } from '@fermata/contracts/backups'
import { problemIs, type ProblemBody } from '@fermata/contracts/client'
import { data, Form, Link } from 'react-router'
import type { Route } from './+types/backups'
import { formatSize } from '../i18n/formats.ts'
import { translators } from '../i18n/translators.server.ts'
import { useT, useTranslator } from '../i18n/translator.tsx'
import { bodyOf, refusal, requirePerson } from '../server/answers.server.ts'
import { refuse, textsOf, type FormAnswer } from '../server/forms.server.ts'
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
  return bodyOf(context, await api(context)(listBackups, { query: { cursor } }))
}

export async function action ({ context, request }: Route.ActionArgs) {
  requirePerson(context, 'admin')
  const { t } = translators[context.get(visitorOf).language]
  const texts = textsOf(await request.formData())
  const { id } = texts
  const call = api(context)
  const answer = id
    ? await call(verifyBackup, { params: { id } })
    : await call(createBackup, { body: {}, headers: { 'idempotency-key': randomUUID() } })
  if (answer.ok) return data<FormAnswer>({ values: {}, errors: {}, done: t(id ? 'admin.backups.verify_done' : 'admin.backups.started') })
  const words = wordsOf(answer.problem)
  if (!words) throw refusal(context, answer)
  return data<FormAnswer>(refuse(t, {}, {}, t(words)), { status: answer.status })
}

function wordsOf (problem: ProblemBody) {
  if (problemIs(problem, underWay)) return 'admin.backups.under_way'
  if (problemIs(problem, damaged)) return 'admin.backups.damaged'
  if (problemIs(problem, notElsewhere)) return 'admin.backups.not_elsewhere'
  return problemIs(problem, notCompleted) ? 'admin.backups.not_completed' : null
}

const isRunning = ({ status }: Backup) => status === 'pending' || status === 'in_progress'

export default function Backups ({ loaderData: { items, next_cursor },
  actionData }: Route.ComponentProps) {
  const t = useT()
  return (
    <section className="grid gap-6">
      <PageTitle>{t('admin.backups.title')}</PageTitle>
      <header className="flex flex-wrap items-end justify-between gap-4">
        <div className="grid gap-2"><h1>{t('admin.backups.title')}</h1><p className="max-w-prose text-soft">{t('admin.backups.lead')}</p></div>
        <Form method="post"><button type="submit" className="button">{t('admin.backups.start')}</button></Form>
      </header>
      <FormMessage answer={actionData} />
      {items.some(isRunning) && <LookAgain />}
      {items.length === 0 ? <p className="panel text-soft">{t('admin.backups.empty')}</p> : (
        <ul className="card">{items.map(backup => <Row key={backup.id} backup={backup} />)}</ul>
      )}
      <NextPage next_cursor={next_cursor} />
    </section>
  )
}

const looks = { pending: 'badge', in_progress: 'badge badge-warm', completed: 'badge badge-good', failed: 'badge badge-bad' } as const

function Row ({ backup }: { backup: Backup }) {
  const { language, t } = useTranslator()
  const rows = backup.parts.reduce((sum, part) => sum + part.rows, 0)
  return (
    <li className="grid items-center gap-x-6 gap-y-2 border-b border-line px-5 py-4 last:border-0 md:grid-cols-[1fr_auto]">
      <div className="grid min-w-0">
        <strong><LocalTime at={backup.created_at} /></strong>
        <span className="hint" suppressHydrationWarning>
          {t(`admin.backups.trigger.${backup.trigger}`)} · {formatSize(language, backup.bytes)} · {t('admin.backups.rows', { count: rows })}
        </span>
        <details className="hint">
          <summary className="min-h-8 cursor-pointer content-center">{t('admin.backups.parts')} ({backup.parts.length})</summary>
          <ul className="flex flex-wrap gap-2 py-1">
            {backup.parts.map(part => (
              <li key={part.service} className={looks[part.status]}>
                {part.service}: {t('admin.backups.rows', { count: part.rows })}
              </li>
            ))}
          </ul>
        </details>
        {backup.restored_at && <span className="hint">{t('admin.backups.was_restored')} <LocalTime at={backup.restored_at} /></span>}
        {backup.elsewhere && <span className="hint break-all">{t('admin.backups.elsewhere', { place: backup.elsewhere })}</span>}
        {backup.status === 'completed' && (
          <Link to={`/admin/backups/${backup.id}`} className="link hint min-h-8 content-center">{t('admin.backups.restore')}</Link>
        )}
        {backup.error && <span className="text-sm text-bad">{backup.error}</span>}
      </div>
      <span className="flex flex-wrap items-center gap-3">
        <span className={looks[backup.status]}>{t(`admin.backups.states.${backup.status}`)}</span>
        {(backup.status === 'completed' || backup.taken_at !== null) && !isRunning(backup) && (
          <Form method="post"><button type="submit" name="id" value={backup.id} className="button button-quiet">{t('admin.backups.verify')}</button></Form>
        )}
      </span>
    </li>
  )
}
