import { getOrder, placeOrder } from '@fermata/contracts/orders'
import { listPayments, startPayment } from '@fermata/contracts/payments'
import { listTickets } from '@fermata/contracts/tickets'
import {
  createDataFolder,
  startServerProcess,
  type ServerProcess,
} from '@fermata/testkit/server-process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buyer, eventually, must, putOnSale, signIn } from '../end-to-end/sell.ts'

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

test(
  'kill -9 again and again during a sale: every acknowledged order is there afterwards',
  async () => {
    server = await startServerProcess(data.folder)
    const organizer = server.callAs(await signIn(server.call, 'eventcreator'))
    const { event, ticket_type } = await putOnSale(organizer, { capacity: 100_000 })
    const acknowledged: { id: string, access_token: string }[] = []
    for (let round = 1; round <= 3; round++) {
      const current: ServerProcess = server
      let selling = true
      const buyers = Array.from({ length: 20 }, async () => {
        while (selling) {
          const answer = await current.call(placeOrder, {
            body: {
              event_id: event.id,
              items: [{ ticket_type_id: ticket_type.id, quantity: 1 }],
              buyer: buyer(),
            },
          }).catch(() => null)
          if (answer?.ok) acknowledged.push(answer.body)
        }
      })
      // In full swing, whatever the machine has to do beside.
      await eventually(async () => acknowledged.length >= round * 60, 'sixty more orders')
      await current.kill()
      selling = false
      await Promise.all(buyers)
      server = await startServerProcess(data.folder)
    }
    for (let at = 0; at < acknowledged.length; at += 50) {
      const answers = await Promise.all(
        acknowledged.slice(at, at + 50).map(order =>
          server!.callAs(order.access_token)(getOrder, { params: { id: order.id } })
        ),
      )
      expect(answers.filter(answer => !answer.ok)).toEqual([])
    }
  },
  180_000,
)
