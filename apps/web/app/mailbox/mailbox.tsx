import { listMailbox } from '@fermata/contracts/notifications'
import { Form, Link } from 'react-router'
import type { Route } from './+types/mailbox'
import { useT } from '../i18n/translator.tsx'
import { bodyOf } from '../server/answers.server.ts'
import { clientFor } from '../server/session.server.ts'
import { NextPage } from '../ui/next-page.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { LocalTime } from '../ui/values.tsx'

export async function loader ({ context, url }: Route.LoaderArgs) {
  const to = url.searchParams.get('to')?.trim().slice(0, 254) || undefined
  const cursor = url.searchParams.get('cursor') ?? undefined
  return { ...bodyOf(context,
    await clientFor(context, null)(listMailbox, { query: { to, cursor } })), to: to ?? '' }
}

export default function Mailbox ({ loaderData: { items, next_cursor, to } }: Route.ComponentProps) {
  const t = useT()
  return (
    <div className="wrap reading grid gap-6 pt-10">
      <PageTitle>{t('shop.mailbox.title')}</PageTitle>
      <header className="grid gap-2"><h1>{t('shop.mailbox.title')}</h1><p className="text-soft">{t('shop.mailbox.lead')}</p></header>
      <Form method="get" className="flex flex-wrap items-end gap-3" key={to}>
        <div className="field grow">
          <label htmlFor="to">{t('shop.mailbox.filter')}</label>
          <input id="to" name="to" type="search" className="input" maxLength={254} defaultValue={to} />
        </div>
        <button type="submit" className="button button-quiet">{t('shop.mailbox.apply')}</button>
      </Form>
      {items.length === 0 ? <p className="panel text-center text-soft">{t('shop.mailbox.empty')}</p> : (
        <ul className="card">
          {items.map(mail => (
            <li key={mail.id} className="relative grid gap-0.5 border-b border-line px-5 py-4 last:border-0 hover:bg-sunken">
              <Link to={`/mailbox/${mail.id}`} className="font-semibold after:absolute after:inset-0">{mail.subject}</Link>
              <p className="hint">
                {t('shell.labelled', { label: t('shop.mailbox.to'), text: mail.to })}
                {' · '}<LocalTime at={mail.sent_at} />
              </p>
            </li>
          ))}
        </ul>
      )}
      <NextPage next_cursor={next_cursor} />
    </div>
  )
}
