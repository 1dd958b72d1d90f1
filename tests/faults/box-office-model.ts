import type { Model } from './linearize.ts'

/** What clients do with one event, and what they were told. */
export type Action =
  | { kind: 'hold', quantity: number, order: string | null }
  | { kind: 'cancel', order: string, done: boolean }
  /** From the payment's start until the order is seen completed, or seen otherwise. */
  | { kind: 'pay', order: string, done: boolean }
  /** From the end of the hold until the order is seen expired. */
  | { kind: 'expire', order: string }
  | { kind: 'look', order: string, status: string }
  | { kind: 'available', count: number }

interface Sale { free: number, orders: ReadonlyMap<string, { quantity: number, status: string }> }

/** An event with so many tickets, as simple as it can be said. */
export function boxOffice (capacity: number): Model<Sale, Action> {
  const move = (sale: Sale, id: string, from: string, to: string, freed: boolean): Sale | null => {
    const order = sale.orders.get(id)
    if (order?.status !== from) return null
    return {
      free: sale.free + (freed ? order.quantity : 0),
      orders: new Map(sale.orders).set(id, { ...order, status: to }),
    }
  }
  return {
    initial: { free: capacity, orders: new Map() },
    keyOf: ({ free, orders }) => `${free} ${[...orders].map(([id, { status }]) => `${id}${status}`)
      .sort().join(' ')}`,
    step (sale, action) {
      if (action.kind === 'available') return action.count === sale.free ? sale : null
      if (action.kind === 'look') {
        return sale.orders.get(action.order)?.status === action.status ? sale : null
      }
      if (action.kind === 'hold') return hold(sale, action.order, action.quantity)
      if (action.kind === 'expire') return move(sale, action.order, 'pending', 'expired', true)
      const status = sale.orders.get(action.order)?.status
      if (!action.done) return status === 'pending' ? null : sale
      if (action.kind === 'cancel') return move(sale, action.order, 'pending', 'canceled', true)
      // Who pays for what somebody else has just paid sees it completed, too.
      return status === 'completed' ? sale
        : move(sale, action.order, 'pending', 'completed', false)
    },
  }
}

function hold (sale: Sale, order: string | null, quantity: number): Sale | null {
  if (order === null) return sale.free < quantity ? sale : null
  if (sale.free < quantity || sale.orders.has(order)) return null
  return {
    free: sale.free - quantity,
    orders: new Map(sale.orders).set(order, { quantity, status: 'pending' }),
  }
}
