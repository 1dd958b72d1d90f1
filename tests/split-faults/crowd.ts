import { createClient } from '@fermata/contracts/client'
import { placeOrder } from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import { buyer } from '../end-to-end/sell.ts'

/** Buyers whose history is kept outside the system: what they were told is what must be true. */

export interface Told {
  order_id: string
  quantity: number
  /** Whether they were told that their payment is being made. */
  paid: boolean
  /** When they were told of the order, by `performance.now()`. */
  at_ms: number
}

export interface Crowd {
  /** What they were told so far. */
  history: Told[]
  /** How many requests had no success, which a fault explains. */
  failures: () => number
  /** Resolves when the last of them has its answer. */
  stop: () => Promise<void>
}

const buyers = 8
/** Between two purchases, and before one who meets a fault asks again. */
const pause_ms = 100
const answer_within_ms = 20_000

/** Numbers from 0 to 1 that a seed repeats: mulberry32. */
export function seeded (seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = state + 0x6D2B79F5 >>> 0
    let mixed = Math.imul(state ^ state >>> 15, state | 1)
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61)
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
  }
}

/** Buys and pays until it is stopped. Each buyer waits for an answer before they go on. */
export function startCrowd (
  url: string, event: { event_id: string, ticket_type_id: string }, random: () => number
): Crowd {
  const history: Told[] = []
  let failures = 0
  let stopping = false
  const callAs = (token?: string) => createClient({
    base_url: url, timeout_ms: answer_within_ms, fetch: (address, init) => fetch(address, init),
    headers: token ? { authorization: `Bearer ${token}` } : {},
  }).call

  async function buy (): Promise<void> {
    const quantity = 1 + Math.floor(random() * 3)
    const placed = await callAs()(placeOrder, { body: {
      event_id: event.event_id, buyer: buyer(),
      items: [{ ticket_type_id: event.ticket_type_id, quantity }],
    } })
    if (!placed.ok) throw new Error(String(placed.status))
    const told: Told = { order_id: placed.body.id, quantity, paid: false, at_ms: performance.now() }
    history.push(told)
    // Some think it over.
    if (random() < 0.2) return
    const started = await callAs(placed.body.access_token)(startPayment, { body: {
      order_id: told.order_id, provider: 'simulated', method: { test_card: 'success' } } })
    if (!started.ok) throw new Error(String(started.status))
    told.paid = true
  }

  const running = Promise.all(Array.from({ length: buyers }, async () => {
    while (!stopping) {
      await buy().catch(() => { failures++ })
      await new Promise(resolve => setTimeout(resolve, pause_ms))
    }
  }))
  return {
    history, failures: () => failures,
    async stop () {
      stopping = true
      await running
    },
  }
}
