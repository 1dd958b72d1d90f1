import {
  badCredentials, changePassword, deleteCredentials, lastAdmin, mailedOften, requestVerification,
  weakPassword,
} from '@fermata/contracts/auth'
import { problemIs, type ProblemBody } from '@fermata/contracts/client'
import { ProfileChanges, updateMyProfile, updateMySettings } from '@fermata/contracts/users'
import { redirect, type RouterContextProvider } from 'react-router'
import { formatWait } from '../i18n/formats.ts'
import { isLanguage } from '../i18n/language.ts'
import type { Translate } from '../i18n/translate.ts'
import { translators } from '../i18n/translators.server.ts'
import { refusal } from '../server/answers.server.ts'
import { check, fieldsRefused, refuse, textsOf, type FormAnswer } from '../server/forms.server.ts'
import { api, endSession } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'

type Context = Readonly<RouterContextProvider>
type Texts = Record<string, string>
type Change = (context: Context, t: Translate, values: Texts) => Promise<FormAnswer>
type Refused = { ok: false, status: number, problem: ProblemBody }

/** The settings page has several forms; `form` says which was sent. */
export async function changeSettings (context: Context, form: FormData): Promise<FormAnswer> {
  const { t } = translators[context.get(visitorOf).language]
  const values = textsOf(form)
  const change = Object.hasOwn(changes, values.form ?? '')
    ? changes[values.form as keyof typeof changes] : null
  if (!change) return refuse(t, {}, {}, t('errors.form.invalid'))
  return { ...await change(context, t, values), form: values.form }
}

const done = (text: string): FormAnswer => ({ values: {}, errors: {}, done: text })

/** Problems with words of their own; anything else ends the page. */
function explain (context: Context, t: Translate, values: Texts, answer: Refused): FormAnswer {
  const { problem, status } = answer
  if (problemIs(problem, badCredentials)) {
    const field = values.form === 'password' ? 'current_password' : 'password'
    return refuse(t, values, { [field]: t('account.bad_credentials') })
  }
  if (problemIs(problem, weakPassword)) return refuse(t, values, { new_password: t('account.weak_password') })
  if (problemIs(problem, lastAdmin)) return refuse(t, values, {}, t('account.settings.last_admin'))
  if (status === 400) return refuse(t, values, fieldsRefused(t, problem))
  if (status === 429) return refuse(t, values, {}, t('account.too_fast'))
  throw refusal(context, answer)
}

const changeProfile: Change = async (context, t, values) => {
  const body = { username: values.username ?? '',
    phone: values.phone ? values.phone.replace(/[\s().-]/g, '') : null }
  const errors = check(t, ProfileChanges, body)
  if (errors.phone) errors.phone = t('errors.form.phone')
  if (Object.keys(errors).length > 0) return refuse(t, values, errors)
  const answer = await api(context)(updateMyProfile, { body })
  return answer.ok ? done(t('shell.saved')) : explain(context, t, values, answer)
}

const changeChannels: Change = async (context, t, values) => {
  const answer = await api(context)(updateMySettings, { body: {
    ...(isLanguage(values.locale) && { locale: values.locale }),
    email_notifications: values.email_notifications === 'on',
    in_app_notifications: values.in_app_notifications === 'on',
    sms_notifications: values.sms_notifications === 'on',
    reminders: values.reminders === 'on',
  } })
  return answer.ok ? done(t('shell.saved')) : explain(context, t, values, answer)
}

const setPassword: Change = async (context, t, values) => {
  const body = { current_password: values.current_password ?? '',
    new_password: values.new_password ?? '' }
  const errors = check(t, changePassword.body!, body)
  if (Object.keys(errors).length > 0) return refuse(t, values, errors)
  const answer = await api(context)(changePassword, { body })
  return answer.ok ? done(t('account.settings.password_changed')) : explain(context, t, values, answer)
}

const verify: Change = async (context, t, values) => {
  const answer = await api(context)(requestVerification)
  if (answer.ok) return done(t('account.settings.verification_sent'))
  if (!problemIs(answer.problem, mailedOften)) return explain(context, t, values, answer)
  const { language } = context.get(visitorOf)
  const wait = formatWait(language, Number(answer.headers.get('retry-after')))
  return refuse(t, values, {}, t('account.settings.verification_often', { wait }))
}

const erase: Change = async (context, t, values) => {
  if (!values.password) return refuse(t, values, { password: t('errors.form.required') })
  const answer = await api(context)(deleteCredentials, { body: { password: values.password } })
  if (!answer.ok) return explain(context, t, values, answer)
  await endSession(context)
  throw redirect('/')
}

const changes = {
  profile: changeProfile, channels: changeChannels, password: setPassword, verification: verify,
  delete: erase,
}
