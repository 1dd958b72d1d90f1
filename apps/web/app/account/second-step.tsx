import { Form, Link } from 'react-router'
import { useT } from '../i18n/translator.tsx'
import type { FormAnswer } from '../server/forms.server.ts'
import { Field, FormMessage } from '../ui/field.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { PasskeyButton } from '../ui/passkey.tsx'
import type { Second } from './sign-in.tsx'

interface StepProps { second: Second, next: string, answer: FormAnswer }

/** After the right password: a code, a recovery code or a passkey. */
export function SecondStep ({ second: { challenge, methods }, next, answer }: StepProps) {
  const t = useT()
  const has_codes = methods.includes('code') || methods.includes('recovery_code')
  return (
    <div className="wrap narrow grid gap-6 pt-10">
      <PageTitle>{t('account.second_step.title')}</PageTitle>
      <header className="grid gap-2">
        <h1>{t('account.second_step.title')}</h1>
        <p className="text-lg text-soft">{t('account.second_step.text')}</p>
      </header>
      <Form method="post" className="panel grid gap-5">
        <FormMessage answer={answer} />
        <input type="hidden" name="next" value={next} />
        <input type="hidden" name="challenge" value={challenge} />
        <input type="hidden" name="methods" value={methods.join()} />
        {methods.includes('passkey') && (
          <p className="flex flex-wrap items-center gap-3">
            <PasskeyButton name="passkey" challenge={challenge} label={t('account.second_step.passkey')} className="button" />
          </p>
        )}
        {has_codes && (
          <>
            <Field name="code" label={t('account.second_step.code')} hint={t('account.second_step.code_hint')} required
              maxLength={50} autoComplete="one-time-code" />
            <button type="submit" className="button button-large">{t('account.second_step.finish')}</button>
          </>
        )}
        <p><Link to={`/sign-in?next=${encodeURIComponent(next)}`} reloadDocument className="link">{t('shell.back')}</Link></p>
      </Form>
    </div>
  )
}
