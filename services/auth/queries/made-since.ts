import type { MadeSince } from '@fermata/contracts/platform'
import type { Db } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

/** Accounts that a restore of before would lose, and whose they are. */
export const madeSince = (db: Db, first_id: string): Promise<MadeSince> => sql<MadeSince>`
  with made as (select id, username, email from auth.accounts where id >= ${first_id}::uuid)
  select 'accounts' as what, (select count(*) from made) as count, coalesce((
    select json_agg(json_build_object('name', username, 'address', email) order by id)
      from (select * from made order by id limit 20) as first), '[]') as people`.one(db)
