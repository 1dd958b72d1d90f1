import type * as api from '@fermata/contracts/notifications'
import { notFound } from '@fermata/contracts/problems'
import { pageOf, readCursor } from '@fermata/platform/paging'
import { Problem } from '@fermata/platform/problem'
import type { Ctx, Operation } from '../context.ts'
import { openMail } from '../kept-mails.ts'
import { findMail, listMails } from '../queries/mailbox.ts'

function assertMailbox (ctx: Ctx): void {
  if (!ctx.resources.has_mailbox) throw new Problem(notFound)
}

/** Mails of the development mailbox, newest first. */
export const listMailbox: Operation<typeof api.listMailbox> = async (ctx, { query }) => {
  assertMailbox(ctx)
  const after = readCursor<{ sent_at: string, id: string }>(query.cursor, ['sent_at', 'id'])
  const rows = await listMails(ctx.db, { to: query.to, after, limit: query.limit! + 1 })
  return pageOf(rows, query.limit!, ({ sent_at, id }) => ({ sent_at, id }), row => row)
}

export const getMail: Operation<typeof api.getMail> = async (ctx, { params }) => {
  assertMailbox(ctx)
  const kept = await findMail(ctx.db, params.id)
  const mail = kept && openMail(ctx.resources.mail_box, kept)
  if (!mail) throw new Problem(notFound)
  return mail
}
