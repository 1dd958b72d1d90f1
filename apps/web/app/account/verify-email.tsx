import {
  badCredentials, badLinkToken, proofNeeded, verifyEmail, weakPassword,
} from '@fermata/contracts/auth'
import { problemIs } from '@fermata/contracts/client'
import { data, Form, Link, redirect } from 'react-router'
import type { Route } from './+types/verify-email'
import { translators } from '../i18n/translators.server.ts'
import { useT } from '../i18n/translator.tsx'
import { refusal } from '../server/answers.server.ts'
import { check, refuse, textsOf, type FormAnswer } from '../server/forms.server.ts'
import { api, clientFor, sessionOf } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { isLinkOver } from './link-check.server.ts'
import { Field, FormMessage } from '../ui/field.tsx'
import { PageTitle } from '../ui/page-title.tsx'

/** How the person shows that the account is theirs, too: the link shows the mailbox alone. */
type Way = 'login' | 'password' | 'new_password'

/**
 * Where the link in the mail leads: `/verify-email?token=…`. Opening it changes nothing: mail
 * scanners open links too, and so does whoever wonders what the mail is about.
 */
export async function loader ({ context, url }: Route.LoaderArgs) {
  const { me } = context.get(sessionOf)
  const token = url.searchParams.get('token')?.slice(0, 200) ?? ''
  return {
    token, is_over: await isLinkOver(context, token, 'verify_email'),
    signed_in_as: me && { name: me.username, email: me.email },
  }
}

export async function action ({ context, request }: Route.ActionArgs) {
  const { t } = translators[context.get(visitorOf).language]
  const values = textsOf(await request.formData())
  const way: Way = values.way === 'password' || values.way === 'new_password' ? values.way : 'login'
  const body = { token: values.token ?? '', ...(way !== 'login' && { [way]: values[way] ?? '' }) }
  const errors = check(t, verifyEmail.body!, body)
  const again = (status: number, fields: Record<string, string>, problem?: string) =>
    data<FormAnswer>({ ...refuse(t, values, fields, problem), form: way }, { status })
  const over = (status: number) => data<FormAnswer>(
    { ...refuse(t, {}, {}, t('account.bad_link')), form: 'over' }, { status })
  if (errors.token) return over(400)
  if (Object.keys(errors).length > 0) return again(400, errors)
  const call = way === 'login' ? api(context) : clientFor(context, null)
  const answer = await call(verifyEmail, { body })
  if (answer.ok && way === 'new_password') throw redirect('/sign-in?reset=1')
  if (answer.ok) return data<FormAnswer>({ values: {}, errors: {}, done: t('account.verify_done') })
  const { problem, status } = answer
  if (problemIs(problem, badLinkToken)) return over(status)
  if (problemIs(problem, proofNeeded)) return again(status, {}, t('account.verify_other_login'))
  if (problemIs(problem, badCredentials)) return again(status, { password: t('account.verify_wrong_password') })
  if (problemIs(problem, weakPassword)) return again(status, { new_password: t('account.weak_password') })
  if (status === 429) return again(status, {}, t('account.too_fast'))
  throw refusal(context, answer)
}

export default function VerifyEmail ({ loaderData, actionData }: Route.ComponentProps) {
  const t = useT()
  const { token, signed_in_as } = loaderData
  const is_over = !actionData?.done && (loaderData.is_over || actionData?.form === 'over')
  const is_by_login = signed_in_as !== null && !actionData?.form
  return (
    <div className="wrap narrow grid gap-6 pt-10">
      <PageTitle>{t('account.verify_title')}</PageTitle>
      <h1>{t('account.verify_title')}</h1>
      <FormMessage answer={actionData?.done || actionData?.problem ? actionData
        : is_over ? { problem: t('account.bad_link') } : undefined} />
      {actionData?.done && <p><Link to="/" className="button">{t('errors.home')}</Link></p>}
      {/* With a link that is over no form would do anything. */}
      {is_over && (
        <p><Link to="/account/settings" className="button">{t('account.new_link')}</Link></p>
      )}
      {!actionData?.done && !is_over && (is_by_login
        ? <>
            <Form method="post" className="panel grid gap-5">
              <p>{t('account.verify_lead', signed_in_as)}</p>
              <Hidden token={token} way="login" />
              <button type="submit" className="button button-large">{t('account.verify_button')}</button>
            </Form>
            <details className="grid gap-5">
              <summary>{t('account.verify_other_ways')}</summary>
              <OtherWays token={token} answer={actionData} />
            </details>
          </>
        : <OtherWays token={token} answer={actionData} />)}
    </div>
  )
}

const Hidden = ({ token, way }: { token: string, way: Way }) => (
  <>
    <input type="hidden" name="token" value={token} />
    <input type="hidden" name="way" value={way} />
  </>
)

function OtherWays ({ token, answer }: { token: string, answer?: FormAnswer }) {
  const t = useT()
  return (
    <div className="grid gap-6">
      <Form method="post" className="panel grid gap-5">
        <h2>{t('account.verify_mine_title')}</h2>
        <p>{t('account.verify_mine_text')}</p>
        <Hidden token={token} way="password" />
        <Field name="password" type="password" required maxLength={200} autoComplete="current-password"
          label={t('account.password')} error={answer?.errors.password} />
        <button type="submit" className="button button-large">{t('account.verify_button')}</button>
      </Form>
      <Form method="post" className="panel grid gap-5">
        <h2>{t('account.verify_not_mine_title')}</h2>
        <p>{t('account.verify_not_mine_text')}</p>
        <Hidden token={token} way="new_password" />
        <Field name="new_password" type="password" required minLength={8} maxLength={200} autoComplete="new-password"
          label={t('account.new_password')} hint={t('account.password_hint')} error={answer?.errors.new_password} />
        <button type="submit" className="button button-quiet">{t('account.verify_not_mine_button')}</button>
      </Form>
      <p className="text-soft">{t('account.verify_ignore')}</p>
    </div>
  )
}
