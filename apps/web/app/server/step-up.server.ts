import { confirm, type ProofKind } from '@fermata/contracts/auth'
import { problemIs, type ProblemBody } from '@fermata/contracts/client'
import { stepUpNeeded } from '@fermata/contracts/problems'
import { createContext, data, type MiddlewareFunction, type RouterContextProvider } from 'react-router'
import { translators } from '../i18n/translators.server.ts'
import type { StepUp } from '../ui/confirm-form.tsx'
import { secondProofIn } from './proof.server.ts'
import { clientFor, deviceHeaders, newCookies, pageUrl, sessionOf } from './session.server.ts'
import { visitorOf } from './web-request.server.ts'

/*
 * Some of what pages ask for needs a proof from the last minutes that it is still the same person.
 * When the API says so, the page that comes back asks for the proof and carries what was sent as
 * hidden fields; with the proof it is sent again to where it was going.
 */

type Context = Readonly<RouterContextProvider>

interface Sent { fields: StepUp['fields'], problem: string | null }

/** The form of this request without its passwords; null where none was sent. */
const sentForm = createContext<Sent | null>(null)

const max_fields = 100
const own_prefix = 'confirm_'

/** Runs before every action: a proof that came along is shown to the API first. */
export const stepUpMiddleware: MiddlewareFunction<Response> = async (
  { context, request }, next,
) => {
  const form = request.method === 'POST' ? await readForm(request) : null
  if (form) {
    const problem = form.has(`${own_prefix}it`) ? await prove(context, form) : null
    context.set(sentForm, { fields: fieldsToKeep(form), problem })
  }
  return next()
}

const isForm = (type: string | null) =>
  /^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(type ?? '')

/** Read from a copy, since the action reads it too; what is no form is the action's to refuse. */
const readForm = (request: Request): Promise<FormData | null> =>
  isForm(request.headers.get('content-type'))
    ? request.clone().formData().catch(() => null)
    : Promise.resolve(null)

function fieldsToKeep (form: FormData): StepUp['fields'] {
  return [...form].slice(0, max_fields).flatMap(([name, value]): StepUp['fields'] =>
    typeof value !== 'string' || name.startsWith(own_prefix) || name.includes('password')
      ? [] : [[name, value]])
}

/** @returns what to say where the proof did not do; null when it did, and the login is confirmed */
async function prove (context: Context, form: FormData): Promise<string | null> {
  const { t } = translators[context.get(visitorOf).language]
  const session = context.get(sessionOf)
  if (!session.token) return null
  const body = proofIn(form)
  if (!body) return t('errors.step_up.wrong')
  const answer = await clientFor(context, session.token)(confirm, {
    body, headers: deviceHeaders(context),
  })
  if (answer.ok) {
    context.get(newCookies).push(...answer.headers.getSetCookie())
    context.set(sessionOf, { ...session, token: answer.body.access_token })
    return null
  }
  return t(answer.status === 429 ? 'account.too_fast' : 'errors.step_up.wrong')
}

function proofIn (form: FormData) {
  const textOf = (name: string) => {
    const value = form.get(own_prefix + name)
    return typeof value === 'string' ? value : ''
  }
  const password = textOf('password')
  if (password === '') return secondProofIn(textOf('code'), textOf('passkey'))
  return password.length <= 200 ? { password } : null
}

/** The page that asks for the proof, where that is what the API wants; else null. */
export function stepUpPage (context: Context, problem: ProblemBody | undefined) {
  if (!problem || !problemIs(problem, stepUpNeeded)) return null
  const { pathname, search } = context.get(pageUrl)
  const sent = context.get(sentForm)
  const methods: ProofKind[] = context.get(sessionOf).me?.confirm_with ?? ['password']
  const step_up: StepUp = {
    methods,
    action: pathname + search, fields: sent?.fields ?? [], problem: sent?.problem ?? null,
  }
  return data({ step_up }, { status: 403 })
}
