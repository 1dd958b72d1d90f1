import type { EndedLogin } from '@fermata/contracts/auth'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

export interface LoginRow {
  id: string
  account_id: string
  created_at: string
  last_used_at: string
  user_agent: string | null
  address: string | null
  confirmed_at: string | null
}

/** Whoever signs in has proven a moment ago who they are. */
export const insertLogin = (
  tx: Tx, login: Pick<LoginRow, 'id' | 'account_id' | 'user_agent' | 'address'>,
) => sql<{ confirmed_at: string }>`
  insert into auth.logins (id, account_id, user_agent, address, confirmed_at)
  values (${login.id}, ${login.account_id}, ${login.user_agent}, ${login.address}, now())
  returning confirmed_at /* present: confirmed_at */`.one(tx)

/** Undefined when the login has ended, or when the password is no longer the one that was shown. */
export const confirmLogin = (
  db: Db, of: { id: string, account_id: string, password_hash: string },
) => sql<{ confirmed_at: string }>`
  update auth.logins as l set confirmed_at = now() from auth.accounts as a
   where l.id = ${of.id} and l.account_id = ${of.account_id} and a.id = l.account_id
     and a.password_hash = ${of.password_hash}
  returning l.confirmed_at /* present: confirmed_at */`.first(db)

export const insertRefreshToken = (tx: Tx, hash: Buffer, login_id: string) => sql`
  insert into auth.refresh_tokens (hash, login_id) values (${hash}, ${login_id})`.run(tx)

/**
 * Locks the login a refresh token belongs to; undefined when there is none, or it is too old.
 * The token itself must be read in a later statement: this one saw it before it had the lock.
 */
export const lockLoginOfToken = (
  tx: Tx, hash: Buffer, limits: { unused_days: number, total_days: number },
) => sql<LoginRow>`
  select l.* from auth.logins as l join auth.refresh_tokens as t on t.login_id = l.id
   where t.hash = ${hash}
     and l.last_used_at > now() - ${limits.unused_days} * interval '1 day'
     and l.created_at > now() - ${limits.total_days} * interval '1 day'
     for update of l`.first(tx)

/** How long ago a token was exchanged, null when it was not, and how many of its login were not. */
export const readRefreshToken = (tx: Tx, hash: Buffer) => sql<{
  replaced_s: number | null, live_tokens: number
}>`
  select extract(epoch from clock_timestamp() - t.replaced_at) as replaced_s,
         (select count(*) from auth.refresh_tokens as other
           where other.login_id = t.login_id and other.replaced_at is null) as live_tokens
    from auth.refresh_tokens as t where t.hash = ${hash}`.first(tx)

/**
 * Marks all tokens of a login that were not exchanged yet. Besides the one in use these are what
 * was given in a grace; from here on only what comes of this exchange is good.
 */
export const replaceRefreshTokens = (tx: Tx, login_id: string) => sql`
  update auth.refresh_tokens set replaced_at = clock_timestamp()
   where login_id = ${login_id} and replaced_at is null`.run(tx)

export const touchLogin = (
  tx: Tx, id: string, user_agent: string | null, address: string | null,
) => sql`
  update auth.logins set last_used_at = now(), user_agent = ${user_agent}, address = ${address}
   where id = ${id}`.run(tx)

/** Newest first; ids are in the order of their making. */
export const listLoginsOf = (
  db: Db, account_id: string, after: string | null, limit: number,
) => sql<LoginRow>`
  select * from auth.logins
   where account_id = ${account_id} and (${after}::uuid is null or id < ${after}::uuid)
   order by id desc limit ${limit}`.rows(db)

/**
 * Those beyond the most recently used; by one statement of a transaction that holds the account.
 */
export const findSurplusLogins = async (
  tx: Tx, account_id: string, kept: number,
) => (await sql<{ id: string }>`
  select id from auth.logins where account_id = ${account_id}
   order by last_used_at desc, id desc offset ${kept}`.rows(tx)).map(row => row.id)

export interface EndLoginsOf {
  account_id: string
  /** Only this one. */
  id?: string
  /** All but this one. */
  except?: string
}

/** Ends logins of an account: their refresh tokens go with them, their ids are kept for a while. */
export const deleteLogins = (tx: Tx, of: EndLoginsOf) => sql<EndedLogin>`
  with gone as (
    delete from auth.logins
     where account_id = ${of.account_id}
       and (${of.id ?? null}::uuid is null or id = ${of.id ?? null}::uuid)
       and (${of.except ?? null}::uuid is null or id <> ${of.except ?? null}::uuid)
    returning id)
  insert into auth.ended_logins (login_id, user_id)
  select id, ${of.account_id}::uuid from gone
  on conflict do nothing returning login_id, user_id, ended_at`.rows(tx)

/** Those of the last quarter of an hour at most: no access token lives longer. */
export const listEndedSince = (db: Db, since: string) => sql<EndedLogin>`
  select login_id, user_id, ended_at from auth.ended_logins
   where ended_at >= greatest(${since}::timestamptz, now() - interval '15 minutes')
   order by ended_at desc limit 100000`.rows(db)

/**
 * Removes what has no use any more. Exchanged tokens are kept as long as their login would last
 * unused, so that a thief who comes late is still noticed.
 */
export const deleteStale = (
  db: Db, limits: { unused_days: number, total_days: number },
) => sql`
  with logins as (
         delete from auth.logins
          where last_used_at < now() - ${limits.unused_days} * interval '1 day'
             or created_at < now() - ${limits.total_days} * interval '1 day'),
       tokens as (
         delete from auth.refresh_tokens
          where replaced_at < now() - ${limits.unused_days} * interval '1 day'),
       ended as (delete from auth.ended_logins where ended_at < now() - interval '1 day'),
       links as (delete from auth.links where expires_at < now() - interval '2 days'),
       pauses as (delete from auth.mail_pauses where last_at < now() - interval '1 day')
  delete from auth.attempts where last_at < now() - interval '1 day'`.run(db)
