import * as orders from '@fermata/contracts/orders'
import { listMyPurchases } from '@fermata/contracts/users'
import { getPayment, startPayment, type TestCard } from '@fermata/contracts/payments'
import * as tickets from '@fermata/contracts/tickets'
import { getMail, listMailbox } from '@fermata/contracts/notifications'
import type { Call } from '@fermata/contracts/client'
import {
  start_within_ms, startInstallation, type Installation,
} from '@fermata/testkit/installation'
import { createDataFolder } from '@fermata/testkit/server-process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buyer, eventually, must, putOnSale, signIn } from './sell.ts'

/** The whole way from an event to the door, over HTTP against the product as it is started. */

let server: Installation
let data: Awaited<ReturnType<typeof createDataFolder>>
let organizer: Call
let operator: Call

beforeAll(async () => {
  data = await createDataFolder()
  server = await startInstallation(data.folder, { RESERVATION_TIMEOUT: '15' })
  organizer = server.callAs(await signIn(server.call, 'eventcreator'))
  operator = server.callAs(await signIn(server.call, 'operator'))
}, start_within_ms)
afterAll(async () => {
  await server?.stop()
  await data.remove()
})

async function pay (call: Call, order_id: string, test_card: TestCard = 'success') {
  const payment = await must(
    call(startPayment, { body: { order_id, provider: 'simulated', method: { test_card } } }),
    startPayment,
  )
  expect(payment.status).toBe('pending')
  return eventually(async () => {
    const now = await must(call(getPayment, { params: { id: payment.id } }), getPayment)
    return now.status !== 'pending' && now
  }, 'the payment to be decided')
}

const orderIn = (call: Call, id: string, status: string) => eventually(async () => {
  const order = await must(call(orders.getOrder, { params: { id } }), orders.getOrder)
  return order.status === status && order
}, `the order to be ${status}`)

const ticketsOf = (call: Call, order_id: string, count: number) =>
  eventually(async () => {
    const { items } = await must(
      call(tickets.listTickets, { query: { order_id } }),
      tickets.listTickets,
    )
    return items.length === count && items
  }, `${count} tickets`)

test('a guest buys two tickets, gets them by mail, and each is admitted once', async () => {
  const { event, ticket_type } = await putOnSale(organizer)
  const placed = await must(
    server.call(orders.placeOrder, {
      body: {
        event_id: event.id,
        items: [{ ticket_type_id: ticket_type.id, quantity: 2 }],
        buyer: buyer('Gil Guest'),
      },
    }),
    orders.placeOrder,
  )
  expect(placed).toMatchObject({ status: 'pending', total_minor: 3000, currency: 'EUR' })
  expect(Date.parse(placed.expires_at) - Date.now()).toBeGreaterThan(14 * 60_000)
  const guest = server.callAs(placed.access_token)

  expect((await pay(guest, placed.id)).status).toBe('succeeded')
  await orderIn(guest, placed.id, 'completed')
  const [first, second] = await ticketsOf(guest, placed.id, 2)

  expect(first!.code).not.toBe(second!.code)
  const pdf = await must(guest(tickets.getTicketPdf, { params: { id: first!.id } })) as Uint8Array
  expect(Buffer.from(pdf).subarray(0, 5).toString()).toBe('%PDF-')
  const mail = await eventually(async () => {
    const { items } = await must(
      server.call(listMailbox, { query: { to: 'gil.guest@example.com' } }),
      listMailbox,
    )
    return items.find(item => item.attachment_count > 0)
  }, 'the mail with the tickets')
  const whole = await must(server.call(getMail, { params: { id: mail.id } }), getMail)
  expect(whole.attachments.map(attachment => attachment.content_type)).toContain('application/pdf')

  const admitted = await must(
    operator(tickets.checkIn, { body: { code: first!.code, event_id: event.id, gate: 'North' } }),
    tickets.checkIn,
  )
  expect(admitted).toMatchObject({ gate: 'North', ticket: { id: first!.id, status: 'used' } })
  const again = await operator(tickets.checkIn, {
    body: { code: first!.code, event_id: event.id, gate: 'South' },
  })
  expect(again).toMatchObject({
    ok: false,
    status: 409,
    problem: { admitted_at: admitted.admitted_at, gate: 'North' },
  })
  expect(
    await operator(tickets.checkIn, {
      body: { code: second!.code, event_id: event.id, gate: 'South' },
    }),
  ).toMatchObject({ ok: true, status: 201 })
})

test('a signed-in person buys, finds the purchase in their history and their tickets', async () => {
  const { event, ticket_type } = await putOnSale(organizer)
  const person = server.callAs(await signIn(server.call, 'user'))
  const placed = await must(
    person(orders.placeOrder, {
      body: {
        event_id: event.id,
        items: [{ ticket_type_id: ticket_type.id, quantity: 1 }],
        buyer: buyer('Una User'),
      },
    }),
    orders.placeOrder,
  )
  await pay(person, placed.id)
  await orderIn(person, placed.id, 'completed')
  await ticketsOf(person, placed.id, 1)

  const purchase = await eventually(async () => {
    const { items } = await must(person(listMyPurchases, {}), listMyPurchases)
    return items.find(item => item.order_id === placed.id)
  }, 'the purchase in the history')
  expect(purchase).toMatchObject({ event_id: event.id, ticket_count: 1, total_minor: 1500 })
})

test('a declined card leaves the order pending, and the next card pays it', async () => {
  const { event, ticket_type } = await putOnSale(organizer)
  const placed = await must(
    server.call(orders.placeOrder, {
      body: {
        event_id: event.id,
        items: [{ ticket_type_id: ticket_type.id, quantity: 1 }],
        buyer: buyer(),
      },
    }),
    orders.placeOrder,
  )
  const guest = server.callAs(placed.access_token)

  expect((await pay(guest, placed.id, 'declined')).status).toBe('failed')
  await orderIn(guest, placed.id, 'pending')
  expect((await pay(guest, placed.id)).status).toBe('succeeded')
  await orderIn(guest, placed.id, 'completed')
})

test('free tickets need no payment', async () => {
  const { event, ticket_type } = await putOnSale(organizer, { price_minor: 0 })
  const placed = await must(
    server.call(orders.placeOrder, {
      body: {
        event_id: event.id,
        items: [{ ticket_type_id: ticket_type.id, quantity: 3 }],
        buyer: buyer('Fay Free'),
      },
    }),
    orders.placeOrder,
  )
  expect(placed.status).toBe('completed')
  await ticketsOf(server.callAs(placed.access_token), placed.id, 3)
})

test('what belongs to another does not exist', async () => {
  const { event, ticket_type } = await putOnSale(organizer, { price_minor: 0 })
  const body = {
    event_id: event.id,
    items: [{ ticket_type_id: ticket_type.id, quantity: 1 }],
    buyer: buyer(),
  }
  const mine = await must(server.call(orders.placeOrder, { body }), orders.placeOrder)
  const theirs = await must(server.call(orders.placeOrder, { body }), orders.placeOrder)
  const [ticket] = await ticketsOf(server.callAs(theirs.access_token), theirs.id, 1)
  const stranger = server.callAs(mine.access_token)
  const user = server.callAs(await signIn(server.call, 'user'))

  for (const call of [stranger, user]) {
    expect(await call(orders.getOrder, { params: { id: theirs.id } })).toMatchObject({
      ok: false,
      status: 404,
    })
    expect(await call(orders.cancelOrder, { params: { id: theirs.id } })).toMatchObject({
      ok: false,
      status: 404,
    })
    expect(await call(tickets.getTicket, { params: { id: ticket!.id } })).toMatchObject({
      ok: false,
      status: 404,
    })
    expect(await call(tickets.getTicketPdf, { params: { id: ticket!.id } })).toMatchObject({
      ok: false,
      status: 404,
    })
  }
})
