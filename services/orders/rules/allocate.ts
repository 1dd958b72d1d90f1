import { opensTo } from './access-code.ts'
import { openPurchaseBook, type PurchaseBook } from './buyer-limits.ts'
import { openShareBook, type ShareBook } from './fair-shares.ts'
import { linesOf, priceLines } from './pricing.ts'
import { applyPromo, refusalOf } from './promo-codes.ts'
import type { Decision, Line, Refusal, Request, Sold, Stock, TicketTypeForSale, Wanted } from './stock.ts'

/** What earlier requests of the batch have left to the next. */
interface Book {
  left: Map<string, number>
  /** Promo code id to its uses. */
  used: Map<string, number>
  purchases: PurchaseBook
  shares: ShareBook
}

/**
 * Serves requests in the order of their arrival. One that cannot be met whole takes nothing, so a
 * big order cannot starve the small ones behind it.
 */
export function allocate (stock: Stock, requests: readonly Request[]): Decision[] {
  const why = closedBecause(stock)
  const book: Book = {
    left: new Map(stock.left),
    used: new Map([...stock.promos.values()].map(({ id, used }) => [id, used])),
    purchases: openPurchaseBook(stock.purchases),
    shares: openShareBook(stock),
  }
  return requests.map(request => {
    if (why) return refuse({ reason: 'event_closed', event_id: stock.event.id, why })
    const decision = decide(stock, book, request)
    if (decision.sold) enter(stock, book, request, decision)
    return decision
  })
}

/** Why an event sells nothing now; null when it does. */
export function closedBecause ({ event, now }: Pick<Stock, 'event' | 'now'>) {
  if (event.status === 'draft') return 'not_published'
  if (event.status === 'canceled') return 'canceled'
  return event.ends_at <= now ? 'over' : null
}

function decide (stock: Stock, book: Book, request: Request): Decision {
  const full_price: Line[] = []
  const taken = new Map<string, number>()
  for (const item of request.items) {
    const type = stock.ticket_types.get(item.ticket_type_id)
    // Without its code a hidden type is not there.
    if (!type || !opensTo(type.access_code, request.access_code)) {
      return refuse({ reason: 'unknown_ticket_type', ticket_type_id: item.ticket_type_id })
    }
    const refusal = limitOf(stock, book, request, type, item)
    if (refusal) return refuse(refusal)
    const available = availableOf(type, book.left, taken)
    if (item.quantity > available) return refuse({ reason: 'sold_out', type, available })
    const lines = linesOf(type, item, type.capacity - book.left.get(type.id)!, stock.now)
    if ('reason' in lines) return refuse(lines)
    for (const pool of type.pool_ids) taken.set(pool, (taken.get(pool) ?? 0) + item.quantity)
    full_price.push(...lines)
  }
  // What is sold out, or hidden, is told before who has had their share.
  const unfair = book.shares.refusalOf(request, taken)
  if (unfair) return refuse(unfair)
  const priced = discount(stock, book, request, full_price)
  if ('reason' in priced) return refuse(priced)
  const total_minor = priceLines(priced.lines)
  if (total_minor === null) return refuse({ reason: 'not_chargeable' })
  return { sold: true, ...priced, total_minor, currency: priced.lines[0]!.type.currency, taken }
}

/** The first limit that the item breaks, whatever the stock. */
function limitOf (
  { now }: Stock, book: Book, { buyer }: Request, type: TicketTypeForSale, { quantity }: Wanted
): Refusal | null {
  const { max_per_order, max_per_buyer } = type
  if (!isOnSale(type, now)) return { reason: 'not_on_sale', type }
  if (quantity < type.min_per_order) return { reason: 'below_minimum', type }
  if (quantity > max_per_order) return { reason: 'limit_reached', type, scope: 'order', limit: max_per_order }
  if (max_per_buyer === null) return null
  const owned = buyer ? book.purchases.ownedBy(buyer, type.id) : 0
  return owned + quantity > max_per_buyer
    ? { reason: 'limit_reached', type, scope: 'buyer', limit: max_per_buyer } : null
}

function discount (
  stock: Stock, book: Book, { promo_code }: Request, lines: Line[]
): Pick<Sold, 'lines' | 'promo'> | Refusal {
  if (promo_code === undefined) return { lines, promo: null }
  const promo = stock.promos.get(promo_code)
  const why = refusalOf(promo, stock.now)
  if (!promo || why) return { reason: 'promo_refused', promo_code, why: why ?? 'unknown' }
  const reduced = applyPromo(promo, lines)
  if (reduced.uses === 0) return { reason: 'promo_refused', promo_code, why: 'not_for_these' }
  const left = promo.max_uses === null ? Infinity : promo.max_uses - book.used.get(promo.id)!
  if (reduced.uses > left) {
    return { reason: 'promo_refused', promo_code, why: 'used_up', left: Math.max(0, left) }
  }
  return { lines: reduced.lines, promo: { id: promo.id, code: promo.code, uses: reduced.uses } }
}

/** Writes down what a request took, so that the next finds it gone. */
function enter (stock: Stock, book: Book, request: Request, { taken, promo }: Sold): void {
  const { items, buyer } = request
  book.shares.enter(request, taken)
  for (const [pool, quantity] of taken) book.left.set(pool, book.left.get(pool)! - quantity)
  if (promo) book.used.set(promo.id, book.used.get(promo.id)! + promo.uses)
  if (!buyer) return
  for (const { ticket_type_id, quantity } of items) {
    if (stock.ticket_types.get(ticket_type_id)!.max_per_buyer === null) continue
    book.purchases.add({ ...buyer, ticket_type_id, quantity })
  }
}

const refuse = (refusal: Refusal): Decision => ({ sold: false, refusal })

export const isOnSale = (type: Pick<TicketTypeForSale, 'sales_start' | 'sales_end'>, now: string) =>
  (type.sales_start === null || type.sales_start <= now) &&
    (type.sales_end === null || now < type.sales_end)

/** The least that is left in any pool of the type, after what `taken` has already. */
function availableOf (
  type: TicketTypeForSale, left: ReadonlyMap<string, number>, taken: ReadonlyMap<string, number>
): number {
  let available = Infinity
  for (const pool of type.pool_ids) {
    available = Math.min(available, (left.get(pool) ?? 0) - (taken.get(pool) ?? 0))
  }
  // A type without a pool has no stock, never endless stock.
  return Number.isFinite(available) ? Math.max(0, available) : 0
}
