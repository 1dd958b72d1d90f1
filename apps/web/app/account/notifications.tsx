import { listNotifications, readNotification } from '@fermata/contracts/notifications'
import { Form, Link, redirect } from 'react-router'
import type { Route } from './+types/notifications'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, requirePerson, safePath } from '../server/answers.server.ts'
import { textsOf } from '../server/forms.server.ts'
import { api } from '../server/session.server.ts'
import { Empty } from '../ui/empty.tsx'
import { NextPage } from '../ui/next-page.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { LocalTime } from '../ui/values.tsx'

export async function loader ({ context, url }: Route.LoaderArgs) {
  requirePerson(context)
  const cursor = url.searchParams.get('cursor') ?? undefined
  const page = bodyOf(context, await api(context)(listNotifications, { query: { cursor } }))
  // What leads off this site is shown without its link.
  return { ...page,
    items: page.items.map(item => ({ ...item, url: item.url && safePath(item.url) })) }
}

export async function action ({ context, request }: Route.ActionArgs) {
  const { id = '' } = textsOf(await request.formData())
  bodyOf(context, await api(context)(readNotification, { params: { id } }))
  return redirect('/account/notifications')
}

export default function Notifications ({ loaderData }: Route.ComponentProps) {
  const { items, next_cursor } = loaderData
  const t = useT()
  return (
    <div className="reading grid gap-6">
      <PageTitle>{t('account.notifications.title')}</PageTitle>
      <h1>{t('account.notifications.title')}</h1>
      {items.length === 0 && <Empty title={t('account.notifications.empty_title')} text={t('account.notifications.empty_text')} />}
      <ul className="grid gap-3">
        {items.map(item => (
          <li key={item.id} className={`card grid gap-1 p-5 ${item.read_at ? '' : 'border-l-4 border-l-brass'}`}>
            <p className="flex flex-wrap items-center justify-between gap-2">
              <span className="hint"><LocalTime at={item.created_at} /></span>
              {!item.read_at && <span className="badge badge-warm">{t('account.notifications.unread')}</span>}
            </p>
            <h2 className="text-lg">{item.title}</h2>
            <p className="whitespace-pre-line">{item.body}</p>
            <div className="flex flex-wrap items-center gap-x-5">
              {item.url && <Link className="link inline-flex min-h-11 items-center" to={item.url}>{t('account.notifications.open')}</Link>}
              {!item.read_at && (
                <Form method="post">
                  <button type="submit" name="id" value={item.id} className="link min-h-11 cursor-pointer">{t('account.notifications.read')}</button>
                </Form>
              )}
            </div>
          </li>
        ))}
      </ul>
      <NextPage next_cursor={next_cursor} />
    </div>
  )
}
