import type { EventStatus } from '@fermata/contracts/fields'
import { priceLines, type Line } from './pricing.ts'

/** What is left of an event's stock, as the database told it behind the event's lock. */
export interface Stock {
  /** The database's clock, RFC 3339 in UTC like every moment here. */
  now: string
  event: { id: string, status: EventStatus, ends_at: string }
  ticket_types: ReadonlyMap<string, TicketTypeForSale>
  /** Pool id to the tickets neither held nor sold. */
  left: ReadonlyMap<string, number>
}

export interface TicketTypeForSale {
  id: string
  name: string
  price_minor: number
  currency: string
  sales_start: string | null
  sales_end: string | null
  min_per_order: number
  max_per_order: number
  /** Every pool it draws from, its own included. */
  pool_ids: readonly string[]
}

/** A ticket type and a quantity; each type once. */
export interface Wanted { ticket_type_id: string, quantity: number }

export type Refusal =
  | { reason: 'event_closed', event_id: string, why: 'not_published' | 'canceled' | 'over' }
  | { reason: 'unknown_ticket_type', ticket_type_id: string }
  | { reason: 'not_on_sale', type: TicketTypeForSale }
  | { reason: 'below_minimum', type: TicketTypeForSale }
  | { reason: 'limit_reached', type: TicketTypeForSale }
  | { reason: 'sold_out', type: TicketTypeForSale, available: number }
  | { reason: 'not_chargeable' }

/** What one request gets: all it wants, or nothing and why. */
export type Decision =
  | { sold: true, lines: Line[], total_minor: number, currency: string, taken: Map<string, number> }
  | { sold: false, refusal: Refusal }

/**
 * Serves requests in the order of their arrival. One that cannot be met whole takes nothing, so a
 * big order cannot starve the small ones behind it.
 */
export function allocate (stock: Stock, requests: readonly (readonly Wanted[])[]): Decision[] {
  const left = new Map(stock.left)
  const why = closedBecause(stock)
  return requests.map(wanted => {
    if (why) return refuse({ reason: 'event_closed', event_id: stock.event.id, why })
    const decision = decide(stock, left, wanted)
    if (!decision.sold) return decision
    for (const [pool, quantity] of decision.taken) left.set(pool, left.get(pool)! - quantity)
    return decision
  })
}

/** Why an event sells nothing now; null when it does. */
export function closedBecause ({ event, now }: Pick<Stock, 'event' | 'now'>) {
  if (event.status === 'draft') return 'not_published'
  if (event.status === 'canceled') return 'canceled'
  return event.ends_at <= now ? 'over' : null
}

function decide (
  stock: Stock, left: ReadonlyMap<string, number>, wanted: readonly Wanted[]
): Decision {
  const lines: Line[] = []
  const taken = new Map<string, number>()
  for (const { ticket_type_id, quantity } of wanted) {
    const type = stock.ticket_types.get(ticket_type_id)
    if (!type) return refuse({ reason: 'unknown_ticket_type', ticket_type_id })
    if (!isOnSale(type, stock.now)) return refuse({ reason: 'not_on_sale', type })
    if (quantity < type.min_per_order) return refuse({ reason: 'below_minimum', type })
    if (quantity > type.max_per_order) return refuse({ reason: 'limit_reached', type })
    const available = availableOf(type, left, taken)
    if (quantity > available) return refuse({ reason: 'sold_out', type, available })
    for (const pool of type.pool_ids) taken.set(pool, (taken.get(pool) ?? 0) + quantity)
    lines.push({ type, quantity })
  }
  const total_minor = priceLines(lines)
  if (total_minor === null) return refuse({ reason: 'not_chargeable' })
  return { sold: true, lines, total_minor, currency: lines[0]!.type.currency, taken }
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
