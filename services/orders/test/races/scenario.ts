import { mailboxOf } from '@fermata/contracts/mailboxes'
import { orders_per_pass } from '../../rules/pass-uses.ts'
import type { PromoForSale, TicketTypeForSale } from '../../rules/stock.ts'
import type { Purchase } from '../../sell-batch.ts'
import { createBoxOffice, type BoxOffice, type Counts, type Payment } from './box-office.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'
import { createStockRoom, drawOf, hasTickets, type Broken, type StockRoom } from './stock-room.ts'

/**
 * One sale: buyers on several replicas, organisers, payments that come when they
 * like, refunds and sweepers, all at once, in an order that the seed alone decides.
 */

export interface Outcome extends Counts {
  seed: number
  broken: Broken
  /** Whether this sale had a waiting room, without which no pass can be used too often. */
  has_room: boolean
  /** Counters that differ from the orders they count; must be empty but in the control. */
  disagreements: string[]
  acknowledged: number
  refused: Record<string, number>
}

export interface ScenarioOptions { unguarded: boolean, attempts_per_seed: number }

const lanes = 32
const replicas = 3
const people = 4
/** Of the waiting room that have their turn at a time; others follow as these have bought. */
const turns = 4
/** Of the clock of the room, which moves a second with each look. */
const hold_ms = 60_000
/** Larger ones would hide what a batch forgets from the next; smaller ones hide it within. */
const max_batch = 8
/** Looks of the sweeper and changes of an organiser, for each hundred attempts. */
const side_acts = 4

const always = { valid_from: null, valid_until: null, ticket_type_ids: [] }

/** Two types on pools of their own, a shared one and that of the event; two codes with budgets. */
function stockOf ({ random }: Scheduler) {
  const type = (
    id: string, pool_ids: string[], max_per_buyer: number | null
  ): TicketTypeForSale => ({
    id, name: id, price_minor: 1000, currency: 'EUR', pricing: 'fixed', min_price_minor: 0,
    tiers: [], access_code: null, sales_start: null, sales_end: null, min_per_order: 1,
    max_per_order: 4, max_per_buyer, capacity: 1000, pool_ids })
  const promo = (id: string, percent: number, counts: 'orders' | 'tickets'): PromoForSale => ({
    ...always, id, code: id.toUpperCase(), percent, amount_minor: null, counts, used: 0,
    max_uses: 3 + random(8) })
  const pool = (id: string, capacity: number) => ({ id, capacity, held: 0, sold: 0 })
  return {
    pools: [pool('adult', 12 + random(20)), pool('child', 8 + random(12)),
      pool('room', 16 + random(20)), pool('event', 18 + random(20))],
    types: [type('adult', ['adult', 'room', 'event'], null),
      type('child', ['child', 'room', 'event'], 3 + random(3))],
    // The second makes tickets free, and a free order is sold from the start.
    promos: [promo('spring', 10, random(2) ? 'orders' : 'tickets'), promo('gift', 100, 'tickets')],
    has_room: random(2) === 0,
  }
}

function purchaseOf ({ random }: Scheduler, place: number | null): Purchase {
  const person = random(people)
  const kinds = random(6)
  const items = [...(kinds > 1 ? ['adult'] : []), ...(kinds < 4 ? ['child'] : [])]
    .map(ticket_type_id => ({ ticket_type_id, quantity: 1 + random(3) }))
  const promo_code = ['SPRING', 'GIFT', undefined, undefined][random(4)]
  // One person writes the address in many ways, signed in or not.
  const user_id = random(2) ? `user ${random(people)}` : null
  const email = `${random(2) ? 'Guest' : 'guest'}${person}+${random(9)}@example.net`
  return {
    request: { items, promo_code, buyer: { user_id, email_key: mailboxOf(email) },
      asker: { network: 'network', mailbox: 'mailbox', visitor: null, user_id } },
    buyer: { name: 'Guest', email, locale: 'en' }, sender: () => ({ network: 'network' }),
    request_id: 'request', idempotency: null,
    pass: place === null ? null : { place, buyer: null, has_expired: false },
  }
}

/** What becomes of an order that was placed: most ways that there are in real life. */
async function liveOn (
  { random, pause }: Scheduler, office: BoxOffice, payment: Payment
): Promise<void> {
  const { order_id } = payment
  const fate = random(10)
  const wait = async (times: number) => { for (let left = times; left > 0; left--) await pause() }
  await wait(random(12))
  if (fate < 3) await office.cancel(order_id)
  if (fate >= 3 && fate < 8) {
    // Long enough for the hold to end and the tickets to be sold to others.
    if (fate > 5) await wait(30 + random(60))
    // A refund may be heard of before its payment.
    if (fate === 7 && random(4) === 0) await office.refund(payment)
    // A buyer may pay while giving up, and twice; a provider may tell of all of it twice.
    const again = { ...payment, payment_id: `${payment.payment_id}, again` }
    const is_hasty = fate === 4
    await Promise.all([office.pay([payment]), ...(is_hasty ? [office.cancel(order_id)] : [])])
    if (is_hasty) await office.pay([payment, again])
    if (random(3) > 0) {
      await Promise.all(Array.from({ length: is_hasty ? 2 : 1 }, () => office.refund(payment)))
    }
  }
  if (fate > 6) {
    await wait(60)
    await office.reachDeadlines([order_id])
  }
}

export async function runScenario (seed: number, options: ScenarioOptions): Promise<Outcome> {
  const scheduler = createScheduler(seed)
  const { random, pause, start } = scheduler
  const room = createStockRoom(scheduler, stockOf(scheduler))
  const counts: Counts = { attempts: 0, contested: 0, reclaimed: 0, told: {} }
  const office = createBoxOffice({ scheduler, room, counts, replicas, hold_ms, max_batch,
    unguarded: options.unguarded })
  const { has_room } = room
  const refused: Record<string, number> = {}
  const by_place = new Map<number, number>()
  let acknowledged = 0
  const placeOf = () => has_room ? (acknowledged >> 1) + random(turns) : null
  const is_over = () => counts.attempts >= options.attempts_per_seed

  async function buy (): Promise<void> {
    const purchase = purchaseOf(scheduler, placeOf())
    const outcome = await office.sell[random(replicas)]!(purchase)
    if (outcome.kind !== 'placed') {
      const why = outcome.kind === 'refused' ? outcome.refusal.reason
        : outcome.kind === 'pass_refused' ? outcome.reason : outcome.kind
      refused[why] = (refused[why] ?? 0) + 1
      return
    }
    if (purchase.pass) {
      const orders = (by_place.get(purchase.pass.place) ?? 0) + 1
      by_place.set(purchase.pass.place, orders)
      if (orders > orders_per_pass) room.broken.pass++
    }
    const { id: order_id, total_minor: amount_minor } = outcome.order
    start(() => liveOn(scheduler, office,
      { order_id, amount_minor, payment_id: `payment ${++acknowledged}` }))
  }
  /** Comes again and again while there is a sale. */
  const besides = (work: () => Promise<void>, waits: number) => start(async () => {
    while (!is_over()) {
      for (let wait = waits; wait > 0; wait--) await pause()
      await work()
    }
  })

  for (let lane = 0; lane < lanes; lane++) besides(buy, 0)
  besides(office.sweep, 100 / side_acts)
  besides(office.tell, 100 / side_acts)
  besides(() => organize(scheduler, office, room), 100 / side_acts)
  await scheduler.run()
  return { seed, ...counts, broken: room.broken, has_room, acknowledged, refused,
    disagreements: disagreementsOf(room) }
}

/** An organiser makes halls and budgets larger and smaller while they sell. */
async function organize ({ random }: Scheduler, office: BoxOffice, room: StockRoom): Promise<void> {
  const pools = [...room.pools.values()]
  const promos = [...room.promos.values()]
  const by = random(9) - 4
  if (random(3) > 0) {
    const { id, capacity } = pools[random(pools.length)]!
    await office.setCapacity(id, Math.max(4, Math.min(60, capacity + by)))
  } else {
    const { id, max_uses } = promos[random(promos.length)]!
    await office.setMaxUses(id, Math.max(1, Math.min(20, max_uses! + by)))
  }
}

/** Every counter against the orders that it counts. */
function disagreementsOf (room: StockRoom): string[] {
  const orders = [...room.orders.values()].filter(order => hasTickets(order, room.released_up_to))
  const taken = (status: string, pool: string) => orders.reduce((sum, order) =>
    sum + (order.status === status ? drawOf(room, order).get(pool) ?? 0 : 0), 0)
  const pools = [...room.pools.values()].filter(({ id, held, sold }) =>
    held !== taken('pending', id) || sold !== taken('completed', id)).map(({ id }) => `pool ${id}`)
  const promos = [...room.promos.values()].filter(({ id, used }) => used !== orders
    .reduce((sum, { promo }) => sum + (promo?.promo_code_id === id ? promo.uses : 0), 0))
    .map(({ id }) => `promo code ${id}`)
  return [...pools, ...promos]
}
