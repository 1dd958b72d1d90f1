import { badLinkToken, resetPassword, weakPassword } from '@fermata/contracts/auth'
import { problemIs } from '@fermata/contracts/client'
import { data, Form, Link, redirect } from 'react-router'
import type { Route } from './+types/reset-password'
import { translators } from '../i18n/translators.server.ts'
import { useT } from '../i18n/translator.tsx'
import { refusal } from '../server/answers.server.ts'
import { check, refuse, textsOf, type FormAnswer } from '../server/forms.server.ts'
import { clientFor, deviceHeaders, newCookies } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { isLinkOver } from './link-check.server.ts'
import { Field, FormMessage } from '../ui/field.tsx'
import { PageTitle } from '../ui/page-title.tsx'

/** Where the link in the mail leads: `/reset-password?token=…` */
export async function loader ({ context, url }: Route.LoaderArgs) {
  const token = url.searchParams.get('token')?.slice(0, 200) ?? ''
  return { token, is_over: await isLinkOver(context, token, 'reset_password') }
}

export async function action ({ context, request }: Route.ActionArgs) {
  const { t } = translators[context.get(visitorOf).language]
  const values = textsOf(await request.formData())
  const body = { token: values.token ?? '', new_password: values.new_password ?? '' }
  const errors = check(t, resetPassword.body!, body)
  const over = () =>
    data<FormAnswer>({ ...refuse(t, {}, {}, t('account.bad_link')), form: 'over' }, { status: 400 })
  if (errors.token) return over()
  if (Object.keys(errors).length > 0) return data(refuse(t, values, errors), { status: 400 })
  const answer = await clientFor(context, null)(resetPassword,
    { body, headers: deviceHeaders(context) })
  if (answer.ok) {
    context.get(newCookies).push(...answer.headers.getSetCookie())
    throw redirect('/sign-in?reset=1')
  }
  if (problemIs(answer.problem, badLinkToken)) return over()
  if (problemIs(answer.problem, weakPassword)) return data(refuse(t, values,
    { new_password: t('account.weak_password') }), { status: 400 })
  throw refusal(context, answer)
}

export default function ResetPassword ({ loaderData, actionData }: Route.ComponentProps) {
  const t = useT()
  return (
    <div className="wrap narrow grid gap-6 pt-10">
      <PageTitle>{t('account.reset_title')}</PageTitle>
      <h1>{t('account.reset_title')}</h1>
      {loaderData.is_over || actionData?.form === 'over' ? <Over /> : (
        <Form method="post" className="panel grid gap-5">
          <FormMessage answer={actionData} />
          <input type="hidden" name="token" value={loaderData.token} />
          <Field name="new_password" type="password" required minLength={8} maxLength={200} autoComplete="new-password"
            label={t('account.new_password')} hint={t('account.password_hint')} error={actionData?.errors.new_password} />
          <button type="submit" className="button button-large">{t('shell.save')}</button>
        </Form>
      )}
    </div>
  )
}

/** No form: with this link none would do anything. */
function Over () {
  const t = useT()
  return (
    <>
      <FormMessage answer={{ problem: t('account.bad_link') }} />
      <p><Link to="/forgot-password" className="button">{t('account.new_link')}</Link></p>
    </>
  )
}
