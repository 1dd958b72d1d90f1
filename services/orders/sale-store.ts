import type { Client } from '@fermata/platform/database'
import type { Ctx } from './context.ts'
import { findEarlier, type People } from './queries/fair-shares.ts'
import { findPurchases, type Buyers } from './queries/sale-rules.ts'
import {
  closeSale, hasDueOrders, openSale, withClient, type OpenedSale, type Sale, type SaleReads,
} from './queries/sell.ts'
import type { EarlierOrder } from './rules/fair-shares.ts'
import type { PassUse } from './rules/pass-uses.ts'
import type { Purchased } from './rules/stock.ts'

/** What a sale reads from and writes to; everything it decides, it decides in memory. */
export interface SaleStore {
  /** Lets one sale talk to the store; what a sale that fails leaves open is undone. */
  run: <T>(sell: (session: SaleSession) => Promise<T>) => Promise<T>
}

export interface SaleSession {
  /** Locks the event, then reads; what was read stays true until `close`. */
  open: (event_id: string, wanted: SaleReads) => Promise<OpenedSale>
  /** What these people have of types that limit it. */
  findPurchases: (type_ids: string[], buyers: Buyers) => Promise<Purchased[]>
  /** What these people have of the event. */
  findEarlier: (event_id: string, people: People) => Promise<EarlierOrder[]>
  /** Whether holds of the event are over and still keep tickets. */
  hasDueOrders: (event_id: string) => Promise<boolean>
  /**
   * Writes and lets go of the event. Null where nothing is sold.
   * @throws unless all of it was written
   */
  close: (sale: Sale | null, pass_uses?: PassUse[]) => Promise<void>
}

/** The store of the product: each sale is one transaction in PostgreSQL. */
export const createSaleStore = (pool: Ctx['pool']): SaleStore => ({
  run: sell => withClient(pool, client => sell(sessionOn(client))),
})

export const sessionOn = (client: Client): SaleSession => ({
  open: (event_id, wanted) => openSale(client, event_id, wanted),
  findPurchases: (type_ids, buyers) => findPurchases(client, type_ids, buyers),
  findEarlier: (event_id, people) => findEarlier(client, event_id, people),
  hasDueOrders: event_id => hasDueOrders(client, event_id),
  close: (sale, pass_uses) => closeSale(client, sale, pass_uses),
})
