import { register, weakPassword } from '@fermata/contracts/auth'
import { problemIs } from '@fermata/contracts/client'
import { data, Form, Link, redirect } from 'react-router'
import type { Route } from './+types/sign-up'
import { translators } from '../i18n/translators.server.ts'
import { useT } from '../i18n/translator.tsx'
import { refusal, safePath } from '../server/answers.server.ts'
import { check, fieldsRefused, inputRules, refuse, textsOf } from '../server/forms.server.ts'
import { clientFor, newCookies, sessionOf } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { Field, FormMessage } from '../ui/field.tsx'
import { PageTitle } from '../ui/page-title.tsx'

export async function loader ({ context, url }: Route.LoaderArgs) {
  const next = safePath(url.searchParams.get('next'))
  if (context.get(sessionOf).me) throw redirect(next)
  return { next, rules: inputRules(register.body!) }
}

export async function action ({ context, request }: Route.ActionArgs) {
  const { language } = context.get(visitorOf)
  const { t } = translators[language]
  const values = textsOf(await request.formData())
  const body = { email: values.email ?? '', password: values.password ?? '',
    username: values.username ?? '', locale: language }
  const errors = check(t, register.body!, body)
  if (Object.keys(errors).length > 0) return data(refuse(t, values, errors), { status: 400 })
  const answer = await clientFor(context, null)(register, { body })
  if (answer.ok) {
    context.get(newCookies).push(...answer.headers.getSetCookie())
    throw redirect(safePath(values.next))
  }
  const { problem, status } = answer
  if (problemIs(problem, weakPassword)) return data(refuse(t, values, { password: t('account.weak_password') }),
    { status })
  if (status === 400) return data(refuse(t, values, fieldsRefused(t, problem)), { status })
  if (status === 429) return data(refuse(t, values, {}, t('account.too_fast')), { status })
  throw refusal(context, answer)
}

export default function SignUp ({ loaderData, actionData }: Route.ComponentProps) {
  const { next, rules } = loaderData
  const t = useT()
  const values = actionData?.values ?? {}
  const errors = actionData?.errors ?? {}
  return (
    <div className="wrap narrow grid gap-6 pt-10">
      <PageTitle>{t('account.sign_up')}</PageTitle>
      <header className="grid gap-2"><h1>{t('account.sign_up')}</h1><p className="text-lg text-soft">{t('account.sign_up_lead')}</p></header>
      <Form method="post" className="panel grid gap-5">
        <FormMessage answer={actionData} />
        <input type="hidden" name="next" value={next} />
        <Field name="username" label={t('account.name')} autoComplete="name" {...rules.username}
          defaultValue={values.username} error={errors.username} />
        <Field name="email" type="email" label={t('account.email')} autoComplete="email" {...rules.email}
          defaultValue={values.email} error={errors.email} />
        <Field name="password" type="password" label={t('account.password')} hint={t('account.password_hint')} autoComplete="new-password"
          {...rules.password} error={errors.password} />
        <button type="submit" className="button button-large">{t('account.sign_up')}</button>
      </Form>
      <p>{t('account.have_account')} <Link to={`/sign-in?next=${encodeURIComponent(next)}`} className="link">{t('account.sign_in')}</Link></p>
    </div>
  )
}
