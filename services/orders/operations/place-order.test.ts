import { placeOrder } from '@fermata/contracts/orders'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { orderOf, seedTicketType, sumsOf } from '../test/seed.ts'

let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('orders')
})
afterAll(() => it.stop())

test('placeOrder: two buyers race for the last ticket and one of them gets it', async () => {
  const type = await seedTicketType(ctx, { capacity: 1 })

  const replies = await Promise.all([1, 2].map(() => it.send(placeOrder, { body: orderOf(type) })))

  expect(replies.map(reply => reply.status).sort()).toEqual([201, 409])
  expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 1, tickets: 1, orders: 1 })
})
