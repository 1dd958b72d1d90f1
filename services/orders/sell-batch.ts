import type { Buyer, Sender } from '@fermata/contracts/fields'
import type { Order } from '@fermata/contracts/orders'
import type { Idempotency } from '@fermata/platform/service'
import type { Ctx } from './context.ts'
import { keysOf } from './counted-askers.ts'
import { releaseDueOf } from './operations/expire-orders.ts'
import { prepareSale } from './prepare-sale.ts'
import type { EventRow, StockRow } from './queries/sell.ts'
import { rememberPast } from './remember-past.ts'
import { partRepeated } from './repeated-keys.ts'
import { allocate, closedBecause } from './rules/allocate.ts'
import type { EarlierOrder, OpenHold } from './rules/fair-shares.ts'
import { partByPass, usesOf, type PassForSale, type PassRefusal } from './rules/pass-uses.ts'
import type { SaleSession, SaleStore } from './sale-store.ts'
import type {
  Decision, PromoForSale, Purchased, Refusal, Request, Stock, TicketTypeForSale,
} from './rules/stock.ts'

/**
 * Each gives back a batch of holds in a transaction of its own, so that the lock is held briefly.
 */
const max_reclaims = 20

/** One request for tickets as it waits in the collector. */
export interface Purchase {
  request: Request & Required<Pick<Request, 'buyer' | 'asker'>>
  buyer: Buyer
  /** Counted for the mails of what costs nothing. */
  sender: () => Sender
  request_id: string
  idempotency: Idempotency | null
  /** Null where this process knows of no waiting room. */
  pass: PassForSale | null
}

export type Outcome =
  | { kind: 'placed', order: Order, replayed: boolean }
  /** By a request with the same key, whose answer is due again. */
  | { kind: 'placed_before', order_id: string }
  | { kind: 'refused', refusal: Refusal }
  | { kind: 'pass_refused', reason: PassRefusal }
  | { kind: 'unknown_event' }
  | { kind: 'key_reused' }

/**
 * Sells to all who wait for one event, in the order in which they came. Holds that are over are
 * given back first when somebody would otherwise be sent away, so that no buyer waits for a
 * sweeper.
 * @param entered called once the event is locked, so that nobody who comes later is served before
 * @returns the outcome of each purchase, in its place; nothing is said before it is durable
 */
export async function sellBatch (
  store: SaleStore, ctx: Ctx, event_id: string, purchases: Purchase[],
  entered: () => void = () => {}
): Promise<Outcome[]> {
  const sell = (reclaim: boolean) =>
    store.run(session => sellBehindLock(ctx, session, event_id, purchases, { reclaim, entered }))
  let outcomes = await sell(true)
  for (let turn = 1; !outcomes; turn++) {
    await releaseDueOf(ctx, event_id)
    outcomes = await sell(turn < max_reclaims)
  }
  ctx.wakeRelay()
  return outcomes
}

/**
 * Locks the event, decides in memory, writes everything at once: two round trips for a whole
 * batch, and one more where a type is limited for each buyer.
 * @returns null when stock could be reclaimed first; then nothing was written
 */
async function sellBehindLock (
  ctx: Ctx, session: SaleSession, event_id: string, purchases: Purchase[],
  { reclaim, entered }: { reclaim: boolean, entered: () => void }
): Promise<Outcome[] | null> {
  const type_ids = [...new Set(purchases.flatMap(typeIdsOf))]
  const keys = purchases.flatMap(({ idempotency }) => idempotency ?? [])
  const promo_codes = [...new Set(purchases.flatMap(({ request }) => request.promo_code ?? []))]
  const places = purchases.flatMap(({ pass }) => pass?.place ?? [])
  const networks = [...new Set(purchases.map(({ request }) => request.asker.network))]
  const { event, stock: rows, used_keys, promos, pass_uses } =
    await session.open(event_id, { type_ids, keys, promo_codes, places, networks })
  entered()
  if (!event?.facts) {
    await session.close(null)
    return purchases.map(() => ({ kind: 'unknown_event' }))
  }

  const { fresh, answer } = partRepeated(purchases, used_keys)
  const { allowed, refused } = partByPass(fresh, pass_uses, needsPass(event, rows[0]!))
  const stock = toStock(event, rows, promos, {
    purchases: await purchasesOf(session, rows, allowed), open_holds: rows[0]!.open_holds,
    earlier: await earlierOf(ctx, session, event, allowed),
  })
  const decisions = allocate(stock, allowed.map(({ request }) => request))
  if (reclaim && decisions.some(mayFreeUp) && await session.hasDueOrders(event_id)) {
    await session.close(null)
    return null
  }

  const { orders, sale } =
    prepareSale(ctx, { facts: event.facts, stock, seller: event.seller }, allowed, decisions)
  remember(ctx, event_id, orders.keys())
  await session.close(sale.orders.length > 0 ? sale : null, usesOf([...orders.keys()]))
  rememberPast(ctx, event_id)
  const outcomes = new Map<Purchase, Outcome>(allowed.map((purchase, index) => {
    const decision = decisions[index]!
    return [purchase, decision.sold
      ? { kind: 'placed', order: orders.get(purchase)!, replayed: false }
      : { kind: 'refused', refusal: decision.refusal }]
  }))
  for (const [purchase, reason] of refused) outcomes.set(purchase, { kind: 'pass_refused', reason })
  return answer(outcomes)
}

/**
 * What this process knows of rooms may be a second old; what is read behind the lock is not. An
 * event that sells nothing says so itself.
 */
const needsPass = ({ id, status, ends_at }: EventRow, { needs_pass, now }: StockRow) =>
  needs_pass && closedBecause({ event: { id, status, ends_at: ends_at! }, now }) === null

const typeIdsOf = ({ request }: Purchase) => request.items.map(item => item.ticket_type_id)

/** Whether a hold that is over may be what a refusal is about: stock, a budget, one's own limit. */
function mayFreeUp (decision: Decision): boolean {
  if (decision.sold) return false
  const { refusal } = decision
  return refusal.reason === 'sold_out' ||
    refusal.reason === 'share_reached' ||
    (refusal.reason === 'limit_reached' && refusal.scope !== 'order') ||
    (refusal.reason === 'promo_refused' && refusal.why === 'used_up')
}

/** What the buyers have of types that limit it; asked only when a batch wants such types. */
async function purchasesOf (
  session: SaleSession, rows: StockRow[], purchases: Purchase[]
): Promise<Purchased[]> {
  const limited = new Set(rows.flatMap(({ id, max_per_buyer }) =>
    id !== null && max_per_buyer !== null ? [id] : []))
  if (limited.size === 0) return []
  const buyers = purchases.filter(purchase => typeIdsOf(purchase).some(id => limited.has(id)))
    .map(({ request }) => request.buyer)
  return session.findPurchases([...limited], {
    email_keys: [...new Set(buyers.map(({ email_key }) => email_key))],
    user_ids: [...new Set(buyers.flatMap(({ user_id }) => user_id ?? []))],
  })
}

/**
 * What these people have of the event; asked only for those who may have something. Where neither a
 * limit nor a share counts people, nobody is asked for.
 */
async function earlierOf (
  ctx: Ctx, session: SaleSession, event: EventRow, purchases: Purchase[]
): Promise<EarlierOrder[]> {
  if (event.max_per_buyer === 0 && event.network_share_percent === 100) return []
  const mayHaveBought = ctx.resources.regulars.lookAt(event.id, event.seller)
  const known = purchases.map(({ request }) => request.asker)
    .filter(asker => keysOf(asker).some(mayHaveBought))
  if (known.length === 0) return []
  return session.findEarlier(event.id, {
    mailboxes: [...new Set(known.map(({ mailbox }) => mailbox))],
    visitors: [...new Set(known.flatMap(({ visitor }) => visitor ?? []))],
    user_ids: [...new Set(known.flatMap(({ user_id }) => user_id ?? []))],
  })
}

function remember (ctx: Ctx, event_id: string, sold: Iterable<Purchase>): void {
  const keys: string[] = []
  for (const { request } of sold) keys.push(...keysOf(request.asker))
  ctx.resources.regulars.remember(event_id, keys)
}

/** What a sale knows of buyers; a quote knows nobody. */
interface KnownBuyers { purchases: Purchased[], open_holds: OpenHold[], earlier: EarlierOrder[] }

export function toStock (
  event: EventRow, rows: StockRow[], promos: PromoForSale[], buyers: KnownBuyers
): Stock {
  const types = new Map<string, TicketTypeForSale & { pool_ids: string[] }>()
  const left = new Map<string, number>()
  const unsold = new Map<string, number>()
  for (const read of rows) {
    const { pool_id, capacity, remaining, held, ...more } = read
    const { now: _, needs_pass: __, open_holds: ___, ...row } = more
    if (row.id === null) continue
    left.set(pool_id, remaining)
    unsold.set(pool_id, remaining + held)
    const type = types.get(row.id) ?? { ...row, id: row.id, capacity: 0, pool_ids: [] }
    types.set(row.id, type)
    type.pool_ids.push(pool_id)
    if (pool_id === row.id) type.capacity = capacity
  }
  const { network_share_percent, max_per_buyer } = event
  return { now: rows[0]!.now, ticket_types: types, left, purchases: buyers.purchases,
    promos: new Map(promos.map(promo => [promo.code, promo])),
    fairness: { network_share_percent, max_per_buyer, unsold,
      open_holds: buyers.open_holds, earlier: buyers.earlier },
    event: { id: event.id, status: event.status, ends_at: event.ends_at! } }
}
