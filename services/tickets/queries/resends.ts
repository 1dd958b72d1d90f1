import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

/** So many at once, and from then on one each time. */
export interface Pace { burst: number, every_s: number }

/**
 * Counts a mail against a pace by the generic cell rate algorithm (ITU-T I.371). Of two that ask at
 * the same time, the second waits for the first, and sees what it spent; so the clock is read after
 * the wait, or it would be behind what it is compared with.
 * @returns 0 when it was counted, else the seconds after which it can be
 */
export async function countResend (
  tx: Tx, key: Buffer, { burst, every_s }: Pace,
): Promise<number> {
  const every = sql`${every_s}::integer * interval '1 second'`
  const ahead = sql`${(burst - 1) * every_s}::integer * interval '1 second'`
  const rows = await sql`
    insert into tickets.resends as old (key, spent_until) values (${key}, clock_timestamp() + ${every})
    on conflict (key) do update set spent_until = greatest(old.spent_until, clock_timestamp()) + ${every}
     where old.spent_until <= clock_timestamp() + ${ahead}
    returning true`.rows(tx)
  if (rows.length > 0) return 0
  const refused = await sql<{ wait_s: number }>`
    select greatest(1, ceil(extract(epoch from
             spent_until - ${ahead} - clock_timestamp())))::integer as wait_s
      from tickets.resends where key = ${key}`.first(tx)
  return refused?.wait_s ?? 1
}

/** What is at its pace again is as good as new. */
export const deleteOldResends = (db: Db) => sql`
  delete from tickets.resends where spent_until < clock_timestamp()`.run(db)
