import type { PromoCode } from '@fermata/contracts/orders'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

/** What organisers do with promo codes; what sales do with them is in sale-rules.ts. */

export const listCodes = (db: Db, event_id: string) => sql<PromoCode>`
  select * from orders.promo_codes where event_id = ${event_id} order by code`.rows(db)

export const findCode = (db: Db, id: string) => sql<PromoCode>`
  select * from orders.promo_codes where id = ${id}`.first(db)

export type NewCodeRow = Omit<PromoCode, 'used' | 'created_at' | 'updated_at'>

/** @returns undefined when the event has such a code already */
export const insertCode = (tx: Tx, row: NewCodeRow) => sql<PromoCode>`
  insert into orders.promo_codes (id, event_id, code, percent, amount_minor, ticket_type_ids, valid_from, valid_until,
    max_uses, counts)
  values (${row.id}, ${row.event_id}, ${row.code}, ${row.percent}, ${row.amount_minor}, ${row.ticket_type_ids}::uuid[],
    ${row.valid_from}, ${row.valid_until}, ${row.max_uses}, ${row.counts})
  on conflict (event_id, code) do nothing returning *`.first(tx)

export const updateCode = (tx: Tx, row: NewCodeRow) => sql<PromoCode>`
  update orders.promo_codes set percent = ${row.percent}, amount_minor = ${row.amount_minor},
         ticket_type_ids = ${row.ticket_type_ids}::uuid[], valid_from = ${row.valid_from},
         valid_until = ${row.valid_until}, max_uses = ${row.max_uses}, updated_at = now()
   where id = ${row.id} returning *`.one(tx)

export const deleteCode = (tx: Tx, id: string) => sql`
  delete from orders.promo_codes where id = ${id}`.run(tx)

/** Also by orders that are over: they keep their code. */
export const wasUsed = async (tx: Tx, id: string) => (await sql<{ yes: boolean }>`
  select exists (select from orders.promo_uses where promo_code_id = ${id}) as yes`.one(tx)).yes
