import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

/** Which of these places the account was used from before. */
export const findKnownPlaces = async (
  db: Db, account_id: string, hashes: Buffer[],
): Promise<Buffer[]> => (await sql<{ hash: Buffer }>`
  select hash from auth.known_places
   where account_id = ${account_id} and hash = any(${hashes}::bytea[])`.rows(db)).map(row => row.hash)

/** Keeps the most recent ones of an account: somebody who travels a lot forgets where they were. */
export const rememberPlaces = (
  tx: Tx, account_id: string, hashes: Buffer[], kept: number,
) => sql`
  with added as (
    insert into auth.known_places as p (account_id, hash)
    select ${account_id}::uuid, hash from unnest(${hashes}::bytea[]) as t (hash) order by hash
    on conflict (account_id, hash) do update set last_used_at = now()
      where p.last_used_at < now() - interval '1 hour'
    returning hash)
  delete from auth.known_places
   where account_id = ${account_id} and hash in (
     select hash from auth.known_places where account_id = ${account_id}
      order by last_used_at desc offset ${kept})`.run(tx)

export const deleteStalePlaces = (db: Db, unused_days: number) => sql`
  delete from auth.known_places
   where last_used_at < now() - ${unused_days} * interval '1 day'`.run(db)

/** Whoever was there is not known to be the owner. */
export const forgetPlaces = (tx: Tx, account_id: string) => sql`
  delete from auth.known_places where account_id = ${account_id}`.run(tx)
