import type { Tx } from '@fermata/platform/database'
import { uuidv7 } from '@fermata/platform/ids'
import type { Ctx } from './context.ts'
import { limitMails } from './limit-mails.ts'
import { insertDeliveries } from './queries/deliveries.ts'
import { insertMessages } from './queries/messages.ts'
import { findWishes } from './queries/people.ts'
import { routeNotices, type Notice } from './rules/notice.ts'

/**
 * Queues notices in the transaction of the event they are about: told once, or not at all if it
 * rolls back. Returns the ids of what will be sent; `deliverDue` is told when it is committed.
 */
export async function notify (ctx: Ctx, tx: Tx, notices: Notice[]): Promise<string[]> {
  if (notices.length === 0) return []
  const user_ids = [...new Set(notices.flatMap(notice => notice.user_id ?? []))]
  const wishes = new Map((await findWishes(tx, user_ids)).map(wish => [wish.user_id, wish]))
  const { messages, deliveries } = routeNotices(notices, wishes, ctx.resources.has_mailbox)
  if (messages.length > 0) await insertMessages(tx, messages)
  const rows = deliveries.map(delivery => ({ ...delivery, id: uuidv7() }))
  if (rows.length === 0) return []
  ctx.afterCommit(tx, ctx.resources.post.wake)
  return insertDeliveries(tx, await limitMails(tx, rows))
}
