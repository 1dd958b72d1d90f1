import {
  badCredentials, challengeOver, login, loginWithPasskey, loginWithSecondFactor,
  secondFactorNeeded, wrongProof, type ProofKind,
} from '@fermata/contracts/auth'
import { problemIs, type Answer } from '@fermata/contracts/client'
import { data, Form, Link, redirect } from 'react-router'
import type { Route } from './+types/sign-in'
import type { Translate } from '../i18n/translate.ts'
import { translators } from '../i18n/translators.server.ts'
import { useT } from '../i18n/translator.tsx'
import { refusal, safePath } from '../server/answers.server.ts'
import { check, inputRules, refuse, textsOf, type FormAnswer } from '../server/forms.server.ts'
import { secondProofIn } from '../server/proof.server.ts'
import { clientFor, deviceHeaders, newCookies, sessionOf } from '../server/session.server.ts'
import { visitorOf, webRequest } from '../server/web-request.server.ts'
import { Field, FormMessage } from '../ui/field.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { PasskeyButton } from '../ui/passkey.tsx'
import { SecondStep } from './second-step.tsx'

const demoAccounts = ['user@example.com', 'eventcreator@example.com', 'operator@example.com', 'admin@example.com']

export async function loader ({ context, url }: Route.LoaderArgs) {
  const next = safePath(url.searchParams.get('next'))
  if (context.get(sessionOf).me) throw redirect(next)
  return {
    next, notice: noticeIn(url), email: url.searchParams.get('email')?.slice(0, 254) ?? '',
    rules: inputRules(login.body!), accounts: context.get(webRequest).is_demo ? demoAccounts : [],
  }
}

/** Why somebody was sent here, as the address says. */
const noticeIn = ({ searchParams }: URL) =>
  (['reset', 'bad_link', 'roles'] as const).find(name => searchParams.has(name)) ?? null

/** What the second step needs of the first. */
export interface Second { challenge: string, methods: ProofKind[] }
type SignInAnswer = FormAnswer & { second?: Second }
type Context = Route.ActionArgs['context']
type Texts = Record<string, string>

export async function action ({ context, request }: Route.ActionArgs) {
  const values = textsOf(await request.formData())
  if (values.challenge) return secondStep(context, values)
  if (values.passkey) return passkeyAlone(context, values)
  return firstStep(context, values)
}

async function firstStep (context: Context, values: Texts) {
  const { t } = translators[context.get(visitorOf).language]
  const body = { email: values.email ?? '', password: values.password ?? '' }
  const errors = check(t, login.body!, body)
  if (Object.keys(errors).length > 0) return refused(refuse(t, values, errors), 400)
  const answer =
    await clientFor(context, null)(login, { body, headers: deviceHeaders(context) })
  if (answer.ok) return enter(context, answer, values)
  const { problem } = answer
  if (problemIs(problem, secondFactorNeeded)) {
    const { challenge, methods } = problem
    return refused({ values: {}, errors: {}, second: { challenge, methods } }, 200)
  }
  if (problemIs(problem, badCredentials)) return refused(refuse(t, values, {}, t('account.bad_credentials')), 401)
  if (answer.status === 429) return refused(refuse(t, values, {}, t('account.too_many_tries')), 429)
  throw refusal(context, answer)
}

/** The form carries what the first step answered, so that it works in any browser and any tab. */
async function secondStep (context: Context, values: Texts) {
  const { t } = translators[context.get(visitorOf).language]
  const challenge = values.challenge!.slice(0, 600)
  const methods = (values.methods ?? '').split(',').filter(isProofKind)
  const again = (problem: string, status: number) =>
    refused({ ...refuse(t, {}, {}, problem), second: { challenge, methods } }, status)
  const proof = secondProofIn(values.code ?? '', values.passkey ?? '')
  if (!proof) return again(t('account.second_step.wrong'), 400)
  const answer = await clientFor(context, null)(loginWithSecondFactor, {
    body: { challenge, ...proof }, headers: deviceHeaders(context),
  })
  if (answer.ok) return enter(context, answer, values)
  const { problem, status } = answer
  if (problemIs(problem, wrongProof)) return again(t('account.second_step.wrong'), status)
  if (status === 429) return again(t('account.too_many_tries'), status)
  if (problemIs(problem, challengeOver) || status === 400) {
    return refused(refuse(t, {}, {}, t('account.second_step.over')), status)
  }
  throw refusal(context, answer)
}

async function passkeyAlone (context: Context, values: Texts) {
  const { t } = translators[context.get(visitorOf).language]
  const proof = secondProofIn('', values.passkey!)
  const failed = (status: number) =>
    refused(refuse(t, values, {}, t('account.security.passkey_failed')), status)
  if (!proof?.passkey) return failed(400)
  const answer = await clientFor(context, null)(loginWithPasskey, {
    body: { response: proof.passkey }, headers: deviceHeaders(context),
  })
  if (answer.ok) return enter(context, answer, values)
  if ([400, 401, 429].includes(answer.status)) return failed(answer.status)
  throw refusal(context, answer)
}

const isProofKind = (word: string): word is ProofKind =>
  ['code', 'recovery_code', 'passkey'].includes(word)

const refused = (answer: SignInAnswer, status: number) => data(answer, { status })

function enter (
  context: Context, answer: Pick<Answer<typeof login>, 'headers'>, values: Texts,
): never {
  context.get(newCookies).push(...answer.headers.getSetCookie())
  throw redirect(safePath(values.next))
}

export default function SignIn ({ loaderData, actionData }: Route.ComponentProps) {
  const { next, rules, accounts, notice, email } = loaderData
  const t = useT()
  const errors = actionData?.errors ?? {}
  if (actionData?.second) {
    return <SecondStep second={actionData.second} next={next} answer={actionData} />
  }
  return (
    <div className="wrap narrow grid gap-6 pt-10">
      <PageTitle>{t('account.sign_in')}</PageTitle>
      <header className="grid gap-2"><h1>{t('account.sign_in')}</h1><p className="text-lg text-soft">{t('account.sign_in_lead')}</p></header>
      <Form method="post" className="panel grid gap-5">
        {next.startsWith('/orders/') && <p className="notice notice-warm">{t('account.order_link')}</p>}
        <FormMessage answer={actionData ?? arrivals(t)[notice ?? 'none']} />
        <input type="hidden" name="next" value={next} />
        <Field name="email" type="email" label={t('account.email')} autoComplete="username" {...rules.email}
          key={email} defaultValue={actionData?.values.email ?? email} error={errors.email} />
        <Field name="password" type="password" label={t('account.password')} autoComplete="current-password" {...rules.password}
          error={errors.password} />
        <button type="submit" className="button button-large">{t('account.sign_in')}</button>
        <p><Link to="/forgot-password" className="link">{t('account.forgot')}</Link></p>
      </Form>
      <Form method="post" className="flex flex-wrap items-center gap-3">
        <input type="hidden" name="next" value={next} />
        <PasskeyButton name="passkey" label={t('account.second_step.sign_in')} />
      </Form>
      <p>{t('account.no_account')} <Link to={`/sign-up?next=${encodeURIComponent(next)}`} className="link">{t('account.sign_up')}</Link></p>
      {accounts.length > 0 && <Demo accounts={accounts} next={next} />}
    </div>
  )
}

const arrivals = (t: Translate) => ({
  none: undefined, reset: { done: t('account.reset_done') },
  bad_link: { problem: t('account.bad_order_link') }, roles: { done: t('account.roles_changed') },
})

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
