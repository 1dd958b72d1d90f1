import type { Db } from '@fermata/platform/database'
import { sql } from 'kysely'

/** True when that many events exist and one of them is over: the mark of a finished seeding. */
export const hasEvents = async (db: Db, count: number): Promise<boolean> => {
  const { rows } = await sql<{ done: boolean }>`
    select count(*) >= ${count} and bool_or(ends_at < now()) as done from events.events`.execute(db)
  return rows[0]?.done === true
}

/** Puts an event into the past, which no route allows. Its tickets keep the old date: they were for another day. */
export async function moveEvent (events: Db, orders: Db, id: string, starts_at: string, ends_at: string): Promise<void> {
  await sql`update orders.events set starts_at = ${starts_at}, ends_at = ${ends_at} where id = ${id}`.execute(orders)
  await sql`update events.events set starts_at = ${starts_at}, ends_at = ${ends_at} where id = ${id}`.execute(events)
}
