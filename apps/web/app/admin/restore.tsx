import { damaged, getBackup, getLosses, halfRestored, notCompleted, restoreBackup, underWay,
  type Backup } from '@fermata/contracts/backups'
import { problemIs, type ProblemBody } from '@fermata/contracts/client'
import { listReconciliations } from '@fermata/contracts/reconciliation'
import { data, Form, Link, useNavigation } from 'react-router'
import type { Route } from './+types/restore'
import { formatSize } from '../i18n/formats.ts'
import { translators } from '../i18n/translators.server.ts'
import { useT, useTranslator } from '../i18n/translator.tsx'
import { bodyOf, optional, refusal, requirePerson } from '../server/answers.server.ts'
import { refuse, textsOf, type FormAnswer } from '../server/forms.server.ts'
import { api } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { Field, FormMessage } from '../ui/field.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { LocalTime } from '../ui/values.tsx'
import { cameTo, Compared, type CameTo } from './compared.tsx'

export async function loader ({ context, params: { id } }: Route.LoaderArgs) {
  requirePerson(context, 'admin')
  const call = api(context)
  const backup = bodyOf(context, await call(getBackup, { params: { id } }))
  const [losses, runs] = await Promise.all([
    optional(call(getLosses, { params: { id } })),
    backup.restore_report && optional(call(listReconciliations, { query: { limit: 100 } })),
  ])
  const compared = runs?.items.find(run => run.id === backup.restore_report?.reconciliation_id)
  return { backup, losses, came_to: cameTo(compared) }
}

/** A restore ends the login of who asked for it: its answer is all there is to read until then. */
export const shouldRevalidate = ({ actionStatus, defaultShouldRevalidate }: {
  actionStatus?: number, defaultShouldRevalidate: boolean
}) => actionStatus === 200 ? false : defaultShouldRevalidate

/** A stadium with its orders takes minutes. */
const restored_within_ms = 3_600_000

/** Nothing is put back until the word was typed: what came after the copy is gone. */
export async function action ({ context, request, params: { id } }: Route.ActionArgs) {
  requirePerson(context, 'admin')
  const { t } = translators[context.get(visitorOf).language]
  const { word = '' } = textsOf(await request.formData())
  const refused = (words: string, status: number) => data<FormAnswer & { restored?: Backup }>(
    refuse(t, {}, {}, words), { status })
  if (word.trim().toLowerCase() !== t('admin.backups.word')) return refused(t('admin.backups.word_wrong'), 400)
  const answer = await api(context, restored_within_ms)(restoreBackup, { params: { id }, body: {} })
  if (answer.ok) return data<FormAnswer & { restored?: Backup }>(
    { values: {}, errors: {}, done: t('admin.backups.restored'), restored: answer.body })
  const words = wordsOf(answer.problem)
  if (!words) throw refusal(context, answer)
  const services = problemIs(answer.problem, halfRestored) ? answer.problem.services.join(', ') : ''
  return refused(t(words, { services, id }), answer.status)
}

function wordsOf (problem: ProblemBody) {
  if (problemIs(problem, halfRestored)) return 'admin.backups.half_restored'
  if (problemIs(problem, underWay)) return 'admin.backups.under_way'
  if (problemIs(problem, damaged)) return 'admin.backups.damaged'
  return problemIs(problem, notCompleted) ? 'admin.backups.not_completed' : null
}

export default function Restore ({ loaderData: { backup, losses, came_to },
  actionData }: Route.ComponentProps) {
  const { language, t } = useTranslator()
  const is_at_work = useNavigation().state === 'submitting'
  const restored = actionData?.restored ?? backup
  const rows = backup.parts.reduce((sum, part) => sum + part.rows, 0)
  return (
    <section className="grid max-w-prose gap-6">
      <PageTitle>{t('admin.backups.restore')}</PageTitle>
      <header className="grid gap-2">
        <Link to="/admin/backups" className="link hint">{t('admin.backups.title')}</Link>
        <h1>{t('admin.backups.restore')}</h1>
        <p className="text-soft" suppressHydrationWarning>
          <LocalTime at={backup.taken_at ?? backup.created_at} />
          {` · ${formatSize(language, backup.bytes)} · ${t('admin.backups.rows', { count: rows })}`}
        </p>
      </header>
      {is_at_work
        ? <p role="status" className="notice">{t('admin.backups.restoring')}</p>
        : <FormMessage answer={actionData} />}
      {restored.restore_report && (
        <Report backup={restored} came_to={actionData?.restored ? null : came_to} />
      )}
      {!actionData?.restored && (
        <>
          <Losses backup={backup} losses={losses} />
          <Form method="post" className="panel grid gap-3">
            <Field name="word" required maxLength={20} autoComplete="off"
              label={t('admin.backups.type_word', { word: t('admin.backups.word') })} />
            <button type="submit" disabled={is_at_work} className="button button-danger justify-self-start">{t('admin.backups.restore')}</button>
          </Form>
        </>
      )}
    </section>
  )
}

type Losses = Route.ComponentProps['loaderData']['losses']

/** What will be lost is said before the word is typed. */
function Losses ({ backup, losses }: { backup: Backup, losses: Losses }) {
  const t = useT()
  const people = new Map((losses?.made ?? []).flatMap(({ people: some }) => some)
    .map(one => [one.address, one]))
  const made = (losses?.made ?? []).filter(({ count }) => count > 0)
  const unknown = losses ? losses.unanswered : backup.parts.map(part => part.service)
  return (
    <div className="panel grid gap-3">
      <h2>{t('admin.backups.before')}</h2>
      <p>
        {t('admin.backups.back_to')} <strong><LocalTime at={backup.taken_at ?? backup.created_at} /></strong>.
      </p>
      <p>{t('admin.backups.lost')}</p>
      {made.length > 0 && (
        <ul className="grid gap-1">
          {made.map(({ what, count }) => <li key={what}>{t(`admin.backups.made.${what}`, { count })}</li>)}
        </ul>
      )}
      {made.length === 0 && unknown.length === 0 && <p><strong>{t('admin.backups.nothing_since')}</strong></p>}
      {unknown.length > 0 && <p className="text-bad">{t('admin.backups.unknown', { services: unknown.join(', ') })}</p>}
      {people.size > 0 && (
        <details>
          <summary className="min-h-8 cursor-pointer content-center">{t('admin.backups.people')}</summary>
          <ul className="grid gap-1 py-1">
            {[...people.values()].map(({ name, address }) => (
              <li key={address} className="break-all">{name} · {address}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}

const endings = [
  'accounts', 'addresses', 'orders', 'tickets', 'rights', 'members', 'passwords',
] as const

/** What the last restore of the backup did. */
function Report ({ backup: { restore_report: report, restored_at }, came_to }: {
  backup: Backup, came_to: CameTo | null
}) {
  const t = useT()
  if (!report || !restored_at) return null
  const { rows, notes, ended, services } = report
  const sums = new Map([...Map.groupBy(notes, note => note.what)].map(([what, group]) =>
    [what, group.reduce((sum, note) => sum + note.count, 0)] as const))
  return (
    <div className="panel grid gap-3">
      <h2>{t('admin.backups.after')}</h2>
      <p><LocalTime at={restored_at} /> · {t('admin.backups.rows', { count: rows })} · {services.join(', ')}</p>
      <ul className="grid gap-1">
        {[...sums].filter(([, count]) => count > 0).map(([what, count]) => (
          <li key={what}>{t(`admin.backups.notes.${what}`, { count })}</li>
        ))}
        {endings.filter(what => ended[what] > 0).map(what => (
          <li key={what}>{t(`admin.backups.ended.${what}`, { count: ended[what] })}</li>
        ))}
      </ul>
      {came_to && <Compared {...came_to} />}
      <p><Link to="/admin/agreement" className="link">
        {t(came_to === null ? 'admin.backups.compared' : 'admin.backups.all_compared')}
      </Link></p>
    </div>
  )
}
