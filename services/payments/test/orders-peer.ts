import {
  getOrdersForPayment, orderCanceled, orderRefunded, paymentReturned, type OrderForPayment,
} from '@fermata/contracts/orders'
import { paymentFailed, paymentRefunded, paymentSucceeded } from '@fermata/contracts/payments'
import type { DataOf, EventDefinition } from '@fermata/contracts/define'
import { uuidv7 } from '@fermata/platform/ids'
import { on, type EventOf } from '@fermata/platform/messages'
import { defineService, route, type Context } from '@fermata/platform/service'

/**
 * The box office as payments sees it: answers what an order is, ends orders, and hears what became
 * of payments.
 */
export function createOrdersPeer () {
  const orders = new Map<string, OrderForPayment>()
  const heard = {
    succeeded: [] as DataOf<typeof paymentSucceeded>[],
    failed: [] as DataOf<typeof paymentFailed>[],
    refunded: [] as DataOf<typeof paymentRefunded>[],
  }
  /** The ids of each question. */
  const asked: string[][] = []
  const listener = <K extends keyof typeof heard>(kind: K, name: string) => ({
    async [name] (_ctx: Context, _tx: unknown, events: EventOf<EventDefinition>[]) {
      for (const { data } of events) heard[kind].push(data as never)
    },
  })[name]!
  const service = defineService<Context>({
    name: 'orders',
    // A folder without migrations: the peer has the platform's tables only.
    migrations: new URL('./', import.meta.url),
    routes: [route(getOrdersForPayment, async (_ctx: Context, { body }) => {
      asked.push(body.order_ids)
      return { items: body.order_ids.flatMap(id => orders.get(id) ?? []) }
    })],
    subscriptions: [
      on(paymentSucceeded, listener('succeeded', 'hearSuccess')),
      on(paymentFailed, listener('failed', 'hearFailure')),
      on(paymentRefunded, listener('refunded', 'hearRefund')),
    ],
  })

  function addOrder (given: Partial<OrderForPayment> = {}): OrderForPayment {
    const id = uuidv7()
    const order: OrderForPayment = {
      id, code: id.slice(-8).toUpperCase(), status: 'pending', event_id: uuidv7(),
      event_title: 'An evening of songs', organizer_id: uuidv7(), organizer_owner_ids: [],
      total_minor: 2500, currency: 'EUR', user_id: null,
      buyer: { name: 'Ann Ono', email: 'ann@example.com', locale: 'en' },
      expires_at: new Date(Date.now() + 900_000).toISOString(), ...given,
    }
    orders.set(order.id, order)
    return order
  }

  const factsOf = (order: OrderForPayment) => ({
    order_id: order.id, code: order.code, event_id: order.event_id, event_title: order.event_title,
    buyer: order.buyer, user_id: order.user_id, items: [], total_minor: order.total_minor,
    currency: order.currency, created_at: new Date().toISOString(),
  })

  return {
    service, heard, asked, addOrder,
    cancel: (ctx: Context, order: OrderForPayment) => ctx.transaction(tx => {
      order.status = 'canceled'
      return ctx.publish(tx, orderCanceled, [{ ...factsOf(order), reason: 'buyer',
        canceled_at: new Date().toISOString() }])
    }),
    /** The order keeps its state: it does not need this payment. */
    giveBackPayment: (ctx: Context, order: OrderForPayment, payment_id: string) =>
      ctx.transaction(tx => ctx.publish(tx, paymentReturned, [{ ...factsOf(order), payment_id,
        returned_at: new Date().toISOString(), refund_minor: order.total_minor,
        reason: 'paid_twice' }])),
    refund: (ctx: Context, order: OrderForPayment) => ctx.transaction(tx => {
      order.status = 'refunded'
      return ctx.publish(tx, orderRefunded, [{ ...factsOf(order), payment_id: null,
        refunded_at: new Date().toISOString(), refund_minor: order.total_minor, reason: 'paid_too_late' }])
    }),
  }
}
