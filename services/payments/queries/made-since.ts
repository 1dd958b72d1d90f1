import type { MadeSince } from '@fermata/contracts/platform'
import type { Db } from '@fermata/platform/database'
import { sql } from 'kysely'

/** Payments that a restore of before would lose. */
export const madeSince = async (db: Db, first_id: string): Promise<MadeSince> => (await sql<MadeSince>`
  select 'payments' as what, count(*) as count, '[]'::json as people
    from payments.payments where id >= ${first_id}::uuid`.execute(db)).rows[0]!
