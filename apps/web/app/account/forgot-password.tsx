import { forgotPassword } from '@fermata/contracts/auth'
import { data, Form, Link } from 'react-router'
import type { Route } from './+types/forgot-password'
import { translators } from '../i18n/translators.server.ts'
import { useT } from '../i18n/translator.tsx'
import { refusal } from '../server/answers.server.ts'
import { check, refuse, textsOf, type FormAnswer } from '../server/forms.server.ts'
import { clientFor } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { Field, FormMessage } from '../ui/field.tsx'
import { PageTitle } from '../ui/page-title.tsx'

export async function action ({ context, request }: Route.ActionArgs) {
  const { t } = translators[context.get(visitorOf).language]
  const values = textsOf(await request.formData())
  const body = { email: values.email ?? '' }
  const errors = check(t, forgotPassword.body!, body)
  if (Object.keys(errors).length > 0) return data(refuse(t, values, errors), { status: 400 })
  const answer = await clientFor(context, null)(forgotPassword, { body })
  if (answer.ok) return data<FormAnswer>({ values: {}, errors: {}, done: t('account.forgot_sent') })
  if (answer.status === 429) return data(refuse(t, values, {}, t('account.too_fast')), { status: 429 })
  throw refusal(context, answer)
}

export default function ForgotPassword ({ actionData }: Route.ComponentProps) {
  const t = useT()
  return (
    <div className="wrap narrow grid gap-6 pt-10">
      <PageTitle>{t('account.forgot_title')}</PageTitle>
      <header className="grid gap-2"><h1>{t('account.forgot_title')}</h1><p className="text-lg text-soft">{t('account.forgot_lead')}</p></header>
      <Form method="post" className="panel grid gap-5">
        <FormMessage answer={actionData} />
        <Field name="email" type="email" required maxLength={254} label={t('account.email')} autoComplete="email"
          defaultValue={actionData?.values.email} error={actionData?.errors.email} />
        <button type="submit" className="button button-large">{t('account.forgot_send')}</button>
      </Form>
      <p><Link to="/sign-in" className="link">{t('account.sign_in')}</Link></p>
    </div>
  )
}
