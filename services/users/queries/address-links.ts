import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

/** A mail is read within an hour; the page is done with within half of one. */
const lives_s = { open: 3600, use: 1800 }
/** As often as a mail is tried. */
const max_tokens = 20

export interface Pace { pause_s: number, a_day: number }

/**
 * A link, unless the address got one a moment ago or several within a day. Whoever asks for one
 * address at the same time queues, so that no two count alike.
 * @returns 0 where there is one; else the seconds until there may be
 */
export async function insertLink (
  tx: Tx, { id, email, mailbox }: { id: string, email: string, mailbox: string }, pace: Pace,
): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`address link ${mailbox}`}, 0))`.run(tx)
  const [{ wait_s } = { wait_s: 0 }] = await sql<{ wait_s: number }>`
    with earlier as (
      select created_at, row_number() over (order by created_at desc) as back
        from users.address_links
       where mailbox = ${mailbox} and created_at > statement_timestamp() - interval '1 day')
    select ceil(extract(epoch from max(created_at + case back
             when 1 then ${pace.pause_s} * interval '1 second' else interval '1 day' end)
             - statement_timestamp()))::integer as wait_s
      from earlier where back in (1, ${pace.a_day}) having count(*) > 0`.rows(tx)
  if (wait_s > 0) return wait_s
  await sql`
    insert into users.address_links (id, email, mailbox, created_at, expires_at)
    values (${id}, ${email}, ${mailbox}, statement_timestamp(),
            statement_timestamp() + interval '1 day')`.run(tx)
  return 0
}

/** Whether somebody has proven the address, so that their account is the way. */
export const isOwned = async (db: Db, email: string) => (await sql`
  select from users.people
   where email = ${email} and is_verified and erased_at is null limit 1`.rows(db)).length > 0

/** A token for a mail that is being written. @returns false when the link is over or was opened */
export const addToken = async (db: Db, link_id: string, hash: Buffer) => (await sql`
  with old as (
    delete from users.address_tokens where hash in (
      select hash from users.address_tokens where link_id = ${link_id}
       order by created_at desc offset ${max_tokens - 1}))
  insert into users.address_tokens (hash, link_id, purpose, expires_at)
  select ${hash}, l.id, 'open', now() + ${lives_s.open} * interval '1 second'
    from users.address_links l
   where l.id = ${link_id} and l.expires_at > now()
     and not exists (select from users.address_tokens t where t.link_id = l.id and t.purpose = 'use')
  returning true`.rows(db)).length > 0

interface Grant { email: string, expires_at: string }

/** Puts a grant in the place of the link's tokens: of two who open it at once, one gets it. */
export const swapToken = (tx: Tx, token: Buffer, grant: Buffer) => sql<Grant>`
  with taken as (
    delete from users.address_tokens
     where hash = ${token} and purpose = 'open' and expires_at > now() returning link_id
  ), others as (
    delete from users.address_tokens t using taken
     where t.link_id = taken.link_id and t.hash <> ${token}
  ), granted as (
    insert into users.address_tokens (hash, link_id, purpose, expires_at)
    select ${grant}, link_id, 'use', now() + ${lives_s.use} * interval '1 second' from taken
    returning link_id, expires_at
  )
  select l.email, g.expires_at from granted g
    join users.address_links l on l.id = g.link_id`.first(tx)

export const findGrant = async (db: Db, grant: Buffer) => (await sql<{ email: string }>`
  select l.email from users.address_tokens t join users.address_links l on l.id = t.link_id
   where t.hash = ${grant} and t.purpose = 'use' and t.expires_at > now()`.first(db))?.email

/** Once used to erase, a grant is good for nothing more. */
export const takeGrant = (tx: Tx, grant: Buffer) => sql`
  delete from users.address_tokens where hash = ${grant} and purpose = 'use'`.run(tx)

/** Counted for a day, and of no use after it. */
export const deleteOldLinks = (db: Db) => sql`
  delete from users.address_links where created_at < now() - interval '2 days'`.run(db)
