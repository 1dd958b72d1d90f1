import type { Db } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

/** @returns what will not be sent by itself */
export const giveUpWaiting = async (db: Db) => (await sql<{ id: string }>`
  update notifications.deliveries set status = 'dead', next_attempt_at = null,
         last_error = 'held back by a restore: it may have been sent after the copy'
   where status in ('pending', 'failed') returning id`.rows(db)).map(({ id }) => id)
