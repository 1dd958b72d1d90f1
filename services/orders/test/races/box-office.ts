import type { DataOf, EventDefinition } from '@fermata/contracts/define'
import type { deadlineReached } from '@fermata/contracts/expiration'
import { wrongState } from '@fermata/contracts/orders'
import type { paymentRefunded, paymentSucceeded } from '@fermata/contracts/payments'
import { createCollector, type Collector } from '@fermata/platform/collector'
import type { EventOf } from '@fermata/platform/messages'
import { Problem } from '@fermata/platform/problem'
import type { Ctx, Handler } from '../../context.ts'
import { cancelOrder } from '../../operations/cancel-order.ts'
import { completeOrders } from '../../operations/complete-orders.ts'
import { expireOrders, sweepHolds, tellExpired } from '../../operations/expire-orders.ts'
import { refundOrders } from '../../operations/refund-orders.ts'
import { sellBatch, type Outcome, type Purchase } from '../../sell-batch.ts'
import { createMemoryOrders } from './memory-orders.ts'
import { createMemorySales, facts } from './memory-sales.ts'
import type { Scheduler } from './scheduler.ts'
import type { StockRoom } from './stock-room.ts'

/**
 * The product's own steps by which stock is taken or given back, on stores in memory. Only what an
 * organiser changes is written here: by the lock that the product takes for it.
 */

export interface Payment { payment_id: string, order_id: string, amount_minor: number }

export interface Counts {
  /** Requests for scarce stock that were decided. */
  attempts: number
  /** Those of them that were decided while another request or transaction was under way. */
  contested: number
  /** Sales that began again, since holds that were over came first. */
  reclaimed: number
  /** Events by their type, so that it is seen which steps were taken. */
  told: Record<string, number>
}

export interface BoxOffice {
  /** One for each replica: the front doors of web and API lead to any of them. */
  sell: ((purchase: Purchase) => Promise<Outcome>)[]
  /** @returns whether it could still be canceled */
  cancel: (order_id: string) => Promise<boolean>
  sweep: () => Promise<void>
  tell: () => Promise<void>
  reachDeadlines: (order_ids: string[]) => Promise<void>
  /** Payments that succeeded, however late, as one batch of events. */
  pay: (payments: Payment[]) => Promise<void>
  refund: (payment: Payment) => Promise<void>
  setCapacity: (pool_id: string, capacity: number) => Promise<void>
  setMaxUses: (promo_id: string, max_uses: number) => Promise<void>
}

export interface BoxOfficeOptions {
  scheduler: Scheduler
  room: StockRoom
  counts: Counts
  replicas: number
  /** In the negative control sales take no lock and set counters from what they read. */
  unguarded: boolean
  hold_ms: number
  max_batch: number
}

export function createBoxOffice (options: BoxOfficeOptions): BoxOffice {
  const { scheduler, room, counts, unguarded } = options
  /** Requests that wait for their answer, and transactions of other kinds. */
  let in_flight = 0
  let last_id = 0

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

  const sales = createMemorySales(room, scheduler, counts, { unguarded })
  const orders = createMemoryOrders(room, scheduler, decided)
  const contexts = Array.from({ length: options.replicas }, (_, index) =>
    contextOf(options, { sales, orders, seller: `process ${index}` }))
  const ctx = contexts[0]!

  const handle = <E extends EventDefinition>(handler: Handler<E>, data: DataOf<E>[]) =>
    asOneOfMany(() => orders.transaction(tx => handler(ctx, tx, data.map(eventOf))))
  const eventOf = <D>(data: D): EventOf<EventDefinition> & { data: D } =>
    ({ id: `event ${++last_id}`, data, request_id: null, created_at: room.now() })
  /** Behind the event's lock, as an organiser's change is. */
  const change = (work: () => void, smaller: string) =>
    asOneOfMany(() => orders.transaction(async tx => {
      await orders.store.lockEvents(tx, [facts.id])
      await scheduler.pause()
      room.commit({ write: work, smaller: [smaller] })
    }))

  return {
    sell: contexts.map(own => {
      const collector = createSaleCollector(options, async (purchases, entered) => {
        const outcomes = await sellBatch(sales, own, facts.id, purchases, entered)
        decided(outcomes.length)
        return outcomes
      })
      // In the control nobody waits for anybody, as in a shop without a collector.
      return purchase => asOneOfMany(() =>
        collector.add(unguarded ? String(++last_id) : facts.id, purchase))
    }),
    sweep: () => asOneOfMany(() => sweepHolds(ctx)),
    tell: () => asOneOfMany(() => tellExpired(ctx)),
    reachDeadlines: ids => handle(expireOrders, ids.map(subject_id =>
      ({ kind: 'order_hold', subject_id }) as DataOf<typeof deadlineReached>)),
    pay: payments => handle(completeOrders, payments.map(payment =>
      ({ ...payment, currency: 'EUR' }) as DataOf<typeof paymentSucceeded>)),
    refund: payment => handle(refundOrders, [
      { ...payment, refunded_minor: payment.amount_minor } as DataOf<typeof paymentRefunded>]),
    cancel: order_id => asOneOfMany(() => cancel(ctx, order_id)),
    setCapacity: (pool_id, capacity) => change(() => {
      const pool = room.pools.get(pool_id)!
      if (capacity >= pool.held + pool.sold) pool.capacity = capacity
    }, pool_id),
    setMaxUses: (promo_id, max_uses) => change(() => {
      const promo = room.promos.get(promo_id)!
      if (max_uses >= promo.used) promo.max_uses = max_uses
    }, promo_id),
  }
}

/** What the steps above are given of a process; they ask for nothing else. */
const contextOf = (
  { scheduler: { pause }, counts: { told }, hold_ms }: BoxOfficeOptions,
  { sales, orders, seller }: Pick<Ctx['resources'], 'sales' | 'seller'> &
    { orders: ReturnType<typeof createMemoryOrders> }
) => ({
  db: {}, settings: { RESERVATION_TIMEOUT: hold_ms / 60_000 }, transaction: orders.transaction,
  async publish (_tx: unknown, { type }: EventDefinition, data: unknown[]) {
    told[type] = (told[type] ?? 0) + data.length
    await pause()
  },
  wakeRelay () {},
  log: { warn ({ err }: { err: Error }) { throw err } },
  resources: { sales, orders: orders.store, seller, regulars: {
    lookAt: () => () => true, remember () {}, wantsPast: () => false, takePast: () => () => {},
  } },
}) as unknown as Ctx

async function cancel (ctx: Ctx, order_id: string): Promise<boolean> {
  const request = { params: { id: order_id }, caller: { kind: 'order', order_id }, id: 'request' }
  try {
    await cancelOrder(ctx, request as Parameters<typeof cancelOrder>[1])
    return true
  } catch (error) {
    if (error instanceof Problem && error.definition === wrongState) return false
    throw error
  }
}

const createSaleCollector = (
  { max_batch }: BoxOfficeOptions,
  serve: (purchases: Purchase[], entered: () => void) => Promise<Outcome[]>
): Collector<Purchase, Outcome> => createCollector({
  serve: (_lane, ...batch) => serve(...batch), full: () => new Error('The queue is full'),
  isHopeless: () => true, max_batch, max_waiting_per_lane: 4096, max_waiting: 4096, max_parallel: 6,
})
