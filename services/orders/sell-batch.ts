import type { Buyer } from '@fermata/contracts/fields'
import type { Order } from '@fermata/contracts/orders'
import type { Client } from '@fermata/platform/database'
import type { Idempotency } from '@fermata/platform/service'
import type { Ctx } from './context.ts'
import { expireDueOfEvent } from './operations/expire-orders.ts'
import { prepareSale } from './prepare-sale.ts'
import {
  findKeys, findStock, hasDueOrders, inSale, lockEvent, overwriteHeld, readEventUnguarded, writeSale,
  type EventRow, type StockRow,
} from './queries/sell.ts'
import { partRepeated } from './repeated-keys.ts'
import { allocate, type Refusal, type Stock, type TicketTypeForSale, type Wanted } from './rules/allocate.ts'

/** One request for tickets as it waits in the collector. */
export interface Purchase {
  items: Wanted[]
  buyer: Buyer
  user_id: string | null
  request_id: string
  idempotency: Idempotency | null
}

export type Outcome =
  | { kind: 'placed', order: Order, replayed: boolean }
  | { kind: 'refused', refusal: Refusal }
  | { kind: 'unknown_event' }
  | { kind: 'key_reused' }

/**
 * Sells to all who wait for one event, in the order in which they came. Holds that are over are given back first when
 * somebody would otherwise be sent away, so that no buyer waits for a sweeper.
 * @returns the outcome of each purchase, in its place; nothing is said before it is durable
 */
export async function sellBatch (ctx: Ctx, event_id: string, purchases: Purchase[]): Promise<Outcome[]> {
  const sell = (reclaim: boolean) =>
    inSale(ctx.pool, client => sellBehindLock(ctx, client, event_id, purchases, reclaim))
  let outcomes = await sell(true)
  if (!outcomes) {
    await expireDueOfEvent(ctx, event_id)
    outcomes = await sell(false)
  }
  ctx.wakeRelay()
  return outcomes!
}

/**
 * Locks the event, decides in memory, writes everything in one statement.
 * @returns null when stock could be reclaimed first; then nothing was written
 */
async function sellBehindLock (
  ctx: Ctx, client: Client, event_id: string, purchases: Purchase[], reclaim: boolean
): Promise<Outcome[] | null> {
  const guarded = isGuarded(ctx)
  const event = await (guarded ? lockEvent : readEventUnguarded)(client, event_id)
  if (!event?.facts || !event.ends_at) return purchases.map(() => ({ kind: 'unknown_event' }))

  const keys = purchases.flatMap(({ idempotency }) => idempotency ?? [])
  const { fresh, answer } = partRepeated(purchases, keys.length > 0 ? await findKeys(client, keys) : [])
  const wanted = new Set(fresh.flatMap(({ items }) => items.map(item => item.ticket_type_id)))
  const rows = await findStock(client, event_id, [...wanted])
  const stock = toStock(event, rows)
  const decisions = allocate(stock, fresh.map(({ items }) => items))

  const sold_out = decisions.some(decision => !decision.sold && decision.refusal.reason === 'sold_out')
  if (reclaim && sold_out && await hasDueOrders(client, event_id)) return null

  const { orders, sale } = prepareSale(ctx, { facts: event.facts, now: stock.now }, fresh, decisions)
  if (sale.orders.length > 0) {
    const keys_written = await writeSale(client, guarded ? sale : { ...sale, pools: [] })
    // Somebody uses the key for another event at this very moment; the next attempt will see it.
    if (keys_written < sale.keys.length) throw new Error('An idempotency key was taken meanwhile')
    if (!guarded) await overwriteHeld(client, rows, sale.pools)
  }
  return answer(new Map(fresh.map((purchase, index) => {
    const decision = decisions[index]!
    return [purchase, decision.sold
      ? { kind: 'placed', order: orders.get(purchase)!, replayed: false }
      : { kind: 'refused', refusal: decision.refusal }]
  })))
}

/** False only in the negative control of the race tests, which must oversell. */
export const isGuarded = ({ settings }: Ctx) =>
  settings.NODE_ENV !== 'test' || settings.ORDERS_TEST_UNGUARDED !== 'on'

function toStock (event: EventRow, rows: StockRow[]): Stock {
  const types = new Map<string, TicketTypeForSale & { pool_ids: string[] }>()
  const left = new Map<string, number>()
  for (const { pool_id, remaining, now: _, held: __, ...type } of rows) {
    if (type.id === null) continue
    left.set(pool_id, remaining)
    const known = types.get(type.id)
    if (known) known.pool_ids.push(pool_id)
    else types.set(type.id, { ...type, id: type.id, pool_ids: [pool_id] })
  }
  return { now: rows[0]!.now, ticket_types: types, left,
    event: { id: event.id, status: event.status, ends_at: event.ends_at! } }
}
