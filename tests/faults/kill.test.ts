import { getOrder, placeOrder } from '@fermata/contracts/orders'
import { listPayments, startPayment } from '@fermata/contracts/payments'
import { listTickets } from '@fermata/contracts/tickets'
import {
  createDataFolder,
  startServerProcess,
  type ServerProcess,
} from '@fermata/testkit/server-process'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buyer, eventually, must, putOnSale, signIn } from '../end-to-end/sell.ts'
import { databaseUrlOf, postmasterOf } from './postmaster-of.ts'

/**
 * `kill -9` of Node in the middle of purchases; PostgreSQL is orphaned and the next start takes it
 * over.
 */

let data: Awaited<ReturnType<typeof createDataFolder>>
let server: ServerProcess | undefined

beforeEach(async () => {
  data = await createDataFolder()
})
afterEach(async () => {
  await server?.stop()
  await data.remove()
})

test(
  'kill -9 between order and ticket: the next start finishes what was paid and expires what was not',
  async () => {
    server = await startServerProcess(data.folder, { RESERVATION_TIMEOUT: '0.2' })
    const organizer = server.callAs(await signIn(server.call, 'eventcreator'))
    const { event, ticket_type } = await putOnSale(organizer)
    const place = (quantity: number) =>
      must(
        server!.call(placeOrder, {
          body: {
            event_id: event.id,
            items: [{ ticket_type_id: ticket_type.id, quantity }],
            buyer: buyer(),
          },
        }),
        placeOrder,
      )
    const paid = await Promise.all([place(1), place(2), place(3)])
    const abandoned = await place(4)
    await Promise.all(
      paid.map(order =>
        must(
          server!.callAs(order.access_token)(startPayment, {
            body: { order_id: order.id, provider: 'simulated', method: { test_card: 'success' } },
          }),
        )
      ),
    )
    await server.kill()

    server = await startServerProcess(data.folder, { RESERVATION_TIMEOUT: '0.2' })

    for (const order of paid) {
      const call = server.callAs(order.access_token)
      // The seconds to pay may have passed while nobody was there: then it is expired first, and
      // gets the same stock.
      await eventually(
        async () =>
          (await must(call(getOrder, { params: { id: order.id } }), getOrder)).status ===
            'completed',
        'the paid order to be completed',
      )
      const seats = order.items[0]!.quantity
      await eventually(async () => {
        const { items } = await must(
          call(listTickets, { query: { order_id: order.id } }),
          listTickets,
        )
        return items.length === seats
      }, `${seats} tickets`)
      const { items: payments } = await must(
        call(listPayments, { query: { order_id: order.id } }),
        listPayments,
      )
      expect(payments.filter(payment => payment.status === 'succeeded')).toHaveLength(1)
    }
    const call = server.callAs(abandoned.access_token)
    await eventually(
      async () =>
        (await must(call(getOrder, { params: { id: abandoned.id } }), getOrder)).status ===
          'expired',
      'the unpaid order to expire',
    )
  },
  120_000,
)

test('kill -9 of PostgreSQL when the start has just said that it is ready: Node goes on', async () => {
  const empty = { FERMATA_DEMO: 'false' }
  server = await startServerProcess(data.folder, empty)
  await server.kill()
  // The accounts, which it asks for an administrator at the end of a start, keep it waiting.
  const locker = new pg.Client({ connectionString: await databaseUrlOf(data.folder) })
  // It is cut with the rest.
  locker.on('error', () => {})
  await locker.connect()
  await locker.query('begin; lock table auth.accounts in access exclusive mode')
  server = await startServerProcess(data.folder, empty)
  await eventually(async () => (await locker.query(`select 1 from pg_locks
    where relation = 'auth.accounts'::regclass and not granted`)).rowCount! > 0, 'the question')
  process.kill((await postmasterOf(data.folder))!.pid, 'SIGKILL')
  const { url } = server
  await eventually(async () => (await fetch(`${url}/health`)).ok, 'the services to be ready', 120_000)
  expect(await server.stop()).toBe(0)
  server = undefined
}, 300_000)
