import type { Locale, Role } from '@fermata/contracts/fields'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import type { LinkPurpose } from './links.ts'

export interface AccountRow {
  id: string
  email: string
  username: string
  password_hash: string
  roles: Role[]
  locale: Locale
  email_verified_at: string | null
  created_at: string
}

const columns = sql.raw(
  'id, email, username, password_hash, roles, locale, email_verified_at, created_at')

export type NewAccount = Pick<
  AccountRow, 'id' | 'email' | 'username' | 'password_hash' | 'roles' | 'locale'
> & { is_verified: boolean }

/** Undefined when the id is taken, or the address is to be proven and is somebody's already. */
export const insertAccount = (tx: Tx, account: NewAccount) => sql<AccountRow>`
  insert into auth.accounts
    (id, email, username, password_hash, roles, locale, email_verified_at)
  values (${account.id}, ${account.email}, ${account.username}, ${account.password_hash},
    ${account.roles}::text[], ${account.locale},
    case when ${account.is_verified}::boolean then now() end)
  on conflict do nothing returning ${columns}`.first(tx)

/**
 * The account that an address means: the one that has proven it, else the first that was registered
 * with it. Ids are in the order of their making.
 */
export const findAccountByEmail = (db: Db, email: string) => sql<AccountRow>`
  select ${columns} from auth.accounts where id = coalesce(
    (select id from auth.accounts where email = ${email} and email_verified_at is not null),
    (select id from auth.accounts where email = ${email} order by id limit 1))`.first(db)

export const findProvenAccounts = (db: Db, emails: string[]) => sql<AccountRow>`
  select ${columns} from auth.accounts
   where email = any(${emails}::text[]) and email_verified_at is not null
   order by email`.rows(db)

/** Accounts that had registered with an address by then and have not proven it. */
export const findClaims = async (tx: Tx, email: string, until: string): Promise<string[]> => {
  const rows = await sql<{ id: string }>`
    select id from auth.accounts
     where email = ${email} and email_verified_at is null and created_at <= ${until}
     order by id`.rows(tx)
  return rows.map(row => row.id)
}

/** What else there is with an account's address; by two look-ups, whatever they find. */
export const findRivals = (db: Db, { id, email }: AccountRow) => sql<{
  has_proven: boolean, has_older: boolean
}>`
  select exists (select from auth.accounts
                  where email = ${email} and email_verified_at is not null
                    and id <> ${id}) as has_proven,
         exists (select from auth.accounts where email = ${email} and id < ${id}) as has_older
  `.one(db)

/**
 * Whoever proves an address or sets a password by mail holds it first: of two accounts that have
 * the same, the second sees what the first has done.
 */
export const holdAddress = (tx: Tx, email: string) => sql`
  select pg_advisory_xact_lock(hashtextextended('auth.address ' || ${email}::text, 0))`.run(tx)

export const findAccountsById = (db: Db, ids: string[]) => sql<AccountRow>`
  select ${columns} from auth.accounts where id = any(${ids}::uuid[]) order by email
  `.rows(db)

export const findAccount = (db: Db, id: string) => sql<AccountRow>`
  select ${columns} from auth.accounts where id = ${id}`.first(db)

/** Whose link a token is; not yet taken out, since its account is locked before. */
export const findLinkAccount = (db: Db, purpose: LinkPurpose, token_hash: Buffer) =>
  sql<AccountRow>`
  select a.* from auth.link_tokens as t
    join auth.links as l on l.id = t.link_id
    join auth.accounts as a on a.id = l.account_id
   where t.hash = ${token_hash} and l.purpose = ${purpose}
     and t.expires_at > now()`.first(db)

/** For writers: whatever changes an account or ends its logins holds this row first. */
export const lockAccount = (tx: Tx, id: string) => sql<AccountRow>`
  select ${columns} from auth.accounts where id = ${id} for update`.first(tx)

/**
 * The account if its password is still the one that was checked. Shared with other logins, but not
 * with a change of the password: a login never slips past the change that would have ended it.
 */
export const holdAccount = (tx: Tx, id: string, password_hash: string) =>
  sql<AccountRow>`
  select ${columns} from auth.accounts
   where id = ${id} and password_hash = ${password_hash} for share`.first(tx)

/**
 * All administrators, locked in the order of their ids: of two who would both remove the other,
 * the second sees that nobody else is left.
 */
export const lockAdmins = async (tx: Tx): Promise<string[]> => {
  const rows = await sql<{ id: string }>`
    select id from auth.accounts where 'admin' = any (roles) order by id for update`.rows(tx)
  return rows.map(row => row.id)
}

export const hasAdmin = async (db: Db): Promise<boolean> => (await sql<{ found: boolean }>`
  select exists (select from auth.accounts where 'admin' = any (roles)) as found
  `.one(db)).found

export const updatePassword = (tx: Tx, id: string, password_hash: string) => sql<
  { changed_at: string }
>`
  update auth.accounts set password_hash = ${password_hash},
         password_changed_at = date_trunc('milliseconds', clock_timestamp())
   where id = ${id} returning password_changed_at as changed_at /* present: changed_at */`.one(tx)

/** Same password, newer parameters; loses against a change of the password in between. */
export const replaceHash = (db: Db, id: string, old_hash: string, new_hash: string) => sql`
  update auth.accounts set password_hash = ${new_hash}
   where id = ${id} and password_hash = ${old_hash}`.run(db)

export const updateRoles = (tx: Tx, id: string, roles: Role[]) => sql<
  AccountRow & { changed_at: string }
>`
  update auth.accounts set roles = ${roles}::text[],
         roles_changed_at = date_trunc('milliseconds', clock_timestamp())
   where id = ${id} returning ${columns}, roles_changed_at as changed_at /* present: changed_at */`.one(tx)

/** The moment of the verification; undefined when it had happened before. */
export const markVerified = (tx: Tx, id: string) => sql<{ verified_at: string }>`
  update auth.accounts set email_verified_at = now()
   where id = ${id} and email_verified_at is null
  returning email_verified_at as verified_at /* present: verified_at */`.first(tx)

/** Its logins must have been ended before: what hangs on the account goes with it. */
export const deleteAccountRow = (tx: Tx, id: string) => sql<{
  email: string, email_verified: boolean, deleted_at: string
}>`
  delete from auth.accounts where id = ${id}
  returning email, email_verified_at is not null as email_verified, now() as deleted_at`.first(tx)

/** News may overtake each other: only what is newer than the last counts. */
export const updateLocales = (
  tx: Tx, rows: { user_id: string, locale: Locale, changed_at: string }[],
) => sql`
  update auth.accounts as a set locale = n.locale, locale_changed_at = n.changed_at
    from (select distinct on (user_id) * from ${sql.rows(rows, {
      user_id: 'uuid', locale: 'text', changed_at: 'timestamptz',
    })} as t
           order by user_id, changed_at desc) as n
   where a.id = n.user_id
     and (a.locale_changed_at is null or a.locale_changed_at < n.changed_at)`.run(tx)

export const updateUsernames = (
  tx: Tx, rows: { user_id: string, username: string, changed_at: string }[],
) => sql`
  update auth.accounts as a set username = n.username, username_changed_at = n.changed_at
    from (select distinct on (user_id) * from ${sql.rows(rows, {
      user_id: 'uuid', username: 'text', changed_at: 'timestamptz',
    })} as t
           order by user_id, changed_at desc) as n
   where a.id = n.user_id
     and (a.username_changed_at is null or a.username_changed_at < n.changed_at)`.run(tx)
