import type { DataOf } from '@fermata/contracts/define'
import type { EventFacts } from '@fermata/contracts/fields'
import { orderCompleted, orderPlaced, type Order, type OrderItem } from '@fermata/contracts/orders'
import { idsTogether, readableCode } from '@fermata/platform/ids'
import type { Ctx } from './context.ts'
import { factsOf } from './present-order.ts'
import type { HoldRow } from './queries/open-holds.ts'
import type { Sale } from './queries/sell.ts'
import type { Decision, Line, Sold, Stock } from './rules/stock.ts'
import type { Purchase } from './sell-batch.ts'

/**
 * 40 random bits: enough that two orders hardly ever draw the same, short enough to read out on the
 * telephone.
 */
const code_length = 8

/**
 * Turns what was decided into orders and into the rows that make them true. Ids and codes are drawn
 * anew each time, so a batch that failed because of a code may simply be tried again.
 */
export function prepareSale (
  ctx: Ctx, { facts, stock, seller }: { facts: EventFacts, stock: Stock, seller: string | null },
  purchases: Purchase[], decisions: Decision[]
): { orders: Map<Purchase, Order>, sale: Sale } {
  const { now, ticket_types } = stock
  const hold_ms = ctx.settings.RESERVATION_TIMEOUT * 60_000
  const expires_at = new Date(Date.parse(now) + hold_ms).toISOString()
  const orders = new Map<Purchase, Order>()
  const pools = new Map<string, Sale['pools'][number]>()
  const ids = idsTogether(decisions.filter(({ sold }) => sold).length).reverse()
  const sale: Sale = { event_id: facts.id, created_at: now, expires_at,
    orders: [], items: [], events: [], keys: [], pools: [], promo_uses: [], limited: [],
    holds: holdsOf(purchases, decisions),
    seller: seller === ctx.resources.seller ? null : ctx.resources.seller }
  purchases.forEach((purchase, index) => {
    const decision = decisions[index]!
    if (!decision.sold) return
    const order = toOrder(purchase, decision, { facts, id: ids.pop()!, now, expires_at })
    orders.set(purchase, order)
    addOrder(sale, facts, purchase, order)
    const { promo } = decision
    if (promo) {
      sale.promo_uses.push({ order_id: order.id, promo_code_id: promo.id, uses: promo.uses })
    }
    for (const { ticket_type_id, quantity } of purchase.request.items) {
      if (ticket_types.get(ticket_type_id)!.max_per_buyer === null) continue
      sale.limited.push({ ...purchase.request.buyer, order_id: order.id, ticket_type_id, quantity })
    }
    for (const [id, quantity] of decision.taken) {
      const pool = pools.get(id) ?? { id, held: 0, sold: 0 }
      if (order.status === 'completed') pool.sold += quantity
      else pool.held += quantity
      pools.set(id, pool)
    }
  })
  sale.pools = [...pools.values()]
  return { orders, sale }
}

/** Each network and ticket type once; in one order, so that two batches never wait crosswise. */
function holdsOf (purchases: Purchase[], decisions: Decision[]): HoldRow[] {
  const rows = new Map<string, HoldRow>()
  purchases.forEach(({ request: { asker: { network }, items } }, index) => {
    if (!decisions[index]!.sold) return
    for (const { ticket_type_id, quantity } of items) {
      const name = `${network} ${ticket_type_id}`
      const row = rows.get(name)
      if (row) row.tickets += quantity
      else rows.set(name, { network, ticket_type_id, tickets: quantity })
    }
  })
  const names = [...rows.keys()]
  if (names.length > 1) names.sort()
  return names.map(name => rows.get(name)!)
}

/** An order that costs nothing has nothing to wait for. */
function toOrder (
  { buyer, request }: Purchase, { lines, total_minor, currency, promo }: Sold,
  { facts, id, now, expires_at }: { facts: EventFacts, id: string, now: string, expires_at: string }
): Order {
  const free = total_minor === 0
  const items = lines.map(toItem)
  // In the order in which they are read again, so that a repeated answer is the first one.
  if (items.length > 1) items.sort(byTicketType)
  return {
    id, code: readableCode(code_length), event_id: facts.id, event_title: facts.title,
    status: free ? 'completed' : 'pending',
    items, total_minor, currency, ...(promo && { promo_code: promo.code }),
    buyer, user_id: request.buyer.user_id, expires_at, created_at: now,
    completed_at: free ? now : null, canceled_at: null, expired_at: null, refunded_at: null,
  }
}

const byTicketType = (a: OrderItem, b: OrderItem) =>
  Number(a.ticket_type_id > b.ticket_type_id) - Number(a.ticket_type_id < b.ticket_type_id)

/** A line as orders and quotes show it. */
export const toItem = ({ type, quantity, unit_price_minor, discount_minor }: Line): OrderItem => ({
  ticket_type_id: type.id, name: type.name, quantity, unit_price_minor,
  ...(discount_minor > 0 && { discount_minor }),
})

function addOrder (
  sale: Sale, facts: EventFacts, purchase: Purchase, order: Order
): void {
  const { request_id, idempotency, request: { asker } } = purchase
  const { id, code, buyer, user_id, total_minor, currency } = order
  sale.orders.push({
    id, code, status: order.completed_at ? 'completed' : 'pending', user_id, total_minor, currency,
    buyer_name: buyer.name, buyer_email: buyer.email, buyer_locale: buyer.locale, request_id,
    mailbox: asker.mailbox, visitor: asker.visitor, network: asker.network,
  })
  let line = 0
  order.items.forEach((item, index) => {
    // Lines of one type are neighbours: its prices in their order.
    line = order.items[index - 1]?.ticket_type_id === item.ticket_type_id ? line + 1 : 0
    const { ticket_type_id, name, quantity, unit_price_minor, discount_minor = 0 } = item
    sale.items.push({
      order_id: id, ticket_type_id, name, quantity, unit_price_minor, discount_minor, line })
  })
  const { type, data } = eventOf(facts, order, purchase)
  sale.events.push({ type, data: JSON.stringify(data), request_id })
  if (idempotency) {
    const { scope, key, fingerprint } = idempotency
    sale.keys.push({ scope, key, fingerprint, order_id: id })
  }
}

/** An order that is complete from the start was never waiting, so only its completion is told. */
function eventOf (facts: EventFacts, order: Order, { sender }: Purchase) {
  if (order.completed_at === null) {
    const data: DataOf<typeof orderPlaced> = { ...factsOf(order), expires_at: order.expires_at }
    return { type: orderPlaced.type, data }
  }
  const data: DataOf<typeof orderCompleted> = {
    ...factsOf(order), completed_at: order.completed_at, payment_id: null, event: facts,
    sender: sender(),
  }
  return { type: orderCompleted.type, data }
}
