import { getMail } from '@fermata/contracts/notifications'
import { Link } from 'react-router'
import type { Route } from './+types/mail'
import { useT } from '../i18n/translator.tsx'
import { bodyOf } from '../server/answers.server.ts'
import { clientFor } from '../server/session.server.ts'
import { PageTitle } from '../ui/page-title.tsx'
import { LocalTime } from '../ui/values.tsx'

export async function loader ({ context, params }: Route.LoaderArgs) {
  const { html: _, attachments, ...mail } =
    bodyOf(context, await clientFor(context, null)(getMail, { params: { id: params.id } }))
  return { mail, attachments: attachments.map(({ filename }) => filename) }
}

export default function MailPage ({ loaderData: { mail, attachments } }: Route.ComponentProps) {
  const t = useT()
  return (
    <article className="wrap reading grid gap-6 pt-8">
      <PageTitle>{mail.subject}</PageTitle>
      <p><Link to="/mailbox" className="link">← {t('shop.mailbox.title')}</Link></p>
      <header className="grid gap-2">
        <h1 className="text-3xl">{mail.subject}</h1>
        <p className="text-soft">{mail.from} → {mail.to} · <LocalTime at={mail.sent_at} /></p>
      </header>
      {/* In a frame without rights: a mail is written for mail readers, and may carry what an organiser typed. */}
      <iframe title={t('shop.mailbox.frame')} src={`/mailbox/${mail.id}/html`} sandbox="allow-popups allow-popups-to-escape-sandbox"
        className="h-[36rem] w-full rounded-2xl border border-line bg-white" />
      {attachments.length > 0 && (
        <section className="grid gap-2">
          <h2 className="text-xl">{t('shop.mailbox.attachments')}</h2>
          <ul className="flex flex-wrap gap-3">
            {attachments.map((name, index) => (
              <li key={name}><a className="button button-quiet" href={`/mailbox/${mail.id}/attachment-${index}`}>{name}</a></li>
            ))}
          </ul>
        </section>
      )}
      <details>
        <summary className="min-h-11 cursor-pointer content-center font-semibold">{t('shop.mailbox.text_version')}</summary>
        <pre className="panel overflow-x-auto whitespace-pre-wrap text-sm">{mail.text}</pre>
      </details>
    </article>
  )
}
