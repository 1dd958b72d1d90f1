import {
  addPasskey, challengeOver, confirmTotp, createRecoveryCodes, enableTotp, endLogin,
  endOtherLogins, noTotpPending, passkeyInUse, removePasskey, removeTotp, secondFactorRequired,
  startPasskey, tooManyPasskeys, totpInUse, wrongProof, type NewTotp,
} from '@fermata/contracts/auth'
import { problemIs, type ProblemBody } from '@fermata/contracts/client'
import type { RouterContextProvider } from 'react-router'
import type { TextKey, Translate } from '../i18n/translate.ts'
import { translators } from '../i18n/translators.server.ts'
import { refusal } from '../server/answers.server.ts'
import { refuse, textsOf, type FormAnswer } from '../server/forms.server.ts'
import { api } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'

type Context = Readonly<RouterContextProvider>
type Texts = Record<string, string>
type Refused = { ok: false, status: number, problem: ProblemBody }

/** What became of a form, with what is shown this once. */
export interface SecurityAnswer extends FormAnswer {
  totp?: NewTotp
  passkey_options?: unknown
  recovery_codes?: string[]
}
type Change = (context: Context, t: Translate, values: Texts) => Promise<SecurityAnswer>

/** The page has several forms; `form` says which was sent. */
export async function changeSecurity (context: Context, form: FormData): Promise<SecurityAnswer> {
  const { t } = translators[context.get(visitorOf).language]
  const values = textsOf(form)
  const change = Object.hasOwn(changes, values.form ?? '')
    ? changes[values.form as keyof typeof changes] : null
  if (!change) return refuse(t, {}, {}, t('errors.form.invalid'))
  return { ...await change(context, t, values), form: values.form }
}

const done = (text: string, shown: Partial<SecurityAnswer> = {}): SecurityAnswer =>
  ({ values: {}, errors: {}, done: text, ...shown })

const words = [
  [wrongProof, 'account.security.wrong_code'], [challengeOver, 'account.security.too_late'],
  [totpInUse, 'account.security.totp_in_use'], [noTotpPending, 'account.security.no_totp_pending'],
  [secondFactorRequired, 'account.security.required'],
  [tooManyPasskeys, 'account.security.too_many_passkeys'],
  [passkeyInUse, 'account.security.passkey_in_use'],
] as const satisfies [{ type: string, status: number, title: string }, TextKey][]

/** Problems with words of their own; anything else ends the page. */
function explain (context: Context, t: Translate, values: Texts, answer: Refused): SecurityAnswer {
  const known = words.find(([definition]) => problemIs(answer.problem, definition))
  if (known) return refuse(t, values, {}, t(known[1]))
  if (answer.status === 429) return refuse(t, values, {}, t('account.too_fast'))
  throw refusal(context, answer)
}

const beginTotp: Change = async (context, t, values) => {
  const answer = await api(context)(enableTotp)
  if (!answer.ok) return explain(context, t, values, answer)
  return { values: {}, errors: {}, totp: answer.body }
}

const finishTotp: Change = async (context, t, values) => {
  const totp = { secret: values.secret ?? '', uri: values.uri ?? '', qr_svg: values.qr_svg ?? '' }
  const code = (values.code ?? '').replace(/\s/g, '')
  if (!/^\d{6}$/.test(code)) {
    return { ...refuse(t, values, { code: t('account.security.six_digits') }), totp }
  }
  const answer = await api(context)(confirmTotp, { body: { code } })
  if (!answer.ok) return { ...explain(context, t, values, answer), totp }
  return done(t('account.security.totp_done'), answer.body)
}

const dropTotp: Change = async (context, t, values) => {
  const answer = await api(context)(removeTotp)
  return answer.ok ? done(t('shell.saved')) : explain(context, t, values, answer)
}

const beginPasskey: Change = async (context, t, values) => {
  const answer = await api(context)(startPasskey)
  if (!answer.ok) return explain(context, t, values, answer)
  return { values: {}, errors: {}, passkey_options: answer.body.options }
}

const finishPasskey: Change = async (context, t, values) => {
  const response = jsonIn(values.response)
  if (response === null) return refuse(t, values, {}, t('account.security.passkey_failed'))
  const body = { name: values.name || t('account.security.passkey'), response: response as never }
  const answer = await api(context)(addPasskey, { body })
  if (!answer.ok) return explain(context, t, values, answer)
  return done(t('account.security.passkey_done'),
    { recovery_codes: answer.body.recovery_codes })
}

const dropPasskey: Change = async (context, t, values) => {
  const answer = await api(context)(removePasskey, { params: { id: values.id || 'none' } })
  return answer.ok ? done(t('shell.saved')) : explain(context, t, values, answer)
}

const renewCodes: Change = async (context, t, values) => {
  const answer = await api(context)(createRecoveryCodes)
  return answer.ok ? done(t('account.security.codes_done'), answer.body)
    : explain(context, t, values, answer)
}

const endOne: Change = async (context, t, values) => {
  const answer = await api(context)(endLogin, { params: { id: values.login_id || 'none' } })
  // Gone already is what was wanted.
  return answer.ok || answer.status === 404 ? done(t('account.security.ended'))
    : explain(context, t, values, answer)
}

const endOthers: Change = async (context, t, values) => {
  const answer = await api(context)(endOtherLogins)
  return answer.ok ? done(t('account.security.ended_all')) : explain(context, t, values, answer)
}

function jsonIn (text: string | undefined): object | null {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}

const changes = {
  totp: beginTotp, totp_confirm: finishTotp, totp_remove: dropTotp,
  passkey: beginPasskey, passkey_add: finishPasskey, passkey_remove: dropPasskey,
  codes: renewCodes, login: endOne, others: endOthers,
}
