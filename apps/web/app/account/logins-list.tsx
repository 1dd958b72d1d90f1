import type { Login } from '@fermata/contracts/auth'
import { Form } from 'react-router'
import { useT } from '../i18n/translator.tsx'
import type { FormAnswer } from '../server/forms.server.ts'
import { FormMessage } from '../ui/field.tsx'
import { NextPage } from '../ui/next-page.tsx'
import { LocalTime } from '../ui/values.tsx'
import { describeAgent } from './describe-agent.ts'

interface ListProps {
  page: { items: Login[], next_cursor: string | null }
  answer: FormAnswer | undefined
}

/** Where somebody is signed in; each place can be ended by itself. */
export function LoginsList ({ page: { items, next_cursor }, answer }: ListProps) {
  const t = useT()
  return (
    <section className="panel grid gap-4" aria-labelledby="logins">
      <h2 id="logins">{t('account.settings.logins')}</h2>
      <FormMessage answer={answer} />
      <ul className="grid">{items.map(login => <Row key={login.id} login={login} />)}</ul>
      <NextPage next_cursor={next_cursor} />
      {(items.length > 1 || next_cursor !== null) && (
        <Form method="post">
          <button type="submit" name="form" value="others" className="button button-danger">{t('account.security.end_others')}</button>
        </Form>
      )}
    </section>
  )
}

function Row ({ login }: { login: Login }) {
  const t = useT()
  const device = useDevice(login.user_agent)
  return (
    <li className="flex flex-wrap items-center justify-between gap-3 border-b border-line py-3 last:border-0">
      <span className="grid min-w-0">
        <strong className="break-all">{device}</strong>
        <span className="hint">
          {login.address ?? t('shell.none')} · {t('account.security.last_used')} <LocalTime at={login.last_used_at} />
        </span>
        <span className="hint">{t('account.security.since')} <LocalTime at={login.created_at} /></span>
      </span>
      {login.is_current ? <span className="badge badge-good">{t('account.settings.this_login')}</span> : (
        <Form method="post">
          <input type="hidden" name="form" value="login" />
          <button type="submit" name="login_id" value={login.id} className="button button-quiet">
            {t('account.settings.end_login')}<span className="sr-only">: {device}</span>
          </button>
        </Form>
      )}
    </li>
  )
}

function useDevice (user_agent: string | null): string {
  const t = useT()
  const { program, system } = describeAgent(user_agent)
  if (program && system) return t('account.security.agent', { program, system })
  return program ?? system ?? t('account.security.unknown_agent')
}
