import type * as api from '@fermata/contracts/notifications'
import { notFound } from '@fermata/contracts/problems'
import { personOf } from '@fermata/platform/caller'
import { pageOf, readCursor } from '@fermata/platform/paging'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { countUnreadMessages, listMessages, markRead, type MessageRow } from '../queries.ts'

const present = (row: MessageRow) => row as api.Notification

/** Your messages, newest first. */
export const listNotifications: Operation<typeof api.listNotifications> = async (ctx, { query, caller }) => {
  const after = readCursor<{ id: string }>(query.cursor, ['id'])
  const rows = await listMessages(ctx.db, personOf(caller).user_id, query.unread ?? false, after?.id ?? null, query.limit! + 1)
  return pageOf(rows, query.limit!, ({ id }) => ({ id }), present)
}

export const countUnread: Operation<typeof api.countUnread> = async (ctx, { caller }) =>
  ({ unread: await countUnreadMessages(ctx.db, personOf(caller).user_id) })

/** Marks one of your messages as read; doing it again changes nothing. */
export const readNotification: Operation<typeof api.readNotification> = async (ctx, { params, caller }) => {
  const row = await markRead(ctx.db, personOf(caller).user_id, params.id)
  if (!row) throw new Problem(notFound)
  return present(row)
}
