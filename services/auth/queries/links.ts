import type { Tx } from '@fermata/platform/database'
import { sql } from 'kysely'
import type { DB } from '../database.ts'

export type LinkPurpose = 'verify_email' | 'reset_password'

/**
 * Stores a link's token in place of the last one of its kind.
 * @param pause_s no new one while the last is younger: a mail a minute is enough
 * @returns when it ends; undefined during the pause
 */
export const putLinkToken = async (tx: Tx<DB>, token: {
  account_id: string, purpose: LinkPurpose, hash: Buffer, lives_s: number, pause_s: number
}) => (await sql<{ expires_at: string }>`
  insert into auth.link_tokens as old (account_id, purpose, hash, expires_at)
  values (${token.account_id}, ${token.purpose}, ${token.hash},
    now() + ${token.lives_s} * interval '1 second')
  on conflict (account_id, purpose) do update
    set hash = excluded.hash, created_at = excluded.created_at, expires_at = excluded.expires_at
    where old.created_at <= now() - ${token.pause_s} * interval '1 second'
  returning expires_at`.execute(tx)).rows[0]

/** Takes a token out: of two who use it at once, one gets its account. */
export const takeLinkToken = async (tx: Tx<DB>, purpose: LinkPurpose, hash: Buffer) => (await sql<{
  account_id: string
}>`
  delete from auth.link_tokens where hash = ${hash} and purpose = ${purpose} and expires_at > now()
  returning account_id`.execute(tx)).rows[0]

export const deleteLinkTokens = (tx: Tx<DB>, account_id: string, purpose: LinkPurpose) => sql`
  delete from auth.link_tokens
   where account_id = ${account_id} and purpose = ${purpose}`.execute(tx)
