import type { Client } from '@fermata/platform/database'
import type { Ctx } from '../../context.ts'
import { findPassUses } from '../../queries/queue.ts'
import type { PromoUseRow } from '../../queries/sale-rules.ts'
import {
  closeSale, findKeys, readSale, withClient, type OpenedSale, type Sale, type StockRow,
} from '../../queries/sell.ts'
import type { PromoForSale } from '../../rules/stock.ts'
import { sessionOn, type SaleSession, type SaleStore } from '../../sale-store.ts'

/**
 * The store of the negative controls, which must oversell: it takes no lock, sees no waiting room,
 * and sets counters from what it read before, as if nobody else were selling.
 */
export const createUnguardedStore = (pool: Ctx['pool']): SaleStore => ({
  run: sell => withClient(pool, client => sell(unguardedSession(client))),
})

function unguardedSession (client: Client): SaleSession {
  let read: OpenedSale
  return {
    ...sessionOn(client),
    async open (event_id, wanted) {
      const [, { event, stock, promos }, used_keys, pass_uses] = await Promise.all([
        client.query('begin isolation level read committed'),
        readSale(client, event_id, wanted),
        wanted.keys.length > 0 ? findKeys(client, wanted.keys) : [],
        wanted.places.length > 0 ? findPassUses(client, event_id, wanted.places) : [],
      ])
      const unlocked = stock.map(row => ({ ...row, needs_pass: false }))
      return read = { event, promos, used_keys, pass_uses, stock: unlocked }
    },
    async close (sale, pass_uses) {
      if (!sale) return closeSale(client, null)
      await Promise.all([
        overwriteHeld(client, read.stock, sale.pools),
        overwriteUsed(client, read.promos, sale.promo_uses),
        // None are left for the statements whose constraints judge the true sum.
        closeSale(client, { ...sale, pools: [], promo_uses: [] }, pass_uses),
      ])
      if (sale.promo_uses.length > 0) await insertUses(client, sale.promo_uses)
    },
  }
}

/** Rows are taken in order, or the control would wait for deadlocks instead. */
const overwriteHeld = (client: Client, read: StockRow[], taken: Sale['pools']) => client.query(`
  with own as (select id from orders.pools where id = any($1::uuid[]) order by id for no key update)
  update orders.pools p set held = least(t.held, p.capacity - p.sold)
    from own join unnest($1::uuid[], $2::integer[]) as t (id, held) using (id) where p.id = own.id`,
[taken.map(pool => pool.id),
  taken.map(pool => pool.held + read.find(row => row.pool_id === pool.id)!.held)])

const overwriteUsed = (client: Client, read: PromoForSale[], uses: PromoUseRow[]) => client.query(`
  with p as (select * from unnest($1::uuid[], $2::integer[]) as p (id, used))
  update orders.promo_codes c set used = least(p.used, c.max_uses) from p where c.id = p.id`,
[read.map(promo => promo.id), read.map(({ id, used }) =>
  uses.reduce((sum, use) => use.promo_code_id === id ? sum + use.uses : sum, used))])

const insertUses = (client: Client, rows: PromoUseRow[]) => client.query(`
  insert into orders.promo_uses (order_id, promo_code_id, uses)
  select * from unnest($1::uuid[], $2::uuid[], $3::integer[])`,
[rows.map(row => row.order_id), rows.map(row => row.promo_code_id), rows.map(row => row.uses)])
