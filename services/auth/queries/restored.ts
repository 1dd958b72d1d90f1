import type { Role } from '@fermata/contracts/fields'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from 'kysely'
import type { DB } from '../database.ts'

/** Access tokens of theirs are refused as well. @returns the logins */
export const endAllLogins = async (db: Db) => {
  const { rows } = await sql<{ id: string }>`
    with ended as (delete from auth.logins returning id, account_id)
    insert into auth.ended_logins (login_id, user_id) select id, account_id from ended
    on conflict do nothing returning login_id as id`.execute(db)
  await sql`delete from auth.links`.execute(db)
  return rows.map(({ id }) => id)
}

export interface ChangedRow {
  roles: Role[], roles_changed_at: string | null, password_changed_at: string | null
}

/** What a copy has of an account, and since when; locked. */
export const lockChanges = async (tx: Tx<DB>, id: string) => (await sql<ChangedRow>`
  select roles, roles_changed_at, password_changed_at from auth.accounts
   where id = ${id} for update`.execute(tx)).rows[0]
