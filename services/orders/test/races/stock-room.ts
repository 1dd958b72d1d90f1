import { mayBecome, stockChange } from '../../rules/order-states.ts'
import type { PassUse } from '../../rules/pass-uses.ts'
import type { BuyerKeys, PromoForSale, TicketTypeForSale } from '../../rules/stock.ts'
import type { OrderStatus } from '@fermata/contracts/orders'
import type { Scheduler } from './scheduler.ts'

/**
 * The rows of one event as a database with READ COMMITTED keeps them, in memory: what a transaction
 * writes is seen by nobody before its commit, and each statement sees what was committed when it
 * began. Beside the rows stands an auditor who never reads a counter: he counts the orders.
 */

export interface Pool { id: string, capacity: number, held: number, sold: number }

export interface OrderRow {
  id: string
  status: OrderStatus
  buyer: BuyerKeys
  items: readonly { ticket_type_id: string, quantity: number }[]
  /** Pool id to the tickets taken from it. */
  taken: ReadonlyMap<string, number>
  promo: { id: string, uses: number } | null
  place: number | null
  payment_id: string | null
  expires_at: number
}

/** What must never happen, by what was broken. */
export interface Broken { tickets: number, promo: number, buyer: number, pass: number }

export interface StockRoom {
  pools: Map<string, Pool>
  types: Map<string, TicketTypeForSale>
  promos: Map<string, PromoForSale>
  orders: Map<string, OrderRow>
  pass_uses: Map<number, PassUse>
  broken: Broken
  /** Milliseconds; moves with every look at it, as a clock does. */
  now: () => number
  /** The lock of the event's row; resolves when it is the caller's. */
  lock: () => Promise<void>
  unlock: () => void
  /** Makes a change seen by all, and lets the auditor count. */
  commit: (change: Change) => void
}

export interface Change {
  placed?: OrderRow[]
  moved?: { order: OrderRow, to: OrderStatus, payment_id?: string }[]
  /** Counters that are set, not moved: only the control without a guard does so. */
  overwritten?: { pools: Pool[], promos: Map<string, number> }
  capacities?: { pool_id: string, capacity: number }[]
  max_uses?: { promo_id: string, max_uses: number }[]
  pass_uses?: PassUse[]
}

export interface Stocked {
  pools: Pool[]
  types: TicketTypeForSale[]
  promos: PromoForSale[]
  orders_per_pass: number
}

const counts = (status: OrderStatus) => status === 'pending' || status === 'completed'
const moment_ms = 1000

export function createStockRoom (scheduler: Scheduler, stocked: Stocked): StockRoom {
  const waiting: (() => void)[] = []
  let is_locked = false
  let clock = Date.UTC(2027, 0, 1)
  const broken: Broken = { tickets: 0, promo: 0, buyer: 0, pass: 0 }
  const audit = createAuditor(stocked)

  const room: StockRoom = {
    pools: new Map(stocked.pools.map(pool => [pool.id, pool])),
    types: new Map(stocked.types.map(type => [type.id, type])),
    promos: new Map(stocked.promos.map(promo => [promo.id, promo])),
    orders: new Map(), pass_uses: new Map(), broken,
    now: () => clock += moment_ms,
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
    commit (change) {
      write(room, change)
      audit(room, change)
    },
  }
  return room
}

function write (room: StockRoom, change: Change): void {
  const { placed = [], moved = [], overwritten, capacities = [], max_uses = [] } = change
  for (const order of placed) {
    room.orders.set(order.id, order)
    if (overwritten) continue
    const { held, sold } = order.status === 'pending' ? { held: 1, sold: 0 } : { held: 0, sold: 1 }
    count(room, order, { held, sold })
  }
  for (const { order, to, payment_id } of moved) {
    if (!mayBecome(order.status, to)) throw new Error(`${order.status} became ${to}`)
    count(room, order, stockChange(order.status, to))
    order.status = to
    order.payment_id = payment_id ?? order.payment_id
  }
  for (const pool of overwritten?.pools ?? []) room.pools.get(pool.id)!.held = pool.held
  for (const [id, used] of overwritten?.promos ?? []) room.promos.get(id)!.used = used
  for (const { pool_id, capacity } of capacities) room.pools.get(pool_id)!.capacity = capacity
  for (const one of max_uses) room.promos.get(one.promo_id)!.max_uses = one.max_uses
  for (const { place, buyer, orders } of change.pass_uses ?? []) {
    const before = room.pass_uses.get(place)
    room.pass_uses.set(place, { place, buyer, orders: orders + (before?.orders ?? 0) })
  }
}

function count (room: StockRoom, order: OrderRow, { held, sold }: { held: number, sold: number }) {
  for (const [id, quantity] of order.taken) {
    const pool = room.pools.get(id)!
    pool.held += quantity * held
    pool.sold += quantity * sold
  }
  if (order.promo) room.promos.get(order.promo.id)!.used += order.promo.uses * (held + sold)
}

/**
 * Counts what orders have, whatever the counters say, and notes each commit after which somebody
 * has more than there is. In a control counters are wrong, so only what a commit adds is judged.
 */
function createAuditor ({ orders_per_pass }: Stocked) {
  const had = new Map<string, number>()
  const add = (name: string, quantity: number) => {
    const sum = (had.get(name) ?? 0) + quantity
    had.set(name, sum)
    return sum
  }
  /** A person, by account and by address: neither may have more than the limit. */
  const namesOf = ({ user_id, email_key }: BuyerKeys) =>
    user_id ? [user_id, email_key] : [email_key]

  function enter (room: StockRoom, order: OrderRow): void {
    for (const [id, quantity] of order.taken) {
      if (add(`pool ${id}`, quantity) > room.pools.get(id)!.capacity) room.broken.tickets++
    }
    if (order.promo) {
      const { max_uses } = room.promos.get(order.promo.id)!
      if (add(`promo ${order.promo.id}`, order.promo.uses) > max_uses!) room.broken.promo++
    }
    for (const { ticket_type_id, quantity } of order.items) {
      const { max_per_buyer } = room.types.get(ticket_type_id)!
      const sums = namesOf(order.buyer).map(name => add(`${ticket_type_id} of ${name}`, quantity))
      if (max_per_buyer !== null && Math.max(...sums) > max_per_buyer) room.broken.buyer++
    }
  }
  function leave (order: OrderRow): void {
    for (const [id, quantity] of order.taken) add(`pool ${id}`, -quantity)
    if (order.promo) add(`promo ${order.promo.id}`, -order.promo.uses)
    for (const { ticket_type_id, quantity } of order.items) {
      for (const name of namesOf(order.buyer)) add(`${ticket_type_id} of ${name}`, -quantity)
    }
  }
  const inside = new Set<OrderRow>()
  return (room: StockRoom, { placed = [], moved = [], capacities = [], max_uses = [] }: Change) => {
    for (const order of placed) {
      if (order.place === null) continue
      if (add(`pass ${order.place}`, 1) > orders_per_pass) room.broken.pass++
    }
    for (const order of [...moved.map(one => one.order), ...placed]) {
      if (counts(order.status) === inside.has(order)) continue
      if (inside.delete(order)) leave(order)
      else {
        inside.add(order)
        enter(room, order)
      }
    }
    for (const { pool_id, capacity } of capacities) {
      if ((had.get(`pool ${pool_id}`) ?? 0) > capacity) room.broken.tickets++
    }
    for (const one of max_uses) {
      if ((had.get(`promo ${one.promo_id}`) ?? 0) > one.max_uses) room.broken.promo++
    }
  }
}
