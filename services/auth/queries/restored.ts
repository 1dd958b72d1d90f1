import type { Db } from '@fermata/platform/database'
import { sql } from 'kysely'

/** Access tokens of theirs are refused as well. @returns the logins */
export const endAllLogins = async (db: Db) => {
  const { rows } = await sql<{ id: string }>`
    with ended as (delete from auth.logins returning id, account_id)
    insert into auth.ended_logins (login_id, user_id) select id, account_id from ended
    on conflict do nothing returning login_id as id`.execute(db)
  await sql`delete from auth.links`.execute(db)
  return rows.map(({ id }) => id)
}
