import { getSecondFactor, listLogins } from '@fermata/contracts/auth'
import { data } from 'react-router'
import type { Route } from './+types/security'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, requirePerson } from '../server/answers.server.ts'
import { api } from '../server/session.server.ts'
import { Notice } from '../ui/notice.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { LoginsList } from './logins-list.tsx'
import { changeSecurity } from './security-actions.server.ts'
import { PasskeysForm, RecoveryCodesForm, ShownCodes, TotpForm } from './security-forms.tsx'

export async function loader ({ context, url }: Route.LoaderArgs) {
  const me = requirePerson(context)
  const call = api(context)
  const cursor = url.searchParams.get('cursor') ?? undefined
  const [factor, logins] = await Promise.all([
    call(getSecondFactor), call(listLogins, { query: { cursor } }),
  ])
  return {
    factor: bodyOf(context, factor), logins: bodyOf(context, logins), must_enroll: me.must_enroll,
  }
}
export type SecurityData = Awaited<ReturnType<typeof loader>>

export async function action ({ context, request }: Route.ActionArgs) {
  requirePerson(context)
  const answer = await changeSecurity(context, await request.formData())
  return data(answer, { status: answer.problem ? 400 : 200 })
}

/** How one signs in, and where one is signed in. */
export default function Security ({ loaderData, actionData }: Route.ComponentProps) {
  const t = useT()
  const { factor, logins, must_enroll } = loaderData
  /** Each part shows only what became of itself. */
  const answerOf = (...forms: string[]) =>
    actionData?.form && forms.includes(actionData.form) ? actionData : undefined
  const has_factor = factor.totp_since !== null || factor.passkeys.length > 0
  const codes = actionData?.recovery_codes ?? []
  return (
    <div className="reading grid gap-8">
      <PageTitle>{t('account.security.title')}</PageTitle>
      <header className="grid gap-2">
        <h1>{t('account.security.title')}</h1>
        <p className="text-lg text-soft">{t('account.security.lead')}</p>
      </header>
      {must_enroll && !has_factor && (
        <Notice look="notice-warm" title={t('account.security.must_enroll')} text={t('account.security.must_enroll_text')} />
      )}
      {codes.length > 0 && <ShownCodes codes={codes} />}
      <TotpForm factor={factor} answer={answerOf('totp', 'totp_confirm', 'totp_remove')} />
      <PasskeysForm factor={factor} answer={answerOf('passkey', 'passkey_add', 'passkey_remove')} />
      {has_factor && <RecoveryCodesForm factor={factor} answer={answerOf('codes')} />}
      <LoginsList page={logins} answer={answerOf('login', 'others')} />
    </div>
  )
}
