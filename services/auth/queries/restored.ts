import type { Role } from '@fermata/contracts/fields'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

/** Access tokens of theirs are refused as well. @returns the logins */
export const endAllLogins = async (db: Db) => {
  const rows = await sql<{ id: string }>`
    with ended as (delete from auth.logins returning id, account_id)
    insert into auth.ended_logins (login_id, user_id) select id, account_id from ended
    on conflict do nothing returning login_id as id`.rows(db)
  await sql`delete from auth.links`.run(db)
  return rows.map(({ id }) => id)
}

export interface ChangedRow {
  roles: Role[], roles_changed_at: string | null, password_changed_at: string | null
}

/** What a copy has of an account, and since when; locked. */
export const lockChanges = (tx: Tx, id: string) => sql<ChangedRow>`
  select roles, roles_changed_at, password_changed_at from auth.accounts
   where id = ${id} for update`.first(tx)
