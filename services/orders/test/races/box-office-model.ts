import { createCollector, type Collector } from '@fermata/platform/collector'
import { allocate } from '../../rules/allocate.ts'
import { partByPass, usesOf, type PassForSale } from '../../rules/pass-uses.ts'
import { settlePayment, takeAgain } from '../../rules/settle-payment.ts'
import type { Decision, Purchased, Request, Stock } from '../../rules/stock.ts'
import type { Scheduler } from './scheduler.ts'
import type { OrderRow, StockRoom } from './stock-room.ts'

/**
 * Every way in which stock is taken or given back, with the product's own collector and rules and
 * the product's transaction boundaries: where the real ones wait for the database, these pause.
 */

export interface Wish {
  request: Request & { buyer: NonNullable<Request['buyer']> }
  pass: PassForSale | null
}
export type Reply = { placed: OrderRow } | { refused: string }

export interface Counts {
  /** Requests for scarce stock that the guard decided. */
  attempts: number
  /** Those of them that were decided while another request or transaction was under way. */
  contested: number
}

export interface BoxOffice {
  /** One for each replica: the front doors of web and API lead to any of them. */
  sell: ((wish: Wish) => Promise<Reply>)[]
  cancel: (order: OrderRow) => Promise<boolean>
  expireDue: () => Promise<void>
  /** A payment that succeeded, however late. */
  pay: (order: OrderRow, payment_id: string) => Promise<void>
  refund: (order: OrderRow) => Promise<void>
  setCapacity: (pool_id: string, capacity: number) => Promise<void>
  setMaxUses: (promo_id: string, max_uses: number) => Promise<void>
}

export interface BoxOfficeOptions {
  scheduler: Scheduler
  room: StockRoom
  counts: Counts
  replicas: number
  /** False in the negative control: sales take no lock and set counters from what they read. */
  guarded: boolean
  hold_ms: number
  max_batch: number
}

/** The model's buyers have no address. */
const no_shares = {
  network_share_percent: 100, max_per_buyer: 0, unsold: new Map(), open_holds: [], earlier: [],
}
const event = { id: 'event', status: 'published' as const, ends_at: '2099-01-01T00:00:00.000Z' }

export function createBoxOffice (options: BoxOfficeOptions): BoxOffice {
  const { scheduler: { pause }, room, counts } = options
  /** Requests that wait for their answer, and transactions of other kinds. */
  let in_flight = 0
  let last_id = 0

  async function behindLock<T> (work: () => Promise<T>): Promise<T> {
    await pause()
    await room.lock()
    try {
      return await work()
    } finally {
      await pause()
      room.unlock()
    }
  }

  async function asOneOfMany<T> (work: () => Promise<T>): Promise<T> {
    in_flight++
    try {
      return await work()
    } finally {
      in_flight--
    }
  }

  function decided (number: number): void {
    counts.attempts += number
    if (in_flight > 1) counts.contested += number
  }

  /** What a sale reads, statement by statement: another transaction may commit in between. */
  async function readStock (wishes: Wish[]) {
    await pause()
    const now = new Date(room.now()).toISOString()
    const pools = [...room.pools.values()].map(pool => ({ ...pool }))
    await pause()
    const promos = new Map([...room.promos.values()].map(promo => [promo.code, { ...promo }]))
    await pause()
    const { allowed, refused } = partByPass(wishes,
      [...room.pass_uses.values()].map(use => ({ ...use })))
    await pause()
    const stock: Stock = { now, event, ticket_types: room.types, promos,
      purchases: purchasesOf(room), fairness: no_shares,
      left: new Map(pools.map(({ id, capacity, held, sold }) => [id, capacity - held - sold])) }
    return { pools, stock, allowed, refused }
  }

  /** The same steps as `sellBehindLock` in sell-batch.ts. */
  async function sellOnce (wishes: Wish[], reclaim: boolean): Promise<Reply[] | null> {
    const { pools, stock, allowed, refused } = await readStock(wishes)
    const decisions = allocate(stock, allowed.map(({ request }) => request))
    if (reclaim && decisions.some(one => !one.sold) && dueOf(room).length > 0) return null
    decided(wishes.length)
    await pause()
    const replies = new Map<Wish, Reply>()
    const placed: OrderRow[] = []
    allowed.forEach((wish, index) => {
      const decision = decisions[index]!
      const reply = replyTo(wish, decision)
      replies.set(wish, reply)
      if ('placed' in reply) placed.push(reply.placed)
    })
    for (const [wish, why] of refused) replies.set(wish, { refused: why })
    await pause()
    room.commit({
      placed,
      pass_uses: usesOf(allowed.filter(wish => 'placed' in replies.get(wish)!)),
      ...(!options.guarded && { overwritten: overwrittenBy(placed, pools, stock) }),
    })
    return wishes.map(wish => replies.get(wish)!)
  }

  function replyTo ({ request, pass }: Wish, decision: Decision): Reply {
    if (!decision.sold) return { refused: decision.refusal.reason }
    const { taken, promo, total_minor } = decision
    return { placed: {
      id: `order ${++last_id}`, status: total_minor === 0 ? 'completed' : 'pending',
      buyer: request.buyer, items: request.items, taken, payment_id: null,
      promo: promo && { id: promo.id, uses: promo.uses }, place: pass?.place ?? null,
      expires_at: room.now() + options.hold_ms } }
  }

  async function sellBatch (wishes: Wish[]): Promise<Reply[]> {
    const once = (reclaim: boolean) => options.guarded
      ? behindLock(() => sellOnce(wishes, reclaim)) : sellOnce(wishes, reclaim)
    const replies = await once(true)
    if (replies) return replies
    await expireDue()
    return (await once(false))!
  }

  function move (orders: OrderRow[], to: OrderRow['status'], payment_id?: string): void {
    room.commit({ moved: orders.map(order => ({ order, to, payment_id })) })
  }

  const expireDue = async () => {
    const found = dueOf(room)
    if (found.length > 0) {
      await behindLock(async () => {
        await pause()
        move(found.filter(order => order.status === 'pending'), 'expired')
      })
    }
  }

  const change = <T>(work: () => Promise<T>) => asOneOfMany(() => behindLock(work))

  const pay = (order: OrderRow, payment_id: string) => change(async () => {
    await pause()
    const paid = { total_minor: 1, currency: 'EUR' }
    const settlement = settlePayment({ ...order, ...paid, event_canceled: false },
      { payment_id, amount_minor: 1, currency: 'EUR' })
    await pause()
    if (settlement === 'complete') move([order], 'completed', payment_id)
    else if (settlement === 'refund') move([order], 'refunded', payment_id)
    else if (settlement === 'take_again') {
      decided(1)
      const fits = takeAgain(remainingOf(room), [lateOrderOf(room, order)], purchasesOf(room))[0]!
      await pause()
      move([order], fits ? 'completed' : 'refunded', payment_id)
    }
  })

  return {
    sell: Array.from({ length: options.replicas }, () => {
      const collector = createSaleCollector(options, sellBatch)
      return wish => asOneOfMany(() => collector.add(laneOf(options, ++last_id), wish))
    }),
    expireDue, pay,
    cancel: order => change(async () => {
      await pause()
      const may_end = order.status === 'pending'
      if (may_end) move([order], 'canceled')
      return may_end
    }),
    refund: order => change(async () => {
      await pause()
      if (order.status === 'completed') move([order], 'refunded')
    }),
    setCapacity: (pool_id, capacity) => change(async () => {
      const { held, sold } = room.pools.get(pool_id)!
      await pause()
      if (capacity >= held + sold) room.commit({ capacities: [{ pool_id, capacity }] })
    }),
    setMaxUses: (promo_id, max_uses) => change(async () => {
      const { used } = room.promos.get(promo_id)!
      await pause()
      if (max_uses >= used) room.commit({ max_uses: [{ promo_id, max_uses }] })
    }),
  }
}

const createSaleCollector = (
  { max_batch }: BoxOfficeOptions, sellBatch: (wishes: Wish[]) => Promise<Reply[]>
): Collector<Wish, Reply> => createCollector({
  serve: (_lane, wishes) => sellBatch(wishes), full: () => new Error('The queue is full'),
  isHopeless: () => true, max_batch, max_waiting_per_lane: 4096, max_waiting: 4096, max_parallel: 6,
})

/** In the control nobody waits for anybody, as in a shop without a collector. */
const laneOf = ({ guarded }: BoxOfficeOptions, number: number) =>
  guarded ? event.id : String(number)

const dueOf = (room: StockRoom) => {
  const now = room.now()
  return [...room.orders.values()].filter(one => one.status === 'pending' && one.expires_at <= now)
}

/** What everybody holds and owns of limited types. */
const purchasesOf = (room: StockRoom): Purchased[] =>
  [...room.orders.values()].filter(({ status }) => status === 'pending' || status === 'completed')
    .flatMap(limitedOf(room))

const limitedOf = (room: StockRoom) => ({ buyer, items }: OrderRow): Purchased[] =>
  items.filter(({ ticket_type_id }) => room.types.get(ticket_type_id)!.max_per_buyer !== null)
    .map(item => ({ ...buyer, ...item }))

/** As `findDraws` reads it: the budget of a promo code is one more pool. */
function remainingOf (room: StockRoom): Map<string, number> {
  const pools = [...room.pools.values()].map(({ id, capacity, held, sold }) =>
    [id, capacity - held - sold] as const)
  const promos = [...room.promos.values()].map(({ id, max_uses, used }) =>
    [id, max_uses! - used] as const)
  return new Map([...pools, ...promos])
}

function lateOrderOf (room: StockRoom, order: OrderRow) {
  const draw = new Map(order.taken)
  if (order.promo) draw.set(order.promo.id, order.promo.uses)
  return { draw, limited: limitedOf(room)(order).map(one =>
    ({ ...one, max_per_buyer: room.types.get(one.ticket_type_id)!.max_per_buyer! })) }
}

/** As the control of sell-batch.ts writes: from what was read, kept within the constraint. */
function overwrittenBy (
  placed: OrderRow[], pools: { id: string, capacity: number, held: number, sold: number }[],
  { promos }: Stock
) {
  const touched = new Set(placed.flatMap(order => [...order.taken.keys()]))
  const used = new Map<string, number>()
  for (const { promo } of placed) {
    if (promo) used.set(promo.id, (used.get(promo.id) ?? 0) + promo.uses)
  }
  const read = new Map([...promos.values()].map(promo => [promo.id, promo]))
  return {
    pools: pools.filter(pool => touched.has(pool.id)).map(pool => {
      const taken = placed.reduce((sum, order) => sum + (order.taken.get(pool.id) ?? 0), 0)
      return { ...pool, held: Math.min(pool.held + taken, pool.capacity - pool.sold) }
    }),
    promos: new Map([...used].map(([id, uses]) =>
      [id, Math.min(read.get(id)!.used + uses, read.get(id)!.max_uses!)])),
  }
}
