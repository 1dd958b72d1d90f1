import type * as api from '@fermata/contracts/notifications'
import { notFound } from '@fermata/contracts/problems'
import { personOf } from '@fermata/platform/caller'
import { pageOf, readCursor } from '@fermata/platform/paging'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { countUnreadMessages, listMessages, markRead } from '../queries/messages.ts'

/** Your messages, newest first. */
export const listNotifications: Operation<typeof api.listNotifications> = async (ctx, request) => {
  const { query, caller } = request
  const after = readCursor<{ id: string }>(query.cursor, ['id'])
  const rows = await listMessages(ctx.db, {
    user_id: personOf(caller).user_id, unread: query.unread ?? false, after: after?.id ?? null,
    limit: query.limit! + 1,
  })
  return pageOf(rows, query.limit!, ({ id }) => ({ id }), row => row)
}

export const countUnread: Operation<typeof api.countUnread> = async (ctx, { caller }) =>
  ({ unread: await countUnreadMessages(ctx.db, personOf(caller).user_id) })

/** Marks one of your messages as read; doing it again changes nothing. */
export const readNotification: Operation<typeof api.readNotification> = async (ctx, request) => {
  const row = await markRead(ctx.db, personOf(request.caller).user_id, request.params.id)
  if (!row) throw new Problem(notFound)
  return row
}
