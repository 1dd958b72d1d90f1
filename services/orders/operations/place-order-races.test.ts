import { placeOrder } from '@fermata/contracts/orders'
import { testSecrets, startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { ordersWith } from '../test/stores/orders-with.ts'
import { orderOf, seedTicketType, sumsOf } from '../test/seed.ts'

/** Many buyers at once, and the control that must oversell when the guard is taken away. */

let it: TestSystem
let ctx: Ctx
const secrets = testSecrets()

beforeAll(async () => {
  it = await startTestSystem([service], secrets)
  ctx = it.context<Ctx>('orders')
})
afterAll(() => it.stop())

/** Sends one request for each buyer, in turn to each of the systems, all at once. */
async function rush (
  systems: TestSystem[], buyers: number, type: { id: string, event_id: string }
) {
  const replies = await Promise.all(Array.from({ length: buyers }, (_, index) =>
    systems[index % systems.length]!.send(placeOrder, { body: orderOf(type) })))
  const count = (status: number) => replies.filter(reply => reply.status === status).length
  return { acknowledged: count(201), refused: count(409),
    other: replies.length - count(201) - count(409) }
}

test('placeOrder: of 300 buyers at once exactly 50 get the 50 tickets', async () => {
  const type = await seedTicketType(ctx, { capacity: 50 })

  const result = await rush([it], 300, type)

  expect(result).toEqual({ acknowledged: 50, refused: 250, other: 0 })
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 50, tickets: 50, orders: 50 })
})

test('placeOrder: two processes on one database do not oversell', async () => {
  const second = await startTestSystem([service], secrets, it.database_url)
  try {
    const type = await seedTicketType(ctx, { capacity: 50 })

    const result = await rush([it, second], 300, type)

    expect(result).toEqual({ acknowledged: 50, refused: 250, other: 0 })
    expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 50, tickets: 50, orders: 50 })
  } finally {
    await second.stop()
  }
})

test('placeOrder: without its guard the same rush oversells, so the tests above can fail', async () => {
  const unguarded =
    await startTestSystem([ordersWith({ unguarded: true })], secrets, it.database_url)
  try {
    const type = await seedTicketType(ctx, { capacity: 50 })

    const result = await rush([unguarded], 300, type)

    expect(result.acknowledged).toBeGreaterThan(50)
    expect((await sumsOf(ctx, type.id)).tickets).toBe(result.acknowledged)
  } finally {
    await unguarded.stop()
  }
})
