import { uuidv7 } from '@fermata/platform/ids'
import type { Tx } from '@fermata/platform/database'
import type { Ctx } from './context.ts'
import type { DB } from './database.ts'
import { findWishes, insertDeliveries, insertMessages } from './queries.ts'
import { route, type Notice } from './rules/notice.ts'

/** Queues notices in the transaction of the event they are about: told once, or not at all if it rolls back. */
export async function notify (ctx: Ctx, tx: Tx<DB>, notices: Notice[]): Promise<void> {
  if (notices.length === 0) return
  const user_ids = [...new Set(notices.flatMap(notice => notice.user_id ?? []))]
  const wishes = new Map((await findWishes(tx, user_ids)).map(wish => [wish.user_id, wish]))
  const { messages, deliveries } = route(notices, wishes)
  if (messages.length > 0) await insertMessages(tx, messages.map(message => ({ ...message, id: uuidv7() })))
  if (deliveries.length === 0) return
  for (const id of await insertDeliveries(tx, deliveries.map(delivery => ({ ...delivery, id: uuidv7() })))) {
    await ctx.addJob(tx, 'deliver', { delivery_id: id }, { key: deliveryKey(id) })
  }
}

/** One job for each delivery; adding it again moves it instead of doubling it. */
export const deliveryKey = (delivery_id: string) => `deliver:${delivery_id}`
