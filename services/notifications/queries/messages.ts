import type { NotificationKind } from '@fermata/contracts/notifications'
import type { Db, Tx } from '@fermata/platform/database'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import type { NewMessage } from '../rules/notice.ts'

export const insertMessages = (tx: Tx, rows: NewMessage[]) => sql`
  insert into notifications.messages (id, dedupe_key, user_id, kind, title, body, url)
  select * from ${sql.rows(rows.map(row => ({ ...row, id: uuidv7() })), {
    id: 'uuid', dedupe_key: 'text', user_id: 'uuid', kind: 'text', title: 'text', body: 'text',
    url: 'text',
  })} as given
  on conflict (dedupe_key) do nothing`.run(tx)

export interface MessageRow {
  id: string
  kind: NotificationKind
  title: string
  body: string
  url: string | null
  read_at: string | null
  created_at: string
}

export interface MessageFilter {
  user_id: string
  unread: boolean
  after: string | null
  limit: number
}

export const listMessages = (db: Db, filter: MessageFilter) => sql<MessageRow>`
  select id, kind, title, body, url, read_at, created_at from notifications.messages
   where user_id = ${filter.user_id} and (not ${filter.unread} or read_at is null)
     and (${filter.after}::uuid is null or id < ${filter.after}::uuid)
   order by id desc limit ${filter.limit}`.rows(db)

export const countUnreadMessages = async (db: Db, user_id: string) =>
  (await sql<{ unread: number }>`
    select count(*) as unread from notifications.messages
     where user_id = ${user_id} and read_at is null`.one(db)).unread

export const markRead = (db: Db, user_id: string, id: string) => sql<MessageRow>`
  update notifications.messages set read_at = coalesce(read_at, now())
   where id = ${id} and user_id = ${user_id}
  returning id, kind, title, body, url, read_at, created_at`.first(db)

export const deleteOldMessages = (db: Db, keep_days: number) => sql`
  delete from notifications.messages
   where created_at < now() - ${keep_days} * interval '1 day'`.run(db)
