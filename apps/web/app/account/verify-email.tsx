import { verifyEmail } from '@fermata/contracts/auth'
import { data, Form, Link } from 'react-router'
import type { Route } from './+types/verify-email'
import { translators } from '../i18n/translators.server.ts'
import { useT } from '../i18n/translator.tsx'
import { refusal } from '../server/answers.server.ts'
import { check, refuse, textsOf, type FormAnswer } from '../server/forms.server.ts'
import { clientFor } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { FormMessage } from '../ui/field.tsx'
import { PageTitle } from '../ui/page-title.tsx'

/**
 * Where the link in the mail leads: `/verify-email?token=…`. A press of a button, because mail
 * scanners open links too.
 */
export function loader ({ url }: Route.LoaderArgs) {
  return { token: url.searchParams.get('token')?.slice(0, 200) ?? '' }
}

export async function action ({ context, request }: Route.ActionArgs) {
  const { t } = translators[context.get(visitorOf).language]
  const values = textsOf(await request.formData())
  const body = { token: values.token ?? '' }
  const bad_link = () => data(refuse(t, values, {}, t('account.bad_link')), { status: 400 })
  if (Object.keys(check(t, verifyEmail.body!, body)).length > 0) return bad_link()
  const answer = await clientFor(context, null)(verifyEmail, { body })
  if (answer.ok) return data<FormAnswer>({ values: {}, errors: {}, done: t('account.verify_done') })
  if (answer.status === 400) return bad_link()
  throw refusal(context, answer)
}

export default function VerifyEmail ({ loaderData, actionData }: Route.ComponentProps) {
  const t = useT()
  return (
    <div className="wrap narrow grid gap-6 pt-10">
      <PageTitle>{t('account.verify_title')}</PageTitle>
      <h1>{t('account.verify_title')}</h1>
      <FormMessage answer={actionData} />
      {actionData?.done ? <p><Link to="/" className="button">{t('errors.home')}</Link></p> : (
        <Form method="post" className="panel grid gap-5">
          <p>{t('account.verify_lead')}</p>
          <input type="hidden" name="token" value={loaderData.token} />
          <button type="submit" className="button button-large">{t('account.verify_button')}</button>
        </Form>
      )}
    </div>
  )
}
