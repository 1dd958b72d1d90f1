import type { MadeSince } from '@fermata/contracts/platform'
import type { Db } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

/** Tickets that a restore of before would lose. */
export const madeSince = (db: Db, first_id: string): Promise<MadeSince> => sql<MadeSince>`
  select 'tickets' as what, count(*) as count, '[]'::json as people
    from tickets.tickets where id >= ${first_id}::uuid`.one(db)
