import { Agent, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getEventSales } from '@fermata/contracts/orders'
import { ordersWith } from '@fermata/orders/test/stores/orders-with'
import { allServices } from '@fermata/server/services'
import { createClient, type Call } from '@fermata/contracts/client'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { expect, test } from 'vitest'
import { putOnSale } from './sell.ts'

/**
 * More buyers than tickets, all at once, through HTTP sockets; and the same without the guard,
 * which must oversell.
 */

const guests = 2000
const capacity = 100
/** Each guest has a connection of their own, as browsers have. */
const agent = new Agent({ keepAlive: true, maxSockets: guests })

interface Outcome { status: number, retry_after: string | undefined, type?: string }

function post (port: number, path: string, body: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      agent,
      host: '127.0.0.1',
      port,
      path,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    }, answer => {
      let text = ''
      answer.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      answer.on(
        'end',
        () =>
          resolve({
            status: answer.statusCode!,
            retry_after: answer.headers['retry-after'],
            type: (JSON.parse(text) as { type?: string }).type,
          }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

async function rush (
  it: TestSystem,
): Promise<{ outcomes: Outcome[], sold_and_held: number, orders: number, tickets: number }> {
  await it.system.app.listen({ host: '127.0.0.1', port: 0, backlog: 4096 })
  const { port } = it.system.app.server.address() as AddressInfo
  const organizer: Call =
    createClient({
      base_url: `http://127.0.0.1:${port}`,
      fetch: (url, init) => fetch(url, init),
      headers: {
        authorization: `Bearer ${await it.personToken({
          user_id: uuidv7(),
          roles: ['event_creator'],
        })}`,
      },
    }).call
  const { event, ticket_type } = await putOnSale(organizer, { capacity })

  const outcomes = await Promise.all(
    Array.from({ length: guests }, (_, index) =>
      post(
        port,
        '/api/orders',
        JSON.stringify({
          event_id: event.id,
          items: [{ ticket_type_id: ticket_type.id, quantity: 1 }],
          buyer: { name: `Guest ${index}`, email: `guest${index}@example.com`, locale: 'en' },
        }),
      )),
  )

  const sales = await it.send(getEventSales, {
    params: { event_id: event.id },
    token: await it.serviceToken('orders', 'events'),
  })
  const { rows: [sums] } = await it.context('orders').pool.query(
    `
    select count(*) as orders, coalesce(sum(quantity), 0) as tickets
      from orders.orders join orders.order_items on order_id = orders.id where event_id = $1`,
    [event.id],
  )
  return {
    outcomes,
    sold_and_held: sales.body.sold + sales.body.held,
    orders: sums.orders,
    tickets: sums.tickets,
  }
}

const count = (outcomes: Outcome[], status: number) =>
  outcomes.filter(outcome => outcome.status === status).length

test(
  `${guests} guests rush for ${capacity} tickets: exactly ${capacity} get one and the sums match`,
  async () => {
    const it = await startTestSystem(Object.values(allServices))
    try {
      const { outcomes, sold_and_held, orders, tickets } = await rush(it)
      expect(count(outcomes, 201)).toBe(capacity)
      expect(count(outcomes, 409) + count(outcomes, 503)).toBe(guests - capacity)
      for (const outcome of outcomes) {
        if (outcome.status === 409) expect(outcome.type).toBe('/problems/orders/sold-out')
        if (outcome.status === 503) expect(Number(outcome.retry_after)).toBeGreaterThan(0)
      }
      expect({ sold_and_held, orders, tickets }).toEqual({
        sold_and_held: capacity,
        orders: capacity,
        tickets: capacity,
      })
    } finally {
      await it.stop()
    }
  },
  60_000,
)

test('control: without the guard the same rush oversells', async () => {
  const it = await startTestSystem(
    Object.values({ ...allServices, orders: ordersWith({ unguarded: true }) }))
  try {
    const { outcomes, orders } = await rush(it)
    expect(count(outcomes, 201)).toBeGreaterThan(capacity)
    expect(orders).toBeGreaterThan(capacity)
  } finally {
    await it.stop()
  }
}, 60_000)
