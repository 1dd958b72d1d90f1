import { problemIs } from '@fermata/contracts/client'
import {
  addressHasAccount, addressLinkOften, badAddressLink, eraseAddress, openAddress,
  requestAddressLink,
} from '@fermata/contracts/users'
import { data, Form, Link, type RouterContextProvider } from 'react-router'
import type { Route } from './+types/my-data'
import { formatWait } from '../i18n/formats.ts'
import { translators } from '../i18n/translators.server.ts'
import { useT } from '../i18n/translator.tsx'
import { refusal } from '../server/answers.server.ts'
import { check, refuse, textsOf, type FormAnswer } from '../server/forms.server.ts'
import { clientFor, sessionOf } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { Field, FormMessage } from '../ui/field.tsx'
import { PageTitle } from '../ui/page-title.tsx'

type Context = Readonly<RouterContextProvider>

/** What the page knows after a form: whose data they are, and what opens them. */
interface MyDataAnswer extends FormAnswer { opened?: { email: string, grant: string } }

/**
 * What is kept about an address without an account. The link in the mail leads here, to
 * `/my-data?token=…`; opening it does nothing, pressing the button uses it up.
 */
export function loader ({ context, url }: Route.LoaderArgs) {
  return {
    token: url.searchParams.get('token')?.slice(0, 200) ?? '',
    is_signed_in: context.get(sessionOf).me !== null,
  }
}

export async function action ({ context, request }: Route.ActionArgs) {
  const values = textsOf(await request.formData())
  const steps = { ask, open, erase }
  const step = values.form === 'open' || values.form === 'erase' ? values.form : 'ask'
  return steps[step](context, values)
}

const answer = (fields: Partial<MyDataAnswer>, status = 200) =>
  data<MyDataAnswer>({ values: {}, errors: {}, ...fields }, { status })

async function ask (context: Context, values: Record<string, string>) {
  const { language } = context.get(visitorOf)
  const { t } = translators[language]
  const body = { email: values.email ?? '', locale: language }
  const errors = check(t, requestAddressLink.body!, body)
  if (Object.keys(errors).length > 0) return answer(refuse(t, values, errors), 400)
  const sent = await clientFor(context, null)(requestAddressLink, { body })
  if (sent.ok) return answer({ done: t('account.my_data.asked') })
  if (problemIs(sent.problem, addressLinkOften)) {
    const wait = formatWait(language, Number(sent.headers.get('retry-after')))
    return answer(refuse(t, values, {}, t('account.my_data.often', { wait })), 429)
  }
  if (sent.status === 429) return answer(refuse(t, values, {}, t('account.too_fast')), 429)
  throw refusal(context, sent)
}

async function open (context: Context, values: Record<string, string>) {
  const { t } = translators[context.get(visitorOf).language]
  const body = { token: values.token ?? '' }
  if (Object.keys(check(t, openAddress.body!, body)).length > 0) {
    return answer({ problem: t('account.my_data.bad_link') }, 400)
  }
  const opened = await clientFor(context, null)(openAddress, { body })
  if (opened.ok) return answer({ opened: { email: opened.body.email, grant: opened.body.grant } })
  return explain(context, opened)
}

async function erase (context: Context, values: Record<string, string>) {
  const { t } = translators[context.get(visitorOf).language]
  const body = { grant: values.grant ?? '' }
  if (Object.keys(check(t, eraseAddress.body!, body)).length > 0) {
    return answer({ problem: t('account.my_data.bad_link') }, 400)
  }
  const erased = await clientFor(context, null)(eraseAddress, { body })
  return erased.ok ? answer({ done: t('account.my_data.erased') }) : explain(context, erased)
}

type Refused = Parameters<typeof refusal>[1]

function explain (context: Context, refused: Refused) {
  const { t } = translators[context.get(visitorOf).language]
  const { problem, status } = refused
  if (problem && problemIs(problem, badAddressLink)) {
    return answer({ problem: t('account.my_data.bad_link') }, status)
  }
  if (problem && problemIs(problem, addressHasAccount)) {
    return answer({ problem: t('account.my_data.has_account') }, status)
  }
  if (status === 429) return answer({ problem: t('account.too_fast') }, status)
  throw refusal(context, refused)
}

export default function MyData ({ loaderData, actionData }: Route.ComponentProps) {
  const t = useT()
  const { token, is_signed_in } = loaderData
  const opened = actionData?.opened
  const has_failed = actionData?.problem !== undefined
  return (
    <div className="wrap narrow grid gap-6 pt-10">
      <PageTitle>{t('account.my_data.title')}</PageTitle>
      <header className="grid gap-2">
        <h1>{t('account.my_data.title')}</h1>
        <p className="text-lg text-soft">{t('account.my_data.lead')}</p>
      </header>
      {opened
        ? <Opened {...opened} />
        : token !== '' && !has_failed && !actionData?.done
          ? <OpenForm token={token} />
          : <AskForm answer={actionData} />}
      <p>
        {is_signed_in
          ? <Link to="/account/settings" className="link">{t('account.my_data.own_account')}</Link>
          : t('account.my_data.with_account')}
      </p>
    </div>
  )
}

function AskForm ({ answer: shown }: { answer?: MyDataAnswer }) {
  const t = useT()
  return (
    <Form method="post" action="/my-data" className="panel grid gap-5">
      <FormMessage answer={shown} />
      <Field name="email" type="email" required maxLength={254} label={t('account.email')} autoComplete="email"
        defaultValue={shown?.values.email} error={shown?.errors.email} />
      <button type="submit" className="button button-large">{t('account.my_data.ask')}</button>
    </Form>
  )
}

function OpenForm ({ token }: { token: string }) {
  const t = useT()
  return (
    <Form method="post" className="panel grid gap-5">
      <p>{t('account.my_data.open_text')}</p>
      <input type="hidden" name="form" value="open" />
      <input type="hidden" name="token" value={token} />
      <button type="submit" className="button button-large">{t('account.my_data.open')}</button>
    </Form>
  )
}

function Opened ({ email, grant }: { email: string, grant: string }) {
  const t = useT()
  return (
    <>
      <section className="panel grid gap-5" aria-labelledby="download">
        <h2 id="download">{t('account.my_data.download_title')}</h2>
        <p>{t('account.my_data.download_text', { email })}</p>
        <Form method="post" action="/my-data/download" reloadDocument>
          <input type="hidden" name="grant" value={grant} />
          <button type="submit" className="button button-large">{t('account.my_data.download')}</button>
        </Form>
      </section>
      <section className="panel grid gap-5" aria-labelledby="erase">
        <h2 id="erase">{t('account.my_data.erase_title')}</h2>
        <p>{t('account.my_data.erase_text')}</p>
        <Form method="post" action="/my-data">
          <input type="hidden" name="form" value="erase" />
          <input type="hidden" name="grant" value={grant} />
          <details>
            <summary className="min-h-11 cursor-pointer content-center font-bold text-bad">{t('account.my_data.erase')}</summary>
            <button type="submit" className="button button-danger">{t('account.my_data.erase_sure')}</button>
          </details>
        </Form>
      </section>
    </>
  )
}
