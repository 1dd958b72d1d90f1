import { badCredentials, login } from '@fermata/contracts/auth'
import { problemIs } from '@fermata/contracts/client'
import { listMailbox } from '@fermata/contracts/notifications'
import { data, Form, Link, redirect } from 'react-router'
import type { Route } from './+types/sign-in'
import { translators } from '../i18n/translators.server.ts'
import { useT } from '../i18n/translator.tsx'
import { optional, refusal, safePath } from '../server/answers.server.ts'
import { check, inputRules, refuse, textsOf } from '../server/forms.server.ts'
import { clientFor, deviceHeaders, newCookies, sessionOf } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { Field, FormMessage } from '../ui/field.tsx'
import { PageTitle } from '../ui/page-title.tsx'

const demoAccounts = ['user@example.com', 'eventcreator@example.com', 'operator@example.com', 'admin@example.com']

export async function loader ({ context, url }: Route.LoaderArgs) {
  const next = safePath(url.searchParams.get('next'))
  if (context.get(sessionOf).me) throw redirect(next)
  // The mailbox exists in the demo only, and so do its accounts.
  const mailbox = await optional(clientFor(context, null)(listMailbox, { query: { limit: 1 } }))
  return {
    next, is_reset: url.searchParams.has('reset'), email: url.searchParams.get('email')?.slice(0, 254) ?? '',
    rules: inputRules(login.body!), accounts: mailbox ? demoAccounts : [],
  }
}

export async function action ({ context, request }: Route.ActionArgs) {
  const { t } = translators[context.get(visitorOf).language]
  const values = textsOf(await request.formData())
  const body = { email: values.email ?? '', password: values.password ?? '' }
  const errors = check(t, login.body!, body)
  if (Object.keys(errors).length > 0) return data(refuse(t, values, errors), { status: 400 })
  const answer = await clientFor(context, null)(login, { body, headers: deviceHeaders(context) })
  if (answer.ok) {
    context.get(newCookies).push(...answer.headers.getSetCookie())
    throw redirect(safePath(values.next))
  }
  if (problemIs(answer.problem, badCredentials)) return data(refuse(t, values, {}, t('account.bad_credentials')),
    { status: 401 })
  if (answer.status === 429) return data(refuse(t, values, {}, t('account.too_many_tries')), { status: 429 })
  throw refusal(context, answer)
}

export default function SignIn ({ loaderData, actionData }: Route.ComponentProps) {
  const { next, rules, accounts, is_reset, email } = loaderData
  const t = useT()
  const errors = actionData?.errors ?? {}
  return (
    <div className="wrap narrow grid gap-6 pt-10">
      <PageTitle>{t('account.sign_in')}</PageTitle>
      <header className="grid gap-2"><h1>{t('account.sign_in')}</h1><p className="text-lg text-soft">{t('account.sign_in_lead')}</p></header>
      <Form method="post" className="panel grid gap-5">
        <FormMessage answer={actionData ?? (is_reset ? { done: t('account.reset_done') } : undefined)} />
        <input type="hidden" name="next" value={next} />
        <Field name="email" type="email" label={t('account.email')} autoComplete="username" {...rules.email}
          key={email} defaultValue={actionData?.values.email ?? email} error={errors.email} />
        <Field name="password" type="password" label={t('account.password')} autoComplete="current-password" {...rules.password}
          error={errors.password} />
        <button type="submit" className="button button-large">{t('account.sign_in')}</button>
        <p><Link to="/forgot-password" className="link">{t('account.forgot')}</Link></p>
      </Form>
      <p>{t('account.no_account')} <Link to={`/sign-up?next=${encodeURIComponent(next)}`} className="link">{t('account.sign_up')}</Link></p>
      {accounts.length > 0 && <Demo accounts={accounts} next={next} />}
    </div>
  )
}

function Demo ({ accounts, next }: { accounts: string[], next: string }) {
  const t = useT()
  return (
    <aside className="notice notice-warm grid gap-2">
      <h2 className="text-lg">{t('account.demo_title')}</h2>
      <p>{t('account.demo_text')}</p>
      <ul>
        {accounts.map(email => (
          <li key={email}>
            <Link className="link inline-flex min-h-8 items-center" to={`?email=${encodeURIComponent(email)}&next=${encodeURIComponent(next)}`} replace>{email}</Link>
          </li>
        ))}
      </ul>
    </aside>
  )
}
