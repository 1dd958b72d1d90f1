import { Form } from 'react-router'
import { languageNames, languages } from '../i18n/language.ts'
import { useT } from '../i18n/translator.tsx'
import type { FormAnswer } from '../server/forms.server.ts'
import { Field, FormMessage, SelectField } from '../ui/field.tsx'
import type { SettingsData } from './settings.tsx'

interface FormProps { page: SettingsData, answer?: FormAnswer }

type ProfileProps = FormProps & { verification?: FormAnswer }

export function ProfileForm ({ page, answer, verification }: ProfileProps) {
  const t = useT()
  const { profile, rules, is_verified } = page
  const values = answer?.problem ? answer.values : profile
  return (
    <section className="panel grid gap-5" aria-labelledby="profile">
      <h2 id="profile">{t('account.settings.profile')}</h2>
      <Form method="post" className="grid gap-5">
        <FormMessage answer={answer} />
        <input type="hidden" name="form" value="profile" />
        <Field name="username" label={t('account.name')} autoComplete="name" {...rules.username} required
          defaultValue={values.username} error={answer?.errors.username} />
        <Field name="phone" type="tel" label={t('account.settings.phone')} hint={t('account.settings.phone_hint')} autoComplete="tel"
          defaultValue={values.phone ?? ''} error={answer?.errors.phone} placeholder="+33612345678" />
        <p><button type="submit" className="button">{t('shell.save')}</button></p>
      </Form>
      <div className="grid gap-3 border-t border-line pt-5">
        <p className="flex flex-wrap items-center gap-3">
          {profile.email}
          <span className={is_verified ? 'badge badge-good' : 'badge badge-warm'}>
            {t(is_verified ? 'account.settings.verified' : 'account.settings.unverified')}
          </span>
        </p>
        <FormMessage answer={verification} />
        {!is_verified && (
          <Form method="post">
            <button type="submit" name="form" value="verification" className="button button-quiet">{t('account.settings.send_verification')}</button>
          </Form>
        )}
      </div>
    </section>
  )
}

const channels = ['email_notifications', 'in_app_notifications', 'sms_notifications', 'reminders'] as const

export function ChannelsForm ({ page: { settings }, answer }: FormProps) {
  const t = useT()
  return (
    <Form method="post" className="panel grid gap-5" aria-labelledby="channels">
      <h2 id="channels">{t('account.settings.channels')}</h2>
      <FormMessage answer={answer} />
      <input type="hidden" name="form" value="channels" />
      <ul className="grid gap-1">
        {channels.map(channel => (
          <li key={channel}>
            <label className="flex min-h-11 cursor-pointer items-center gap-3">
              <input type="checkbox" name={channel} defaultChecked={settings[channel]} className="h-5 w-5 accent-(--action)" />
              {t(`account.settings.${channel}`)}
            </label>
          </li>
        ))}
      </ul>
      <SelectField name="locale" label={t('account.settings.language')} defaultValue={settings.locale}
        options={languages.map(language => ({ value: language, text: languageNames[language] }))} />
      <p><button type="submit" className="button">{t('shell.save')}</button></p>
    </Form>
  )
}

export function PasswordForm ({ answer }: { answer?: FormAnswer }) {
  const t = useT()
  return (
    <Form method="post" className="panel grid gap-5" aria-labelledby="password" key={answer?.done}>
      <h2 id="password">{t('account.settings.password')}</h2>
      <FormMessage answer={answer} />
      <input type="hidden" name="form" value="password" />
      <Field name="current_password" type="password" required maxLength={200} label={t('account.current_password')}
        autoComplete="current-password" error={answer?.errors.current_password} />
      <Field name="new_password" type="password" required minLength={8} maxLength={200} label={t('account.new_password')}
        hint={t('account.password_hint')} autoComplete="new-password" error={answer?.errors.new_password} />
      <p><button type="submit" className="button">{t('account.settings.change_password')}</button></p>
    </Form>
  )
}

/** Behind a disclosure and a password: nobody deletes an account by a slip of the finger. */
export function DeleteForm ({ answer }: { answer?: FormAnswer }) {
  const t = useT()
  return (
    <details className="panel" open={Boolean(answer)}>
      <summary className="min-h-11 cursor-pointer content-center text-lg font-bold text-bad">{t('account.settings.delete_title')}</summary>
      <Form method="post" className="grid gap-5 pt-4">
        <p>{t('account.settings.delete_text')}</p>
        <FormMessage answer={answer} />
        <input type="hidden" name="form" value="delete" />
        <Field name="password" type="password" required maxLength={200} label={t('account.password')} autoComplete="current-password"
          error={answer?.errors.password} />
        <p><button type="submit" className="button button-danger">{t('account.settings.delete')}</button></p>
      </Form>
    </details>
  )
}
