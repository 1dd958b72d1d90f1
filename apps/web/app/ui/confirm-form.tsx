import { Form, isRouteErrorResponse, Link } from 'react-router'
import { useT } from '../i18n/translator.tsx'
import { Field, FormMessage } from './field.tsx'
import { PageTitle } from './page-title.tsx'

/** What was sent and waits for its sender to prove who they are. */
export interface StepUp {
  /** Where it was going. */
  action: string
  fields: [name: string, value: string][]
  /** What was wrong with the proof that came along. */
  problem: string | null
}

/** The waiting form that an action ended with, if that is what it ended with. */
export function stepUpOf (error: unknown): StepUp | null {
  if (!isRouteErrorResponse(error)) return null
  return (error.data as { step_up?: StepUp } | null)?.step_up ?? null
}

/** Asks who is there, and sends on what was waiting. */
export function ConfirmPage ({ step_up: { action, fields, problem } }: { step_up: StepUp }) {
  const t = useT()
  return (
    <div className="wrap narrow grid gap-6 pt-10">
      <PageTitle>{t('errors.step_up.title')}</PageTitle>
      <header className="grid gap-2">
        <h1>{t('errors.step_up.title')}</h1>
        <p className="text-lg text-soft">{t('errors.step_up.text')}</p>
      </header>
      <Form method="post" action={action} className="panel grid gap-5">
        <FormMessage answer={problem === null ? undefined : { problem }} />
        {fields.map(([name, value], index) =>
          <input key={index} type="hidden" name={name} value={value} />)}
        <Field name="confirm_password" type="password" required maxLength={200} label={t('account.password')}
          autoComplete="current-password" />
        <p className="flex flex-wrap gap-3">
          <button type="submit" className="button">{t('errors.step_up.confirm')}</button>
          <Link to={action} className="button button-quiet">{t('errors.step_up.cancel')}</Link>
        </p>
      </Form>
    </div>
  )
}
