import type { EventFacts } from '@fermata/contracts/fields'
import type { EventRow, OpenedSale, Sale, SaleReads, StockRow } from '../../queries/sell.ts'
import type { PassUse } from '../../rules/pass-uses.ts'
import type { SaleSession, SaleStore } from '../../sale-store.ts'
import type { Scheduler } from './scheduler.ts'
import { dueOf, limitedPurchases, ordersOf, type StockRoom } from './stock-room.ts'

/** What the operations read of an event whose tickets nobody prints. */
export const facts = {
  id: 'event', title: 'Event', status: 'published', ends_at: '2099-01-01T00:00:00.000Z',
} as EventFacts

const most_pauses = 8

/** The store of a sale in memory: it waits by chance wherever the real one waits for PostgreSQL. */
export function createMemorySales (
  room: StockRoom, { pause, random }: Scheduler, counts: { reclaimed: number },
  { unguarded }: { unguarded: boolean }
): SaleStore {
  async function read (wanted: SaleReads): Promise<OpenedSale> {
    // Statement by statement: another transaction may commit in between.
    await pause()
    const event: EventRow = { id: facts.id, title: facts.title, status: facts.status,
      ends_at: facts.ends_at, facts, network_share_percent: 100, max_per_buyer: 0,
      seller: room.seller }
    await pause()
    const stock = readStock(room, wanted.type_ids)
    await pause()
    const promos = [...room.promos.values()].map(promo => ({ ...promo }))
      .filter(({ code }) => wanted.promo_codes.includes(code))
    await pause()
    const pass_uses = wanted.places.flatMap(place => room.pass_uses.get(place) ?? [])
    return { event, stock, promos, pass_uses, used_keys: [] }
  }

  return {
    async run (sell) {
      let is_locked = false
      let opened: OpenedSale
      const session: SaleSession = {
        async open (_event_id, wanted) {
          if (!unguarded) {
            await room.lock()
            is_locked = true
          }
          return opened = await read(wanted)
        },
        async findPurchases (type_ids) {
          await pause()
          return limitedPurchases(room).filter(row => type_ids.includes(row.ticket_type_id))
        },
        findEarlier: () => Promise.reject(new Error('Nobody is limited by their shares here')),
        async hasDueOrders () {
          await pause()
          const is_due = dueOf(room).length > 0
          if (is_due) counts.reclaimed++
          return is_due
        },
        async close (sale, pass_uses = []) {
          // Between check and commit, as on a busy machine.
          for (let wait = random(most_pauses); wait >= 0; wait--) await pause()
          if (sale && unguarded) overwrite(room, sale, opened)
          if (sale) write(room, sale, pass_uses, unguarded)
          await pause()
        },
      }
      try {
        return await sell(session)
      } finally {
        if (is_locked) room.unlock()
      }
    },
  }
}

function readStock (room: StockRoom, type_ids: string[]): StockRow[] {
  const clock = room.now()
  const now = clock > room.released_up_to ? clock : room.released_up_to
  return type_ids.flatMap(type_id => {
    const { pool_ids, capacity: _, ...type } = room.types.get(type_id)!
    return pool_ids.map(pool_id => {
      const { capacity, held, sold } = room.pools.get(pool_id)!
      return { ...type, tiers: [...type.tiers], now, needs_pass: room.has_room, open_holds: [],
        pool_id, capacity, held, remaining: capacity - held - sold }
    })
  })
}

function write (
  room: StockRoom, sale: Sale, pass_uses: PassUse[], unguarded: boolean
): void {
  const orders = ordersOf(sale)
  room.commit({ orders, write: () => {
    for (const order of orders) room.orders.set(order.id, order)
    for (const { place, buyer, orders } of pass_uses) {
      const before = room.pass_uses.get(place)
      room.pass_uses.set(place, { place, buyer, orders: orders + (before?.orders ?? 0) })
    }
    room.seller = sale.seller ?? room.seller
    if (unguarded) return
    for (const { id, held, sold } of sale.pools) {
      const pool = room.pools.get(id)!
      pool.held += held
      pool.sold += sold
    }
    for (const { promo_code_id, uses } of sale.promo_uses) {
      room.promos.get(promo_code_id)!.used += uses
    }
  } })
}

/** As the control in PostgreSQL does it: from what was read, kept within the constraints. */
function overwrite (room: StockRoom, sale: Sale, opened: OpenedSale): void {
  for (const { id, held } of sale.pools) {
    const pool = room.pools.get(id)!
    const read = opened.stock.find(row => row.pool_id === id)!
    pool.held = Math.min(read.held + held, pool.capacity - pool.sold)
  }
  for (const { id, used } of opened.promos) {
    const promo = room.promos.get(id)!
    const uses = sale.promo_uses.reduce((sum, use) =>
      use.promo_code_id === id ? sum + use.uses : sum, used)
    promo.used = Math.min(uses, promo.max_uses!)
  }
}
