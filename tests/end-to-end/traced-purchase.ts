import type { Call } from '@fermata/contracts/client'
import { getOrder, placeOrder } from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import type { TraceReceiver } from '@fermata/testkit/trace-receiver'
import { expect } from 'vitest'
import { buyer, eventually, must, putOnSale, signIn } from './sell.ts'

/** A purchase as a collector of traces sees it, whatever the processes it went through. */

interface Shop { call: Call, callAs: (token: string, headers?: Record<string, string>) => Call }

const guest = buyer('Tracey Canary')

/** Each with what it must stand under; payments and mails are made by loops, long after a request. */
const expected = [
  ['orders', 'POST /api/orders', undefined],
  ['orders', 'sell', 'POST /api/orders'],
  ['payments', 'charge', 'sell'],
  ['orders', 'payments.payment_succeeded.v1 completeOrders', 'sell'],
  ['tickets', 'orders.order_completed.v1 issueTickets', 'sell'],
  ['notifications', 'tickets.tickets_issued.v1 mailTickets', 'orders.order_completed.v1 issueTickets'],
  ['notifications', 'deliver', 'tickets.tickets_issued.v1 mailTickets'],
  ['users', 'orders.order_completed.v1 addPurchases', 'sell'],
  ['expiration', 'orders.order_placed.v1 startHolds', 'sell'],
  ['notifications', 'GET /internal/tickets/orders/{order_id}/pdf', 'deliver'],
  // What one service asks, another answers; the name is that of the route at both ends.
  ['tickets', 'GET /internal/tickets/orders/{order_id}/pdf',
    'GET /internal/tickets/orders/{order_id}/pdf'],
] as const

const payment = ['POST /api/payments']

/**
 * Buys, pays by another request, and finds all of it in the trace of the order.
 * @returns the services of that trace
 */
export async function followPurchase (
  { call, callAs }: Shop, receiver: TraceReceiver
): Promise<Set<string>> {
  const organizer = callAs(await signIn(call, 'eventcreator'))
  const { event, ticket_type } = await putOnSale(organizer)
  const ordered_by = crypto.randomUUID()
  const items = [{ ticket_type_id: ticket_type.id, quantity: 1 }]
  const body = { event_id: event.id, items, buyer: guest }
  const order = await must(callAs('', { 'x-request-id': ordered_by })(placeOrder, { body }), placeOrder)
  const paid_by = crypto.randomUUID()
  await must(callAs(order.access_token, { 'x-request-id': paid_by })(startPayment,
    { body: { order_id: order.id, provider: 'simulated', method: { test_card: 'success' } } }))
  await eventually(async () => (await must(callAs(order.access_token)(
    getOrder, { params: { id: order.id } }), getOrder)).status === 'completed', 'the order to be paid')

  const traceOf = (id: string) =>
    receiver.spans.filter(span => span.trace_id === id.replaceAll('-', ''))
  // Who pays by a request of its own has a trace of its own, which ends where the order's goes on.
  // Each process sends in its own time, so that is waited for as well.
  const missing = () => {
    const spans = traceOf(ordered_by)
    return [...expected.filter(([service, name, parent]) => !spans.some(span =>
      span.service === service && span.name === name &&
      spans.find(one => one.span_id === span.parent_id)?.name === parent)),
    ...payment.filter(name => !traceOf(paid_by).some(span => span.name === name))]
  }
  await eventually(async () => missing().length === 0, 'the whole trace', 60_000).catch(error => {
    const seen = traceOf(ordered_by).map(({ service, name }) => `${service}: ${name}`)
    throw new Error(`missing ${JSON.stringify(missing())}, there are ${JSON.stringify(seen)}`, { cause: error })
  })
  const all = receiver.bodies.join('')
  for (const secret of [guest.email, guest.name, order.access_token, 'password']) {
    expect(all).not.toContain(secret)
  }
  return new Set(traceOf(ordered_by).map(({ service }) => service))
}

export const services_of_purchase = new Set(expected.map(([service]) => service))
