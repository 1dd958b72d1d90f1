import type { Buyer } from '@fermata/contracts/fields'
import type { Order } from '@fermata/contracts/orders'
import type { Client } from '@fermata/platform/database'
import type { Idempotency } from '@fermata/platform/service'
import type { Ctx } from './context.ts'
import { expireDueOfEvent } from './operations/expire-orders.ts'
import { prepareSale } from './prepare-sale.ts'
import {
  closeSale, hasDueOrders, openSale, overwriteHeld, withClient, type EventRow, type StockRow,
} from './queries/sell.ts'
import { partRepeated } from './repeated-keys.ts'
import { partByPass, usesOf, type PassForSale, type PassRefusal } from './rules/pass-uses.ts'
import { allocate, type Refusal, type Stock, type TicketTypeForSale, type Wanted } from './rules/allocate.ts'

/** One request for tickets as it waits in the collector. */
export interface Purchase {
  items: Wanted[]
  buyer: Buyer
  user_id: string | null
  request_id: string
  idempotency: Idempotency | null
  /** Null where the event has no waiting room. */
  pass: PassForSale | null
}

export type Outcome =
  | { kind: 'placed', order: Order, replayed: boolean }
  | { kind: 'refused', refusal: Refusal }
  | { kind: 'pass_refused', reason: PassRefusal }
  | { kind: 'unknown_event' }
  | { kind: 'key_reused' }

/**
 * Sells to all who wait for one event, in the order in which they came. Holds that are over are
 * given back first when somebody would otherwise be sent away, so that no buyer waits for a
 * sweeper.
 * @returns the outcome of each purchase, in its place; nothing is said before it is durable
 */
export async function sellBatch (
  ctx: Ctx, event_id: string, purchases: Purchase[]
): Promise<Outcome[]> {
  const sell = (reclaim: boolean) =>
    withClient(ctx.resources.pool, client =>
      sellBehindLock(ctx, client, event_id, purchases, reclaim))
  let outcomes = await sell(true)
  if (!outcomes) {
    await expireDueOfEvent(ctx, event_id)
    outcomes = await sell(false)
  }
  ctx.wakeRelay()
  return outcomes!
}

/**
 * Locks the event, decides in memory, writes everything in one statement: two round trips for a
 * whole batch.
 * @returns null when stock could be reclaimed first; then nothing was written
 */
async function sellBehindLock (
  ctx: Ctx, client: Client, event_id: string, purchases: Purchase[], reclaim: boolean
): Promise<Outcome[] | null> {
  const guarded = isGuarded(ctx)
  const type_ids = [...new Set(purchases.flatMap(typeIdsOf))]
  const keys = purchases.flatMap(({ idempotency }) => idempotency ?? [])
  const places = purchases.flatMap(({ pass }) => pass?.place ?? [])
  const { event, stock: rows, used_keys, pass_uses } =
    await openSale(client, event_id, { type_ids, keys, places }, guarded)
  if (!event?.facts) {
    await closeSale(client, null)
    return purchases.map(() => ({ kind: 'unknown_event' }))
  }

  const { fresh, answer } = partRepeated(purchases, used_keys)
  const { allowed, refused } = partByPass(fresh, pass_uses)
  const stock = toStock(event, rows)
  const decisions = allocate(stock, allowed.map(({ items }) => items))
  const sold_out = decisions.some(decision => !decision.sold && decision.refusal.reason === 'sold_out')
  if (reclaim && sold_out && await hasDueOrders(client, event_id)) {
    await closeSale(client, null)
    return null
  }

  const { orders, sale } =
    prepareSale(ctx, { facts: event.facts, now: stock.now }, allowed, decisions)
  // The control writes its counters apart; none are left for the statement that judges them.
  if (!guarded) await overwriteHeld(client, rows, sale.pools.splice(0))
  await closeSale(client, sale.orders.length > 0 ? sale : null, usesOf([...orders.keys()]))
  const outcomes = new Map<Purchase, Outcome>(allowed.map((purchase, index) => {
    const decision = decisions[index]!
    return [purchase, decision.sold
      ? { kind: 'placed', order: orders.get(purchase)!, replayed: false }
      : { kind: 'refused', refusal: decision.refusal }]
  }))
  for (const [purchase, reason] of refused) outcomes.set(purchase, { kind: 'pass_refused', reason })
  return answer(outcomes)
}

const typeIdsOf = ({ items }: Purchase) => items.map(item => item.ticket_type_id)

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
