import type { MadeSince } from '@fermata/contracts/platform'
import type { Db } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

/** Orders that a restore of before would lose, and who placed them. */
export const madeSince = (db: Db, first_id: string): Promise<MadeSince> => sql<MadeSince>`
  with made as (
    select id, buyer_name, buyer_email from orders.orders where id >= ${first_id}::uuid
  ), buyers as (
    select min(buyer_name) as name, buyer_email as address, min(id::text) as first_id
      from made group by buyer_email order by first_id limit 20
  )
  select 'orders' as what, (select count(*) from made) as count, coalesce((
    select json_agg(json_build_object('name', name, 'address', address) order by first_id)
      from buyers), '[]') as people`.one(db)
