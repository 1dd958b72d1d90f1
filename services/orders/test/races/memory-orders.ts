import type { OrderStatus } from '@fermata/contracts/orders'
import type { Tx } from '@fermata/platform/database'
import type { OrderStore } from '../../order-store.ts'
import type { OrderRow } from '../../queries/orders.ts'
import { facts } from './memory-sales.ts'
import type { Scheduler } from './scheduler.ts'
import {
  count, drawOf, dueOf, isDue, isReleased, limitedPurchases, type StockRoom,
  type StoredOrder,
} from './stock-room.ts'

/** The store of orders in memory, and its transactions: what they wrote is seen once they end. */

interface Transaction {
  /** Whether it has the event's lock. */
  is_locked: boolean
  /** Orders that it has locked. */
  locked_orders: string[]
  /** Seen by itself before anybody else. */
  released_up_to: string | null
  orders: StoredOrder[]
  writes: (() => void)[]
}

/** Operations hand their transaction on and never look into it. */
const asTx = (own: Transaction) => own as unknown as Tx
const ownOf = (tx: unknown) => tx as Transaction

export interface MemoryOrders {
  store: OrderStore
  transaction: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>
}

/** @param decided told how many orders ask for tickets again that they once had */
export function createMemoryOrders (
  room: StockRoom, scheduler: Scheduler, decided: (number: number) => void
): MemoryOrders {
  return {
    async transaction (work) {
      const own: Transaction =
        { is_locked: false, locked_orders: [], released_up_to: null, orders: [], writes: [] }
      try {
        const result = await work(asTx(own))
        await scheduler.pause()
        room.commit({ orders: own.orders, write () {
          for (const write of own.writes) write()
        } })
        return result
      } finally {
        for (const id of own.locked_orders) room.locked_orders.delete(id)
        if (own.is_locked) room.unlock()
      }
    },
    store: {
      ...lockingIn(room, scheduler), ...releasingIn(room, scheduler),
      ...settlingIn(room, scheduler, decided),
    },
  }
}

/** Up to where the transaction sees holds released. */
const releasedFor = (room: StockRoom, tx: unknown) =>
  ownOf(tx).released_up_to ?? room.released_up_to

const present = (order: StoredOrder, status: OrderStatus, now: string): OrderRow => ({
  ...order, status, event_id: facts.id, event_title: facts.title, now, promo_code: null,
  completed_at: null, canceled_at: null, expired_at: null, refunded_at: null,
})

function lockingIn (room: StockRoom, { pause }: Scheduler) {
  async function lock (tx: unknown) {
    const own = ownOf(tx)
    if (!own.is_locked) await room.lock()
    own.is_locked = true
    return 0
  }
  async function findOrders (tx: unknown, ids: string[]): Promise<OrderRow[]> {
    await pause()
    const now = room.now()
    return ids.map(id => {
      const order = room.orders.get(id)!
      return present(order, isReleased(order, releasedFor(room, tx)) ? 'expired' : order.status, now)
    })
  }
  return {
    lockEvents: lock, lockEventsOf: lock, findOrders,
    async findOrderFor (db, id) {
      return { ...(await findOrders(db, [id]))[0]!, is_buyer: true }
    },
    async findFacts () {
      await pause()
      return new Map([[facts.id, facts]])
    },
  } satisfies Partial<OrderStore>
}

function releasingIn (room: StockRoom, { pause }: Scheduler) {
  const all = () => [...room.orders.values()]
  /** Those that nobody has locked; locked from here on. */
  function lockFree (tx: unknown, orders: StoredOrder[], limit = orders.length): string[] {
    const ids = orders.filter(order => isReleased(order, releasedFor(room, tx)))
      .map(({ id }) => id).filter(id => !room.locked_orders.has(id)).slice(0, limit)
    for (const id of ids) room.locked_orders.add(id)
    ownOf(tx).locked_orders.push(...ids)
    return ids
  }
  return {
    async findDueEvents (_tx, ids) {
      await pause()
      const now = room.now()
      return ids.some(id => isDue(room.orders.get(id)!, room.released_up_to, now)) ? [facts.id] : []
    },
    async findEventsWithDue () {
      await pause()
      return dueOf(room).length > 0 ? [facts.id] : []
    },
    async findEventsWithUntold (_db, after_seconds) {
      await pause()
      const before = new Date(Date.parse(room.now()) - after_seconds * 1000).toISOString()
      return all().some(order =>
        isReleased(order, room.released_up_to) && order.expires_at <= before) ? [facts.id] : []
    },
    async lockUntold (tx, _event_id, limit) {
      await pause()
      return lockFree(tx, all(), limit)
    },
    async lockUntoldOf (tx, ids) {
      await pause()
      return lockFree(tx, ids.map(id => room.orders.get(id)!))
    },
    async writeExpired (tx, ids) {
      await pause()
      ownOf(tx).writes.push(() => {
        for (const id of ids) room.orders.get(id)!.status = 'expired'
      })
      return 0
    },
    async releaseHolds (tx, _event_id, limit) {
      await pause()
      const own = ownOf(tx)
      const ends = dueOf(room).map(order => order.expires_at).sort()
      const up_to = ends[Math.min(limit, ends.length) - 1]
      if (up_to === undefined) return 0
      const due = all().filter(order => isDue(order, room.released_up_to, up_to))
      own.released_up_to = up_to
      own.orders.push(...due)
      own.writes.push(() => {
        for (const order of due) count(room, order, { held: -1, sold: 0 })
        room.released_up_to = up_to
      })
      return due.length
    },
  } satisfies Partial<OrderStore>
}

function settlingIn (room: StockRoom, { pause }: Scheduler, decided: (number: number) => void) {
  return {
    async changeState (tx, to, changes) {
      const own = ownOf(tx)
      await pause()
      // Locked by who tells of it: that one waits for nobody, so it ends.
      for (const { id } of changes) {
        while (room.locked_orders.has(id)) await pause()
        room.locked_orders.add(id)
        own.locked_orders.push(id)
      }
      own.orders.push(...changes.map(({ id }) => room.orders.get(id)!))
      own.writes.push(() => {
        for (const { id, payment_id, held, sold } of changes) {
          const order = room.orders.get(id)!
          count(room, order, { held, sold })
          order.status = to
          order.payment_id = payment_id ?? order.payment_id
        }
      })
      const at = room.now()
      return changes.map(({ id }) => ({ id, at }))
    },
    async findRefundedPayments (_tx, ids) {
      await pause()
      return new Set(ids.filter(id => room.refunded_payments.has(id)))
    },
    async recordRefunds (tx, refunds) {
      await pause()
      ownOf(tx).writes.push(() => {
        for (const { payment_id } of refunds) room.refunded_payments.add(payment_id)
      })
      return 0
    },
    async findDraws (_tx, order_ids) {
      await pause()
      decided(order_ids.length)
      return order_ids.flatMap(order_id => {
        const order = room.orders.get(order_id)!
        const draws = [...drawOf(room, order)].map(([pool_id, quantity]) => {
          const { capacity, held, sold } = room.pools.get(pool_id)!
          return { order_id, pool_id, quantity, remaining: capacity - held - sold }
        })
        if (!order.promo) return draws
        // The budget of a promo code is one more pool.
        const { promo_code_id: pool_id, uses: quantity } = order.promo
        const { max_uses, used } = room.promos.get(pool_id)!
        return [...draws, { order_id, pool_id, quantity, remaining: max_uses! - used }]
      })
    },
    async findLatePurchases (_tx, order_ids) {
      await pause()
      return order_ids.flatMap(id => room.orders.get(id)!.limited.map(row =>
        ({ ...row, max_per_buyer: room.types.get(row.ticket_type_id)!.max_per_buyer! })))
    },
    async findPurchasesBeside () {
      await pause()
      return limitedPurchases(room)
    },
    async findLateBuyers (_tx, order_ids) {
      await pause()
      return order_ids.map(id => ({ ...room.orders.get(id)!, event_id: facts.id, types: [],
        tickets: 0, is_open: false, event_max_per_buyer: 0 }))
    },
    findBeside: () => Promise.reject(new Error('Nobody is limited by their shares here')),
  } satisfies Partial<OrderStore>
}
