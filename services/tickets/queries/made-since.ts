import type { MadeSince } from '@fermata/contracts/platform'
import type { Db } from '@fermata/platform/database'
import { sql } from 'kysely'

/** Tickets that a restore of before would lose. */
export const madeSince = async (db: Db, first_id: string): Promise<MadeSince> => (await sql<MadeSince>`
  select 'tickets' as what, count(*) as count, '[]'::json as people
    from tickets.tickets where id >= ${first_id}::uuid`.execute(db)).rows[0]!
