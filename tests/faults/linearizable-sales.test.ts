import {
  cancelOrder, getOrder, listTicketTypes, placeOrder, type PlacedOrder,
} from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import { uuidv7 } from '@fermata/platform/ids'
import { allServices } from '@fermata/server/services'
import { createRandom } from '@fermata/testkit/random'
import { eventually, startTestSystem, testSecrets, type TestSystem } from '@fermata/testkit/start'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buyer, putOnSale } from '../end-to-end/sell.ts'
import { clientOf } from '../platform/client-of.ts'
import { atScale, figure, is_whole } from '../proofs/proof.ts'
import { boxOffice, type Action } from './box-office-model.ts'
import { isLinearizable, type Call } from './linearize.ts'

/** Clients that hold, pay, cancel, let go and look at once, at two processes of one box office. */

const histories = atScale(12, 1000)
const at_once = 6
const clients = 4
const calls_of_each = 6
const capacity = 4
const seed = 1 + Math.floor(Math.random() * 1_000_000)

let shops: TestSystem[]
let db: pg.Pool
let organizer: string

beforeAll(async () => {
  const secrets = testSecrets()
  const whole = await startTestSystem(Object.values(allServices), secrets)
  shops = [whole, await startTestSystem([allServices.orders], secrets, whole.database_url)]
  await whole.system.app.listen({ host: '127.0.0.1', port: 0 })
  db = new pg.Pool({ connectionString: whole.database_url, max: 4 })
  organizer = await whole.personToken({ user_id: uuidv7(), roles: ['event_creator'] })
}, 90_000)
afterAll(async () => {
  await db?.end()
  for (const shop of shops?.toReversed() ?? []) await shop.stop()
})

interface Sale {
  event_id: string
  ticket_type_id: string
  random: (below: number) => number
  /** Orders that anybody may act on. */
  shared: PlacedOrder[]
  calls: Call<Action>[]
}

/** Writes down what was told, and when it was asked. */
async function tell (sale: Sale, ask: () => Promise<Action>): Promise<void> {
  const began = performance.now()
  const action = await ask()
  sale.calls.push({ began, ended: performance.now(), action })
}

/** A crowd that is sent away comes back: what it hears then is what it was told. */
const answered = <T extends { status: number }>(ask: () => Promise<T>): Promise<T> =>
  eventually(async () => {
    const answer = await ask()
    return answer.status !== 503 && answer
  }, 'an answer', 60_000)

const hold = (sale: Sale, shop: TestSystem) => tell(sale, async () => {
  const quantity = 1 + sale.random(2)
  const wanted = { key: uuidv7(), body: {
    event_id: sale.event_id, buyer: buyer(),
    items: [{ ticket_type_id: sale.ticket_type_id, quantity }],
  } }
  const { status, body, problem } = await answered(() => shop.send(placeOrder, wanted))
  if (status === 201) sale.shared.push(body)
  else expect(problem.type).toBe('/problems/orders/sold-out')
  return { kind: 'hold', quantity, order: status === 201 ? body.id : null }
})

const cancel = (sale: Sale, shop: TestSystem, { id, access_token }: PlacedOrder) =>
  tell(sale, async () => {
    const { status } = await answered(() =>
      shop.send(cancelOrder, { params: { id }, token: access_token }))
    expect([200, 409]).toContain(status)
    return { kind: 'cancel', order: id, done: status === 200 }
  })

async function statusOf (shop: TestSystem, { id, access_token }: PlacedOrder): Promise<string> {
  const { body } = await answered(() =>
    shop.send(getOrder, { params: { id }, token: access_token }))
  // What was paid while it was canceled is given back: its tickets went once.
  return body.status === 'refunded' ? 'canceled' : body.status
}

const look = (sale: Sale, shop: TestSystem, order: PlacedOrder) => tell(sale, async () =>
  ({ kind: 'look', order: order.id, status: await statusOf(shop, order) }))

const endOf = (shop: TestSystem, order: PlacedOrder) => eventually(async () => {
  const status = await statusOf(shop, order)
  return status !== 'pending' && status
}, 'the order to leave its hold', 60_000)

const pay = (sale: Sale, shop: TestSystem, order: PlacedOrder) => tell(sale, async () => {
  await answered(() => shops[0]!.send(startPayment, { token: order.access_token, body: {
    order_id: order.id, provider: 'simulated', method: { test_card: 'success' } } }))
  return { kind: 'pay', order: order.id, done: await endOf(shop, order) === 'completed' }
})

/** Nobody else knows of it, so nothing but its end can come to it. */
const expire = (sale: Sale, shop: TestSystem, order: PlacedOrder) => tell(sale, async () => {
  await db.query('update orders.orders set expires_at = now() where id = $1', [order.id])
  expect(await endOf(shop, order)).toBe('expired')
  return { kind: 'expire', order: order.id }
})

const available = (sale: Sale, shop: TestSystem) => tell(sale, async () => {
  const { body } = await answered(() =>
    shop.send(listTicketTypes, { query: { event_id: sale.event_id } }))
  return { kind: 'available', count: body.items[0]!.available }
})

async function act (sale: Sale, shop: TestSystem): Promise<void> {
  const order = sale.shared[sale.random(sale.shared.length)]
  const chance = sale.random(100)
  if (chance < 40 || !order) return hold(sale, shop)
  if (chance < 55) return available(sale, shop)
  if (chance < 70) return cancel(sale, shop, order)
  return chance < 82 ? pay(sale, shop, order) : look(sale, shop, order)
}

async function record (number: number): Promise<Call<Action>[]> {
  const random = createRandom(seed + number)
  const { event, ticket_type } = await putOnSale(
    clientOf(shops[0]!, organizer), { capacity, max_per_order: 2 })
  const sale: Sale = {
    event_id: event.id, ticket_type_id: ticket_type.id, random, shared: [], calls: [] }
  await Promise.all(Array.from({ length: clients }, async (_, index) => {
    for (let call = 0; call < calls_of_each; call++) {
      await act(sale, shops[(index + call) % shops.length]!)
    }
  }))
  // One that is left alone, so that holds end by themselves, too.
  const left = sale.shared.find(one => sale.calls.every(({ action }) =>
    action.kind === 'hold' || !('order' in action) || action.order !== one.id))
  if (left) await Promise.all([expire(sale, shops[0]!, left), hold(sale, shops[1]!)])
  await available(sale, shops[0]!)
  return sale.calls
}

/** What a cache that is a moment old would say, and what a box office without a lock would sell. */
function falsified (calls: Call<Action>[]): Call<Action>[][] {
  const last = calls.at(-1)!
  const count = last.action.kind === 'available' ? last.action.count : 0
  const later = (action: Action): Call<Action> =>
    ({ began: last.ended + 1, ended: last.ended + 2, action })
  return [
    [...calls.slice(0, -1), { ...last, action: { kind: 'available', count: count + 1 } }],
    [...calls, later({ kind: 'hold', quantity: count + 1, order: 'one too many' })],
  ]
}

test('R21: what clients at once were told can be told one after the other, and a lie cannot', async () => {
  const model = boxOffice(capacity)
  let calls = 0
  let lies_found = 0
  const sold_out = { told: 0 }
  for (let number = 0; number < histories; number += at_once) {
    const some = await Promise.all(Array.from(
      { length: Math.min(at_once, histories - number) }, (_, index) => record(number + index)))
    some.forEach((history, index) => {
      const which = `history ${number + index} of seed ${seed}`
      expect(isLinearizable(history, model), `${which}: ${JSON.stringify(history)}`).toBe(true)
      calls += history.length
      sold_out.told += history.filter(({ action }) =>
        action.kind === 'hold' && action.order === null).length
      for (const lie of falsified(history)) if (!isLinearizable(lie, model)) lies_found++
    })
  }

  expect(sold_out.told, 'a sale that nobody loses proves nothing').toBeGreaterThan(0)
  expect(lies_found).toBe(histories * 2)
  figure('R21', `${histories} histories of ${clients} clients at two processes, ${calls} calls (seed ${seed}): ` +
    `all linearizable; ${lies_found} of ${histories * 2} planted stale reads and double sales found`)
}, is_whole ? 4 * 3_600_000 : 120_000)
