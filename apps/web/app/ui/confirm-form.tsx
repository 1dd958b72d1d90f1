import type { ProofKind } from '@fermata/contracts/auth'
import { Form, isRouteErrorResponse, Link } from 'react-router'
import { useT } from '../i18n/translator.tsx'
import { Field, FormMessage } from './field.tsx'
import { PageTitle } from './page-title.tsx'
import { PasskeyButton } from './passkey.tsx'

/** What was sent and waits for its sender to prove who they are. */
export interface StepUp {
  /** Where it was going. */
  action: string
  fields: [name: string, value: string][]
  /** By what they may prove it. */
  methods: ProofKind[]
  /** What was wrong with the proof that came along. */
  problem: string | null
}

/** The waiting form that an action ended with, if that is what it ended with. */
export function stepUpOf (error: unknown): StepUp | null {
  if (!isRouteErrorResponse(error)) return null
  return (error.data as { step_up?: StepUp } | null)?.step_up ?? null
}

/** Asks who is there, and sends on what was waiting. */
export function ConfirmPage ({ step_up }: { step_up: StepUp }) {
  const { action, fields, methods, problem } = step_up
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
        <input type="hidden" name="confirm_it" value="1" />
        {methods.includes('password') && (
          <Field name="confirm_password" type="password" required maxLength={200} label={t('account.password')}
            autoComplete="current-password" />
        )}
        {(methods.includes('code') || methods.includes('recovery_code')) && (
          <Field name="confirm_code" required maxLength={50} label={t('errors.step_up.code')} autoComplete="one-time-code" />
        )}
        <p className="flex flex-wrap gap-3">
          {methods.includes('passkey') && <PasskeyButton name="confirm_passkey" label={t('errors.step_up.passkey')} className="button" />}
          {methods.some(method => method !== 'passkey') && (
            <button type="submit" className="button">{t('errors.step_up.confirm')}</button>
          )}
          <Link to={action} className="button button-quiet">{t('errors.step_up.cancel')}</Link>
        </p>
      </Form>
    </div>
  )
}
