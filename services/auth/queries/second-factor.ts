import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

export interface TotpRow {
  account_id: string
  secret: Buffer
  confirmed_at: string | null
}

export interface PasskeyRow {
  id: string
  account_id: string
  credential_id: string
  public_key: Buffer
  sign_count: number
  transports: string[]
  name: string
  created_at: string
  last_used_at: string | null
}

export interface FactorCounts { has_totp: boolean, passkeys: number, recovery_codes: number }

/** What an account has beside its password; apps that were never confirmed do not count. */
export const countFactors = (db: Db, account_id: string) => sql<FactorCounts>`
  select exists (select from auth.totp
           where account_id = ${account_id} and confirmed_at is not null) as has_totp,
         (select count(*) from auth.passkeys where account_id = ${account_id}) as passkeys,
         (select count(*) from auth.recovery_codes
           where account_id = ${account_id} and used_at is null) as recovery_codes
  `.one(db)

export const findTotp = (db: Db, account_id: string) => sql<TotpRow>`
  select account_id, secret, confirmed_at from auth.totp
   where account_id = ${account_id}`.first(db)

/** In place of one that was never confirmed; one in use stays. @returns whether it was stored */
export const putTotp = async (
  db: Db, account_id: string, secret: Buffer,
): Promise<boolean> => (await sql`
  insert into auth.totp as old (account_id, secret) values (${account_id}, ${secret})
  on conflict (account_id) do update set secret = excluded.secret, created_at = now()
    where old.confirmed_at is null
  returning true`.rows(db)).length === 1

/** A step is taken once: of two who show one code at once, the second is refused. */
export const takeTotpStep = async (
  db: Db, account_id: string, step: number,
): Promise<boolean> => (await sql`
  update auth.totp set last_step = ${step}
   where account_id = ${account_id} and last_step < ${step} returning true`.rows(db)).length === 1

/** Undefined when another request was first. */
export const markTotpConfirmed = (tx: Tx, account_id: string) => sql`
  update auth.totp set confirmed_at = now()
   where account_id = ${account_id} and confirmed_at is null returning true`.first(tx)

export const deleteTotp = (tx: Tx, account_id: string) => sql`
  delete from auth.totp where account_id = ${account_id}`.run(tx)

/** Some whose secret is under another key than today's; the key's name is the first four bytes. */
export const listTotpUnderOtherKeys = (
  db: Db, key_name: Buffer, after_id: string, limit: number,
) => sql<TotpRow>`
  select account_id, secret, confirmed_at from auth.totp
   where substring(secret from 1 for 4) <> ${key_name} and account_id > ${after_id}
   order by account_id limit ${limit}
  `.rows(db)

export const replaceTotpSecret = (
  db: Db, account_id: string, old_secret: Buffer, secret: Buffer,
) => sql`
  update auth.totp set secret = ${secret}
   where account_id = ${account_id} and secret = ${old_secret}`.run(db)

export const listPasskeys = (db: Db, account_id: string, limit: number) =>
  sql<PasskeyRow>`
  select * from auth.passkeys where account_id = ${account_id}
   order by created_at, id limit ${limit}`.rows(db)

export const findPasskey = (db: Db, credential_id: string) => sql<PasskeyRow>`
  select * from auth.passkeys where credential_id = ${credential_id}`.first(db)

/** Undefined when the credential belongs to an account already. */
export const insertPasskey = (
  tx: Tx, passkey: Omit<PasskeyRow, 'created_at' | 'last_used_at'>,
) => sql<PasskeyRow>`
  insert into auth.passkeys
    (id, account_id, credential_id, public_key, sign_count, transports, name)
  values (${passkey.id}, ${passkey.account_id}, ${passkey.credential_id}, ${passkey.public_key},
    ${passkey.sign_count}, ${passkey.transports}::text[], ${passkey.name})
  on conflict (credential_id) do nothing returning *`.first(tx)

export const touchPasskey = (db: Db, id: string, sign_count: number) => sql`
  update auth.passkeys set last_used_at = now(), sign_count = ${sign_count}
   where id = ${id}`.run(db)

export const deletePasskey = async (
  tx: Tx, account_id: string, id: string,
): Promise<boolean> => (await sql`
  delete from auth.passkeys where account_id = ${account_id} and id = ${id}
  returning true`.rows(tx)).length === 1

export const deletePasskeys = (tx: Tx, account_id: string) => sql`
  delete from auth.passkeys where account_id = ${account_id}`.run(tx)

/** The new ones in place of all others. */
export async function putRecoveryCodes (
  tx: Tx, account_id: string, hashes: Buffer[],
): Promise<void> {
  await deleteRecoveryCodes(tx, account_id)
  await sql`
    insert into auth.recovery_codes (account_id, hash)
    select ${account_id}::uuid, hash from unnest(${hashes}::bytea[]) as t (hash)`.run(tx)
}

export const deleteRecoveryCodes = (tx: Tx, account_id: string) => sql`
  delete from auth.recovery_codes where account_id = ${account_id}`.run(tx)

export const isRecoveryCode = async (
  db: Db, account_id: string, hash: Buffer,
): Promise<boolean> => (await sql`
  select from auth.recovery_codes
   where account_id = ${account_id} and hash = ${hash} and used_at is null`.rows(db)).length === 1

/** Of two who show one code at once, one is let in. */
export const takeRecoveryCode = async (
  tx: Tx, account_id: string, hash: Buffer,
): Promise<boolean> => (await sql`
  update auth.recovery_codes set used_at = now()
   where account_id = ${account_id} and hash = ${hash} and used_at is null
  returning true`.rows(tx)).length === 1

/** @returns false when it was spent before */
export const spendChallenge = async (
  db: Db, hash: Buffer, expires_at: string,
): Promise<boolean> => (await sql`
  insert into auth.spent_challenges (hash, expires_at) values (${hash}, ${expires_at})
  on conflict do nothing returning true`.rows(db)).length === 1

export const deleteSpentChallenges = (db: Db) => sql`
  delete from auth.spent_challenges where expires_at < now()`.run(db)
