import { getMyProfile, getMySettings, ProfileChanges } from '@fermata/contracts/users'
import { data, Link } from 'react-router'
import type { Route } from './+types/settings'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, requirePerson } from '../server/answers.server.ts'
import { inputRules } from '../server/forms.server.ts'
import { api } from '../server/session.server.ts'
import { PageTitle } from '../ui/page-title.tsx'
import { changeSettings } from './settings-actions.server.ts'
import { ChannelsForm, DeleteForm, PasswordForm, ProfileForm } from './settings-forms.tsx'

export async function loader ({ context }: Route.LoaderArgs) {
  const me = requirePerson(context)
  const call = api(context)
  const [profile, settings] = await Promise.all([
    call(getMyProfile), call(getMySettings),
  ])
  return {
    profile: bodyOf(context, profile),
    settings: bodyOf(context, settings),
    is_verified: me.email_verified,
    rules: inputRules(ProfileChanges),
  }
}
export type SettingsData = Awaited<ReturnType<typeof loader>>

export async function action ({ context, request }: Route.ActionArgs) {
  requirePerson(context)
  const answer = await changeSettings(context, await request.formData())
  return data(answer, { status: answer.problem ? 400 : 200 })
}

export default function Settings ({ loaderData, actionData }: Route.ComponentProps) {
  const t = useT()
  /** Each form shows only what became of itself. */
  const answerOf = (form: string) => actionData?.form === form ? actionData : undefined
  return (
    <div className="reading grid gap-8">
      <PageTitle>{t('account.settings.title')}</PageTitle>
      <h1>{t('account.settings.title')}</h1>
      <ProfileForm page={loaderData} answer={answerOf('profile')} verification={answerOf('verification')} />
      <ChannelsForm page={loaderData} answer={answerOf('channels')} />
      <PasswordForm answer={answerOf('password')} />
      <p><Link className="link" to="/account/security">{t('account.security.link')}</Link></p>
      <p><a className="link" href="/account/export" download>{t('account.settings.export')}</a></p>
      <DeleteForm answer={answerOf('delete')} />
    </div>
  )
}
