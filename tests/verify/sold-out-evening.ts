import { getOrder, placeOrder, type PlacedOrder } from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import { checkIn, listTickets } from '@fermata/contracts/tickets'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { uuidv7 } from '@fermata/platform/ids'
import { allServices } from '@fermata/server/services'
import { verifyRunning, type Reconciled } from '@fermata/server/verify/verify'
import { createTestDatabase, type TestDatabase } from '@fermata/testkit/postgres'
import { startTestSystem } from '@fermata/testkit/start'
import { buyer, eventually, must, putOnSale } from '../end-to-end/sell.ts'
import { clientOf } from '../platform/client-of.ts'

/** What an installation holds after an evening, with nobody at work any more. */
export interface Evening {
  database: TestDatabase
  /** Paid, with two tickets, of which the first was admitted. */
  paid: PlacedOrder
  ticket_id: string
  /** Held and not paid. */
  held: PlacedOrder
  ticket_type_id: string
  /** What the services said by their routes before they stopped. */
  by_routes: Reconciled
}

export const urlsOf = (url: string): ReadonlyMap<ServiceName, string> =>
  new Map(serviceNames.map(name => [name, url]))

/** Sells, admits, waits until all news have arrived, and stops. */
export async function holdEvening (): Promise<Evening> {
  const database = await createTestDatabase()
  const it = await startTestSystem(Object.values(allServices), {}, database.url)
  try {
    await it.system.app.listen({ host: '127.0.0.1', port: 0 })
    const organizer = clientOf(it,
      await it.personToken({ user_id: uuidv7(), roles: ['event_creator', 'admin'] }))
    const { event, ticket_type } = await putOnSale(organizer)
    const place = async (quantity: number) => must(clientOf(it)(placeOrder, { body: {
      event_id: event.id, buyer: buyer(), items: [{ ticket_type_id: ticket_type.id, quantity }],
    } }), placeOrder)
    const paid = await place(2)
    const held = await place(1)
    const call = clientOf(it, paid.access_token)
    await must(call(startPayment, { body: {
      order_id: paid.id, provider: 'simulated', method: { test_card: 'success' } } }), startPayment)
    const [ticket] = await eventually(async () => {
      const { items } = await must(call(listTickets, { query: { order_id: paid.id } }), listTickets)
      return items.length === 2 && items
    }, 'two tickets')
    await must(organizer(checkIn, { body: {
      code: ticket!.code, event_id: event.id, gate: 'A' } }), checkIn)
    await must(call(getOrder, { params: { id: paid.id } }), getOrder)
    const { pool } = it.context('orders')
    await eventually(async () => {
      const waiting = await Promise.all(serviceNames.map(async name => (await pool.query(
        `select from ${name}.outbox where sent_at is null`)).rowCount))
      return waiting.every(count => count === 0)
    }, 'all news to arrive')
    const by_routes = await verifyRunning(it.context('backups'), { settle_ms: 0 })
    return {
      database, by_routes, paid, held, ticket_id: ticket!.id, ticket_type_id: ticket_type.id,
    }
  } finally {
    await it.stop()
  }
}
