import type { OrderStatus } from '@fermata/contracts/orders'

/** The life of an order: from each state to what it may become. Everything else is refused. */
const transitions: Record<OrderStatus, readonly OrderStatus[]> = {
  pending: ['completed', 'canceled', 'expired'],
  // Paid after the end of the hold: the same tickets if they are still there, else the money back.
  expired: ['completed', 'refunded'],
  // Paid while it was being canceled.
  canceled: ['refunded'],
  completed: ['refunded'],
  refunded: [],
}

export const mayBecome = (from: OrderStatus, to: OrderStatus) => transitions[from].includes(to)

/** Where the tickets of an order in this state are counted. */
const counted: Record<OrderStatus, 'held' | 'sold' | null> = {
  pending: 'held', completed: 'sold', canceled: null, expired: null, refunded: null,
}

/**
 * What a pool holds and has sold more than before, for each ticket of an order that changes its
 * state.
 */
export function stockChange (from: OrderStatus, to: OrderStatus): { held: number, sold: number } {
  const change = { held: 0, sold: 0 }
  const [leaves, enters] = [counted[from], counted[to]]
  if (leaves) change[leaves] -= 1
  if (enters) change[enters] += 1
  return change
}
