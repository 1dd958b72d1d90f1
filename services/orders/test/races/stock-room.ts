import type { OrderStatus } from '@fermata/contracts/orders'
import { mailboxOf } from '@fermata/contracts/mailboxes'
import type { LimitedRow, PromoUseRow } from '../../queries/sale-rules.ts'
import type { Sale, SaleItemRow, SaleRow } from '../../queries/sell.ts'
import type { PassUse } from '../../rules/pass-uses.ts'
import type { PromoForSale, TicketTypeForSale } from '../../rules/stock.ts'
import type { Scheduler } from './scheduler.ts'

/**
 * The rows of one event as a database with READ COMMITTED keeps them, in memory: what a transaction
 * writes is seen by nobody before its commit, and each statement sees what was committed when it
 * began. Beside the rows stands an auditor who never reads a counter: he counts the orders.
 */

export interface Pool { id: string, capacity: number, held: number, sold: number }

export interface StoredOrder extends Omit<SaleRow, 'status'> {
  status: OrderStatus
  created_at: string
  expires_at: string
  payment_id: string | null
  items: SaleItemRow[]
  promo: PromoUseRow | null
  limited: LimitedRow[]
}

/** What must never happen, by what was broken. */
export interface Broken { tickets: number, promo: number, buyer: number, pass: number }

export interface StockRoom {
  pools: Map<string, Pool>
  types: Map<string, TicketTypeForSale>
  promos: Map<string, PromoForSale>
  orders: Map<string, StoredOrder>
  pass_uses: Map<number, PassUse>
  refunded_payments: Set<string>
  /** Orders that a transaction has locked, apart from the event. */
  locked_orders: Set<string>
  has_room: boolean
  /** Up to here holds that were over have given their tickets back. */
  released_up_to: string
  /** The process that sold last. */
  seller: string | null
  broken: Broken
  /** Moves with every look at it, as a clock does. */
  now: () => string
  /** The lock of the event's row; resolves when it is the caller's. */
  lock: () => Promise<void>
  unlock: () => void
  /** Makes writes seen by all at once, and lets the auditor count. */
  commit: (writes: Writes) => void
}

/** What a transaction is about to make true. */
export interface Writes {
  write: () => void
  /** Orders that may count from now on, or no longer. */
  orders?: StoredOrder[]
  /** Pools and promo codes that may have become smaller. */
  smaller?: string[]
}

export interface Stocked {
  pools: Pool[]
  types: TicketTypeForSale[]
  promos: PromoForSale[]
  has_room: boolean
}

const moment_ms = 1000

export function createStockRoom (scheduler: Scheduler, stocked: Stocked): StockRoom {
  const waiting: (() => void)[] = []
  let is_locked = false
  let clock = Date.UTC(2027, 0, 1)
  const audit = createAuditor()

  const room: StockRoom = {
    pools: new Map(stocked.pools.map(pool => [pool.id, pool])),
    types: new Map(stocked.types.map(type => [type.id, type])),
    promos: new Map(stocked.promos.map(promo => [promo.id, promo])),
    orders: new Map(), pass_uses: new Map(), refunded_payments: new Set(),
    locked_orders: new Set(), has_room: stocked.has_room,
    released_up_to: new Date(clock).toISOString(), seller: null,
    broken: { tickets: 0, promo: 0, buyer: 0, pass: 0 },
    now: () => new Date(clock += moment_ms).toISOString(),
    async lock () {
      await scheduler.pause()
      if (!is_locked) is_locked = true
      else await new Promise<void>(resolve => { waiting.push(resolve) })
    },
    unlock () {
      // Whoever waits may be next: PostgreSQL promises an order, the proof needs none.
      const next = waiting.splice(scheduler.random(Math.max(1, waiting.length)), 1)[0]
      if (next) next()
      else is_locked = false
    },
    commit (writes) {
      writes.write()
      audit(room, writes)
    },
  }
  return room
}

/** A hold that was released is over, whatever its order's row says. */
export const isReleased = (order: StoredOrder, released_up_to: string) =>
  order.status === 'pending' && order.expires_at <= released_up_to

/** Whether the order's tickets are held or sold. */
export const hasTickets = (order: StoredOrder, released_up_to: string) =>
  order.status === 'completed' || (order.status === 'pending' && order.expires_at > released_up_to)

/** Over by the clock, and its tickets are still held. */
export const isDue = (order: StoredOrder, released_up_to: string, now: string) =>
  order.status === 'pending' && order.expires_at > released_up_to && order.expires_at <= now

export const dueOf = (room: StockRoom) => {
  const now = room.now()
  return [...room.orders.values()].filter(order => isDue(order, room.released_up_to, now))
}

/** What everybody holds and owns of limited types. */
export const limitedPurchases = (room: StockRoom) => [...room.orders.values()]
  .filter(order => hasTickets(order, room.released_up_to)).flatMap(order => order.limited)

/** Pool id to the tickets that the order takes from it. */
export function drawOf (room: StockRoom, { items }: StoredOrder): Map<string, number> {
  const draw = new Map<string, number>()
  for (const { ticket_type_id, quantity } of items) {
    for (const id of room.types.get(ticket_type_id)!.pool_ids) {
      draw.set(id, (draw.get(id) ?? 0) + quantity)
    }
  }
  return draw
}

/** Moves the counters by so much for each ticket of an order. */
export function count (
  room: StockRoom, order: StoredOrder, { held, sold }: { held: number, sold: number }
): void {
  for (const [id, quantity] of drawOf(room, order)) {
    const pool = room.pools.get(id)!
    pool.held += quantity * held
    pool.sold += quantity * sold
  }
  const { promo } = order
  if (promo) room.promos.get(promo.promo_code_id)!.used += promo.uses * (held + sold)
}

/** The orders of a sale as they are stored. */
export const ordersOf = (sale: Sale): StoredOrder[] => sale.orders.map(order => ({
  ...order, created_at: sale.created_at, expires_at: sale.expires_at, payment_id: null,
  items: sale.items.filter(item => item.order_id === order.id),
  promo: sale.promo_uses.find(use => use.order_id === order.id) ?? null,
  limited: sale.limited.filter(row => row.order_id === order.id),
}))

/**
 * Counts what orders have, whatever the counters say, and notes each commit after which somebody
 * has more than there is. In a control counters are wrong, so only what a commit adds is judged.
 */
function createAuditor () {
  const had = new Map<string, number>()
  const inside = new Set<StoredOrder>()
  const add = (name: string, quantity: number) => {
    const sum = (had.get(name) ?? 0) + quantity
    had.set(name, sum)
    return sum
  }
  /** A person, by account and by address: neither may have more than the limit. */
  const namesOf = ({ user_id, buyer_email }: StoredOrder) =>
    user_id ? [user_id, mailboxOf(buyer_email)] : [mailboxOf(buyer_email)]

  function enter (room: StockRoom, order: StoredOrder): void {
    for (const [id, quantity] of drawOf(room, order)) {
      if (add(id, quantity) > room.pools.get(id)!.capacity) room.broken.tickets++
    }
    if (order.promo) {
      const { promo_code_id: id, uses } = order.promo
      if (add(id, uses) > room.promos.get(id)!.max_uses!) room.broken.promo++
    }
    for (const { ticket_type_id, quantity } of order.items) {
      const { max_per_buyer } = room.types.get(ticket_type_id)!
      const sums = namesOf(order).map(name => add(`${ticket_type_id} of ${name}`, quantity))
      if (max_per_buyer !== null && Math.max(...sums) > max_per_buyer) room.broken.buyer++
    }
  }
  function leave (room: StockRoom, order: StoredOrder): void {
    for (const [id, quantity] of drawOf(room, order)) add(id, -quantity)
    if (order.promo) add(order.promo.promo_code_id, -order.promo.uses)
    for (const { ticket_type_id, quantity } of order.items) {
      for (const name of namesOf(order)) add(`${ticket_type_id} of ${name}`, -quantity)
    }
  }
  return (room: StockRoom, { orders = [], smaller = [] }: Writes) => {
    // Who leaves makes room for who comes in the same commit.
    const changed = orders.filter(order =>
      hasTickets(order, room.released_up_to) !== inside.has(order))
    for (const order of changed) if (inside.delete(order)) leave(room, order)
    for (const order of changed) {
      if (!hasTickets(order, room.released_up_to)) continue
      inside.add(order)
      enter(room, order)
    }
    for (const id of smaller) {
      const pool = room.pools.get(id)
      const limit = pool ? pool.capacity : room.promos.get(id)!.max_uses!
      if ((had.get(id) ?? 0) > limit) room.broken[pool ? 'tickets' : 'promo']++
    }
  }
}
