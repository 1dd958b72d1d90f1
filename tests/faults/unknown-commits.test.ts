import { placeOrder } from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { allServices } from '@fermata/server/services'
import { createTestDatabase, type TestDatabase } from '@fermata/testkit/postgres'
import { createRandom } from '@fermata/testkit/random'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buyer, putOnSale } from '../end-to-end/sell.ts'
import { clientOf } from '../platform/client-of.ts'
import { atScale, figure, is_whole } from '../proofs/proof.ts'
import { startCommitCutter, type CommitCutter, type Cut } from './cut-commits.ts'

/**
 * Whoever asks again with the same key is given the order that an unheard commit made, or a new
 * one.
 */

const tries = atScale(60, 10_000)
const asked_again_at_most = 20
const seed = 1 + Math.floor(Math.random() * 1_000_000)

let database: TestDatabase
let cutter: CommitCutter
let it: TestSystem
let db: pg.Pool
let type: { event_id: string, ticket_type_id: string }

beforeAll(async () => {
  database = await createTestDatabase()
  cutter = await startCommitCutter(database.url, 'fermata-orders-sale')
  it = await startTestSystem(Object.values(allServices), {}, cutter.url)
  db = new pg.Pool({ connectionString: database.url, max: 1 })
  await it.system.app.listen({ host: '127.0.0.1', port: 0 })
  const organizer = await it.personToken({ user_id: uuidv7(), roles: ['event_creator'] })
  const { event, ticket_type } = await putOnSale(clientOf(it, organizer), { capacity: 1_000_000 })
  type = { event_id: event.id, ticket_type_id: ticket_type.id }
}, 90_000)
afterAll(async () => {
  await it?.stop()
  await db?.end()
  await cutter?.close()
  await database?.drop()
})

/** One order, asked for until there is an answer. @returns its id */
async function order (keyOf: (attempt: number) => string, cut: Cut): Promise<string> {
  const body = { event_id: type.event_id, buyer: buyer(),
    items: [{ ticket_type_id: type.ticket_type_id, quantity: 1 }] }
  cutter.cutNext(cut)
  for (let attempt = 0; attempt < asked_again_at_most; attempt++) {
    const answer = await it.send(placeOrder, { body, key: keyOf(attempt) })
    if (answer.status === 201) return answer.body.id
    expect(answer.status, JSON.stringify(answer.problem)).toBe(503)
  }
  throw new Error(`No order after ${asked_again_at_most} requests (seed ${seed})`)
}

/** In one moment: a long run outlives the holds of its first orders, which give theirs back. */
const countOrders = async () => (await db.query<{ orders: number, held: number, ended: number }>(`
  select count(*)::integer as orders,
         (select held from orders.pools where id = $1) as held,
         count(*) filter (where o.status = 'expired' or o.expires_at <= e.released_up_to)::integer as ended
    from orders.orders o join orders.events e on e.id = o.event_id`, [type.ticket_type_id])).rows[0]!

/** Each order has one ticket, which it holds until its hold is over. */
async function expectOneTicketEach (): Promise<void> {
  const { orders, held, ended } = await countOrders()
  expect({ orders, held_or_ended: held + ended }).toEqual({ orders: tries, held_or_ended: tries })
}

test('R14: a connection cut exactly at COMMIT, either way: the same key is given the first order', async () => {
  const random = createRandom(seed)
  const given = new Map<string, string>()
  for (let number = 0; number < tries; number++) {
    const key = `cut-${seed}-${number}`
    given.set(key, await order(() => key, random(2) === 0 ? 'before' : 'after'))
  }

  expect(cutter.cuts.before + cutter.cuts.after, `seed ${seed}`).toBe(tries)
  expect(new Set(given.values()).size).toBe(tries)
  await expectOneTicketEach()
  for (const [key, id] of [...given].slice(-100)) {
    expect(await order(() => key, 'before'), key).toBe(id)
  }
  await expectOneTicketEach()
  figure('R14', `${tries} orders, each with its connection cut at COMMIT (${cutter.cuts.before} before the server ` +
    `read it, ${cutter.cuts.after} after it had committed; seed ${seed}): ${given.size} of ${tries} were given one order`)
}, is_whole ? 3_600_000 : 120_000)

test('R14: control: whoever asks again with another key buys twice', async () => {
  const before = await countOrders()
  for (let number = 0; number < 5; number++) await order(() => uuidv7(), 'after')

  expect((await countOrders()).orders - before.orders).toBe(10)
}, 60_000)
