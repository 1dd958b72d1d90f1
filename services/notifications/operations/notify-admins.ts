import type { backupFailed } from '@fermata/contracts/backups'
import type { deadLetterAdded } from '@fermata/contracts/notifications'
import type { Tx } from '@fermata/platform/database'
import { translator } from '../adapters/catalogue.ts'
import type { Ctx, Handler } from '../context.ts'
import { notify } from '../notify.ts'
import { findAdmins } from '../queries.ts'

export const tellBackupFailed: Handler<typeof backupFailed> = async (ctx, tx, events) => {
  for (const { id, data } of events) {
    await tellAdmins(ctx, tx, id, 'backup_failed', { services: data.services.join(', '), error: data.error }, '/admin/backups', 'always')
  }
}

/** In the app only: it may be the mail server itself that is away. */
export const tellDeadLetter: Handler<typeof deadLetterAdded> = async (ctx, tx, events) => {
  for (const { id, data } of events) {
    await tellAdmins(ctx, tx, id, 'dead_letter', { service: data.service, subject: data.subject, error: data.error }, '/admin/deliveries', 'never')
  }
}

async function tellAdmins (
  ctx: Ctx, tx: Tx, event_id: string, text: 'backup_failed' | 'dead_letter', values: Record<string, string>, path: string, mail: 'always' | 'never'
): Promise<void> {
  const admins = await findAdmins(tx)
  await notify(ctx, tx, admins.map(({ user_id, email, locale }) => {
    const t = translator(locale)
    return {
      dedupe_key: `${event_id} ${user_id}`, kind: 'system' as const, mail, user_id, email, locale, url: path,
      content: { title: t(`${text}.title`), paragraphs: [t(`${text}.body`, values)], facts: [],
        action: { label: t(`${text}.action`), path }, footer: t('footer.admin') },
    }
  }))
}
