import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

export type LinkPurpose = 'verify_email' | 'reset_password'

export interface NewLink {
  id: string
  account_id: string
  purpose: LinkPurpose
  /** The login that asked for it. */
  login_id: string | null
  /** How long after it was asked for a mail with it may still be written. */
  lives_s: number
}

/** The last one asked for is the one that counts: those before are void. */
export const putLink = (tx: Tx, link: NewLink) => sql`
  with former as (
    delete from auth.links
     where account_id = ${link.account_id} and purpose = ${link.purpose})
  insert into auth.links (id, account_id, purpose, login_id, expires_at)
  values (${link.id}, ${link.account_id}, ${link.purpose}, ${link.login_id},
    now() + ${link.lives_s} * interval '1 second')`.run(tx)

export interface MailPauses {
  first_s: number
  /** After so many within the window the pause is `then_s`. */
  mails: number
  then_s: number
  window_s: number
}

/** How long `old` keeps the next mail away. */
const pauseAfter = ({ first_s, mails, then_s, window_s }: MailPauses) => sql`interval '1 second' *
           case when old.mails < ${mails} or old.since <= now() - ${window_s} * interval '1 second'
                then ${first_s}::integer else ${then_s}::integer end`

/** False while the last mail of the kind to the address is younger than the pause. */
export const beginMailPause = async (
  tx: Tx, key: Buffer, pauses: MailPauses,
) => (await sql`
  insert into auth.mail_pauses as old (key) values (${key})
  on conflict (key) do update set
     last_at = excluded.last_at,
     mails = case when old.since > now() - ${pauses.window_s} * interval '1 second' then old.mails + 1 else 1 end,
     since = case when old.since > now() - ${pauses.window_s} * interval '1 second' then old.since else now() end
   where old.last_at <= now() - ${pauseAfter(pauses)}
  returning true`.rows(tx)).length > 0

/** Seconds until the next mail of the kind to the address, one at least. */
export const findMailPause = async (tx: Tx, key: Buffer, pauses: MailPauses) =>
  (await sql<{ left_s: number }>`
    select greatest(1, ceil(extract(epoch from
             old.last_at + ${pauseAfter(pauses)} - now())))::integer as left_s
      from auth.mail_pauses as old where key = ${key}`.first(tx))?.left_s ?? 1

/**
 * Stores a token of a link for which a mail may still be written.
 * @param lives_s of the token, by the purpose of its link
 * @returns false when the link is over
 */
export const addLinkToken = async (
  db: Db, link_id: string, hash: Buffer, lives_s: Record<LinkPurpose, number>,
) => (await sql`
  insert into auth.link_tokens (hash, link_id, expires_at)
  select ${hash}, id, now() + interval '1 second' * case purpose
           when 'verify_email' then ${lives_s.verify_email}::integer
           else ${lives_s.reset_password}::integer end
    from auth.links where id = ${link_id} and expires_at > now()
  returning true`.rows(db)).length > 0

/** Each mail is tried a limited number of times; older tokens than these were in none that arrived. */
export const trimLinkTokens = (db: Db, link_id: string, kept: number) => sql`
  delete from auth.link_tokens where hash in (
    select hash from auth.link_tokens where link_id = ${link_id}
     order by created_at desc offset ${kept})`.run(db)

/** Takes the link of a token out: of two who use it at once, one gets it. */
export const takeLink = (
  tx: Tx, purpose: LinkPurpose, token_hash: Buffer,
) => sql<{ login_id: string | null }>`
  delete from auth.links as l using auth.link_tokens as t
   where t.link_id = l.id and t.hash = ${token_hash} and t.expires_at > now()
     and l.purpose = ${purpose}
  returning l.login_id`.first(tx)

export const deleteLinks = (tx: Tx, account_id: string, purpose: LinkPurpose) => sql`
  delete from auth.links
   where account_id = ${account_id} and purpose = ${purpose}`.run(tx)

/** Once an address is proven, no link of other accounts with it may prove anything. */
export const deleteRivalLinks = (tx: Tx, email: string, owner_id: string) => sql`
  delete from auth.links as l using auth.accounts as a
   where a.id = l.account_id and a.email = ${email} and a.id <> ${owner_id}`.run(tx)
