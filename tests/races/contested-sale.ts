import type { Answer, Call } from '@fermata/contracts/client'
import { updateEvent } from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import { listPayments, refundPayment, startPayment } from '@fermata/contracts/payments'
import { createRandom } from '@fermata/testkit/random'
import type { ContestedEvent } from './contested-event.ts'
import { readSums, type Sums } from './queries.ts'
import type { TwoProcesses } from './two-processes.ts'

/**
 * A crowd at both doors of one event, and everybody else who moves its stock. The seed decides what
 * is asked and by whom; who comes first, the machine decides.
 */

export interface SaleOptions {
  shop: TwoProcesses
  event: ContestedEvent
  seed: number
  attempts: number
  /** False in the control: without a guard counters are wrong, and what moves them would fail. */
  others: boolean
}

export interface SaleOutcome {
  /** Requests for stock that the guard decided: answers but those that repeat an earlier one. */
  attempts: number
  replayed: number
  acknowledged: string[]
  /** Answers to the same key that name different orders. */
  contradicted: number
  /** By status or, where refused, by type of the problem. */
  answers: Record<string, number>
  /** The worst of each sum over all looks while it went on. */
  worst: Partial<Sums>
}

const lanes = 24
const people = 5
const look_every_ms = 150
const organize_every_ms = 80
const longest_wait_ms = 250
const most_asked = 20
const ask_again_ms = 100

type Random = (below: number) => number

const sleep = (ms: number) => new Promise<void>(resolve => { setTimeout(resolve, ms) })

export async function sell (options: SaleOptions): Promise<SaleOutcome> {
  const { shop, event, attempts, others } = options
  const random = createRandom(options.seed)
  const outcome: SaleOutcome = { attempts: 0, replayed: 0, acknowledged: [], contradicted: 0,
    answers: {}, worst: {} }
  const lives: Promise<void>[] = []
  let begun = 0
  let is_over = false

  async function buy (): Promise<void> {
    while (begun < attempts) {
      const wish = wishOf(event, random)
      const headers = { 'idempotency-key': `races-${options.seed}-${++begun}` }
      // One in four is impatient and asks at both doors at once.
      const doors = random(4) === 0 ? [0, 1] : [random(2)]
      const answers = await Promise.all(doors.map(door =>
        ask(shop.doors[door]!, wish, headers, others ? most_asked : 1)))
      const placed = enter(outcome, answers)
      // Whatever else is asked for an order may fail; what it did is seen in the sums.
      if (placed && others) lives.push(liveOn(shop, placed, random).catch(() => {}))
    }
  }

  const looking = others ? whileNot(() => is_over, look_every_ms, async () => {
    const sums = await readSums(shop, event.id)
    for (const name of ['oversold', 'miscounted', 'overspent', 'mispent', 'over_limit', 'overused_passes'] as const) {
      outcome.worst[name] = Math.max(outcome.worst[name] ?? 0, sums[name])
    }
  }) : undefined
  const organizing = others ? whileNot(() => is_over, organize_every_ms, () =>
    organize(shop, event, random).catch(() => {})) : undefined
  try {
    await allOf(Array.from({ length: lanes }, buy))
    await Promise.all(lives)
  } finally {
    is_over = true
    await Promise.allSettled([looking, organizing])
  }
  await looking
  return outcome
}

/** All have ended before the failure of one is told, so that none goes on in a closed shop. */
export async function allOf<T> (running: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(running)
  return Promise.all(running)
}

async function whileNot (
  isOver: () => boolean, every_ms: number, act: () => Promise<void>
): Promise<void> {
  while (!isOver()) {
    await act()
    await sleep(every_ms)
  }
}

/** Who is told that nobody knows, or is told nothing, asks again with the same key. */
async function ask (
  call: Call, body: orders.NewOrder, headers: Record<string, string>, most: number
): Promise<Answer<typeof orders.placeOrder>> {
  for (let again = 1; ; again++) {
    const answer = await call(orders.placeOrder, { body, headers }).catch((error: unknown) => {
      if (again === most) throw error
    })
    if (answer && (answer.status < 500 || again === most)) return answer
    await sleep(ask_again_ms)
  }
}

function wishOf (event: ContestedEvent, random: Random): orders.NewOrder {
  const kinds = random(6)
  const types = [...(kinds > 1 ? [event.adult] : []), ...(kinds < 4 ? [event.child] : [])]
  const place = random(event.passes?.length ?? people)
  // A pass is bound to the address that first used it; without one a person has many spellings.
  const email = event.passes ? `guest${place}@example.net`
    : `${random(2) ? 'Guest' : 'guest'}${place}+${random(9)}@example.net`
  const promo_code = ['spring', 'GIFT', undefined, undefined][random(4)]
  return {
    event_id: event.id,
    items: types.map(ticket_type_id => ({ ticket_type_id, quantity: 1 + random(2) })),
    buyer: { name: `Guest ${place}`, email, locale: 'en' },
    ...(promo_code && { promo_code }), ...(event.passes && { queue_pass: event.passes[place]! }),
  }
}

/** @returns the order that was placed, once, however often it was asked for */
function enter (
  outcome: SaleOutcome, answers: Answer<typeof orders.placeOrder>[]
): orders.PlacedOrder | undefined {
  const placed: orders.PlacedOrder[] = []
  for (const answer of answers) {
    const name = answer.ok ? '201' : answer.problem.type.replace('/problems/', '')
    outcome.answers[name] = (outcome.answers[name] ?? 0) + 1
    if (answer.ok) placed.push(answer.body)
    if (answer.headers.get('idempotency-replayed')) outcome.replayed++
    else if (answer.ok || answer.status === 409 || answer.status === 403) outcome.attempts++
  }
  if (new Set(placed.map(order => order.id)).size > 1) outcome.contradicted++
  if (placed[0]) outcome.acknowledged.push(placed[0].id)
  return placed[0]
}

/** What becomes of an order: given up, paid in time or late, refused by the bank, refunded, left. */
async function liveOn (
  shop: TwoProcesses, order: orders.PlacedOrder, random: Random
): Promise<void> {
  const fate = random(10)
  const door = random(2)
  const call = shop.callAs(door, order.access_token)
  await sleep(random(longest_wait_ms))
  if (fate < 3) await call(orders.cancelOrder, { params: { id: order.id } })
  if (fate < 2 || fate > 8) return
  const test_card = (['success', 'success', 'success', 'late', 'late', 'declined'] as const)[random(6)]!
  const started = await call(startPayment,
    { body: { order_id: order.id, provider: 'simulated', method: { test_card } } })
  if (!started.ok || fate < 6) return
  // Refused while the payment is not through; then it just stays paid.
  await sleep(random(longest_wait_ms) + longest_wait_ms)
  const payments = await call(listPayments, { query: { order_id: order.id } })
  const payment = payments.ok ? payments.body.items[0] : undefined
  if (!payment) return
  const organizer = await shop.organizer(1 - door)
  await organizer(refundPayment, { params: { id: payment.id }, body: {} })
}

/** Halls and budgets become larger and smaller while they sell; what is too small is refused. */
async function organize (
  shop: TwoProcesses, event: ContestedEvent, random: Random
): Promise<void> {
  const call = await shop.organizer(random(2))
  const kind = random(4)
  if (kind === 0) {
    await call(updateEvent, { params: { id: event.id },
      body: { ticket_capacity: event.capacity - 8 + random(16) } })
  } else if (kind === 1) {
    await call(orders.updatePromoCode, { params: { id: event.promo_ids[random(2)]! },
      body: { max_uses: 4 + random(10) } })
  } else {
    const id = kind === 2 ? event.adult : event.child
    await call(orders.updateTicketType, { params: { id }, body: { capacity: 10 + random(30) } })
  }
}
