import type { Db } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

/**
 * Counts an attempt before its password is looked at, so that a hundred at once count as a
 * hundred. From the limit on each is followed by a pause that doubles.
 * @returns false while such a pause lasts; the attempt does not count then
 */
export const countAttempt = async (db: Db, attempt: {
  key: Buffer, limit: number, window_s: number, longest_pause_s: number
}): Promise<boolean> => {
  const failures = sql`case when a.last_at < now() - ${attempt.window_s} * interval '1 second'
    then 1 else a.failures + 1 end`
  const rows = await sql`
    insert into auth.attempts as a (key, failures) values (${attempt.key}, 1)
    on conflict (key) do update
      set failures = ${failures}, last_at = now(),
          blocked_until = case when ${failures} >= ${attempt.limit} then
            now() + interval '1 second' * least(${attempt.longest_pause_s},
              power(2, least(30, 1 + ${failures} - ${attempt.limit}))) end
      where a.blocked_until is null or a.blocked_until <= now()
    returning true`.rows(db)
  return rows.length === 1
}

export const secondsBlocked = async (db: Db, key: Buffer): Promise<number> => {
  const rows = await sql<{ seconds: number }>`
    select greatest(1, ceil(extract(epoch from blocked_until - now())))::integer as seconds
      from auth.attempts where key = ${key}`.rows(db)
  return rows[0]?.seconds ?? 1
}

/** The right password: what went before was its owner's typing. */
export const forgetAttempts = (db: Db, key: Buffer) => sql`
  delete from auth.attempts where key = ${key}`.run(db)

/** Takes one attempt back that was right, or was never looked at. */
export const takeBackAttempt = (db: Db, key: Buffer) => sql`
  update auth.attempts set failures = greatest(0, failures - 1), blocked_until = null
   where key = ${key}`.run(db)
