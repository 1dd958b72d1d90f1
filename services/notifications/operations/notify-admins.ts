import type { backupFailed } from '@fermata/contracts/backups'
import type { deadLetterAdded } from '@fermata/contracts/notifications'
import type { Tx } from '@fermata/platform/database'
import { translator } from '../adapters/catalogue.ts'
import type { Ctx, Handler } from '../context.ts'
import { notify } from '../notify.ts'
import { findAdmins } from '../queries/people.ts'
import type { Notice } from '../rules/notice.ts'

interface News {
  /** What is told once. */
  key: string
  text: 'backup_failed' | 'dead_letter'
  values: Record<string, string>
  path: string
  mail: 'always' | 'never'
}

/** Administrators are told. */
export const tellBackupFailed: Handler<typeof backupFailed> = async (ctx, tx, events) => {
  await tellAdmins(ctx, tx, events.map(({ id, data }) => ({
    key: id, text: 'backup_failed', path: '/admin/backups', mail: 'always',
    values: { services: data.services.join(', '), error: data.error },
  })))
}

/**
 * Administrators are told in the app only: it may be the mail server itself that is away. Of the
 * same kind once an hour, for what breaks breaks a thousand times.
 */
export const tellDeadLetter: Handler<typeof deadLetterAdded> = async (ctx, tx, events) => {
  await tellAdmins(ctx, tx, events.map(({ data: { service, subject, error, added_at } }) => ({
    key: `dead letter ${service} ${subject} ${added_at.slice(0, 'yyyy-mm-ddThh'.length)}`,
    text: 'dead_letter', path: '/admin/deliveries', mail: 'never',
    values: { service, subject, error },
  })))
}

async function tellAdmins (ctx: Ctx, tx: Tx, news: News[]): Promise<void> {
  const admins = await findAdmins(tx)
  await notify(ctx, tx, news.flatMap(({ key, text, values, path, mail }) =>
    admins.map(({ user_id, email, locale }): Notice => ({
      dedupe_key: `${key} ${user_id}`, kind: 'system', mail, user_id, email, locale, url: path,
      write (locale) {
        const t = translator(locale)
        return {
          title: t(`${text}.title`), paragraphs: [t(`${text}.body`, values)], facts: [],
          action: { label: t(`${text}.action`), path }, footer: t('footer.admin'),
        }
      },
    }))))
}
