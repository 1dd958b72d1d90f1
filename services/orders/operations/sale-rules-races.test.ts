import { placeOrder } from '@fermata/contracts/orders'
import { testSecrets, startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { ordersWith } from '../test/stores/orders-with.ts'
import { buyer, orderOf, seedPromo, seedTicketType, sumsOf, usesOf } from '../test/seed.ts'

/** Budgets and limits under a rush, and the controls that must overspend without the guard. */

let it: TestSystem
let ctx: Ctx
const secrets = testSecrets()

beforeAll(async () => {
  it = await startTestSystem([service], secrets)
  ctx = it.context<Ctx>('orders')
})
afterAll(() => it.stop())

type Type = { id: string, event_id: string }

/** Sends these orders, in turn to each of the systems, all at once. */
async function rush (systems: TestSystem[], bodies: unknown[]) {
  const replies = await Promise.all(bodies.map((body, index) =>
    systems[index % systems.length]!.send(placeOrder, { body })))
  const count = (status: number) => replies.filter(reply => reply.status === status).length
  return { placed: count(201), refused: count(409),
    other: replies.length - count(201) - count(409) }
}

const using = (type: Type, quantity: number) => ({ ...orderOf(type, quantity), promo_code: 'spring' })
const repeat = <T>(times: number, make: (index: number) => T) =>
  Array.from({ length: times }, (_, i) => make(i))

test('placeOrder: 200 buyers race for a code good for 30 orders, and exactly 30 get it', async () => {
  const type = await seedTicketType(ctx, { capacity: 1000 })
  const promo = await seedPromo(ctx, { event_id: type.event_id, max_uses: 30 })

  expect(await rush([it], repeat(200, () => using(type, 1))))
    .toEqual({ placed: 30, refused: 170, other: 0 })

  expect(await usesOf(ctx, promo)).toEqual({ used: 30, by_orders: 30 })
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 30, tickets: 30 })
})

test('placeOrder: two processes together never spend more tickets than a budget has', async () => {
  const second = await startTestSystem([service], secrets, it.database_url)
  try {
    const type = await seedTicketType(ctx, { capacity: 1000 })
    const promo = await seedPromo(ctx, { event_id: type.event_id, max_uses: 31, counts: 'tickets' })

    const { other } = await rush([it, second], repeat(200, index => using(type, 1 + index % 3)))

    expect(other).toBe(0)
    // What one order of three could not have, one of one could.
    expect(await usesOf(ctx, promo)).toEqual({ used: 31, by_orders: 31 })
  } finally {
    await second.stop()
  }
})

test('placeOrder: one person in 100 spellings and two processes gets no more than the limit', async () => {
  const second = await startTestSystem([service], secrets, it.database_url)
  try {
    const type = await seedTicketType(ctx, { capacity: 1000, max_per_buyer: 4 })
    const spelled = repeat(100, index =>
      ({ ...orderOf(type), buyer: { ...buyer, email: `${index % 2 ? 'Guest' : 'guest'}+${index}@example.net` } }))

    expect(await rush([it, second], spelled)).toEqual({ placed: 4, refused: 96, other: 0 })
    expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 4, tickets: 4 })
  } finally {
    await second.stop()
  }
})

test('placeOrder: without its guard the same rushes overspend, so the tests above can fail', async () => {
  const unguarded =
    await startTestSystem([ordersWith({ unguarded: true })], secrets, it.database_url)
  try {
    const type = await seedTicketType(ctx, { capacity: 1000 })
    const promo = await seedPromo(ctx, { event_id: type.event_id, max_uses: 30 })
    const limited = await seedTicketType(ctx, { capacity: 1000, max_per_buyer: 4 })

    expect((await rush([unguarded], repeat(200, () => using(type, 1)))).placed).toBeGreaterThan(30)
    expect((await usesOf(ctx, promo)).by_orders).toBeGreaterThan(30)
    expect((await rush([unguarded], repeat(100, () => orderOf(limited)))).placed).toBeGreaterThan(4)
  } finally {
    await unguarded.stop()
  }
})
