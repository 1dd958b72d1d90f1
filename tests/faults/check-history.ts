import type { Line } from './history.ts'

/** Compares what clients were told with the rows that are there. Pure, so that its own controls are cheap. */

export interface FoundOrder {
  id: string, status: string, seats: number, tickets: number
  hold_is_over: boolean
}

export interface Found {
  orders: FoundOrder[]
  pool: { capacity: number, held: number, sold: number }
  keys: number
}

export interface Promises {
  /** Request to the order it was given first. */
  acked: Map<string, string>
  paying: Set<string>
  seen: Map<string, Set<string>>
  /** Requests without a last answer: their orders may be there or not. */
  open: Set<string>
  contradictions: string[]
}

export function readPromises (history: readonly Line[]): Promises {
  const told: Promises = {
    acked: new Map(), paying: new Set(), seen: new Map(), open: new Set(), contradictions: [] }
  for (const line of history) {
    if (line.what === 'sent') told.open.add(line.request)
    if (line.what === 'refused') told.open.delete(line.request)
    if (line.what === 'paying') told.paying.add(line.order_id)
    if (line.what === 'seen') {
      told.seen.set(line.order_id, (told.seen.get(line.order_id) ?? new Set()).add(line.status))
    }
    if (line.what !== 'acked') continue
    told.open.delete(line.request)
    const first = told.acked.get(line.request) ?? line.order_id
    told.acked.set(line.request, first)
    if (first !== line.order_id) {
      told.contradictions.push(`Request ${line.request} was given ${first}, then ${line.order_id}`)
    }
  }
  return told
}

/** @returns a sentence for each promise that was not kept and each sum that does not agree */
export function checkHistory (history: readonly Line[], found: Found): string[] {
  const { acked, paying, seen, open, contradictions } = readPromises(history)
  const orders = new Map(found.orders.map(order => [order.id, order]))
  const wrong = [...contradictions]
  for (const id of new Set(acked.values())) {
    const order = orders.get(id)
    if (!order) {
      wrong.push(`Order ${id} was acknowledged and is not there`)
      continue
    }
    // Nobody gave these up, so they wait, are paid, or their hold has ended.
    const has_ended = order.status === 'expired' && order.hold_is_over
    if (order.status !== 'pending' && order.status !== 'completed' && !has_ended) wrong.push(`Order ${id} became ${order.status}`)
    if (seen.get(id)?.has('completed') && order.status !== 'completed') wrong.push(`Order ${id} was completed and is ${order.status}`)
    if (paying.has(id) && order.status !== 'completed') wrong.push(`Order ${id} was paid and is ${order.status}`)
    if (order.status === 'completed' && order.tickets !== order.seats) {
      wrong.push(`Order ${id} has ${order.seats} seats and ${order.tickets} tickets`)
    }
  }
  return [...wrong, ...checkSums(found, new Set(acked.values()), open.size)]
}

function checkSums ({ orders, pool, keys }: Found, acked: Set<string>, open: number): string[] {
  const seatsOf = (status: string) => orders.reduce((sum, order) =>
    sum + (order.status === status ? order.seats : 0), 0)
  const sums = [
    ['held', pool.held, seatsOf('pending')], ['sold', pool.sold, seatsOf('completed')],
    ['keys', keys, orders.length],
  ] as const
  const wrong = sums.filter(([, is, should]) => is !== should)
    .map(([name, is, should]) => `${name} is ${is}, and its orders add up to ${should}`)
  if (pool.held + pool.sold > pool.capacity) wrong.push('More is held and sold than there is')
  const unknown = orders.filter(order => !acked.has(order.id)).length
  if (unknown > open) {
    wrong.push(`${unknown} orders that nobody was told of, and ${open} requests without an answer`)
  }
  return wrong
}
