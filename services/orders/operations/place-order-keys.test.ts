import * as api from '@fermata/contracts/orders'
import { placeOrder } from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { orderOf, seedTicketType, sumsOf } from '../test/seed.ts'

/** Repeated requests: one key is one order, whatever arrives when. */

let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('orders')
})
afterAll(() => it.stop())

const place = (body: unknown, as: { token?: string, key?: string } = {}) =>
  it.send(placeOrder, { body, ...as })

describe('placeOrder: Idempotency-Key', () => {
  test('the same key and body give the first answer again, with its token, and one order', async () => {
    const type = await seedTicketType(ctx)
    const first = await place(orderOf(type, 2), { key: 'one' })
    const second = await place(orderOf(type, 2), { key: 'one' })
    expect(second.status).toBe(201)
    expect(second.body).toEqual(first.body)
    expect(second.headers['idempotency-replayed']).toBe('true')
    expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 2, orders: 1 })
  })

  test('the first answer is repeated as it was, also after the order has changed', async () => {
    const type = await seedTicketType(ctx)
    const first = await place(orderOf(type), { key: 'kept' })
    const { id, access_token: token } = first.body
    expect((await it.send(api.cancelOrder, { params: { id }, token })).status).toBe(200)
    expect((await place(orderOf(type), { key: 'kept' })).body).toEqual(first.body)
  })

  test('the same key with another body is refused, also when both come at once', async () => {
    const type = await seedTicketType(ctx)
    await place(orderOf(type, 1), { key: 'two' })
    expect((await place(orderOf(type, 2), { key: 'two' })).problem)
      .toMatchObject({ type: '/problems/request/key-reused', status: 422 })
    const both = await Promise.all(
      [1, 2].map(quantity => place(orderOf(type, quantity), { key: 'three' })))
    expect(both.map(reply => reply.status).toSorted()).toEqual([201, 422])
  })

  test('twenty at once with one key give one order and one answer', async () => {
    const type = await seedTicketType(ctx)
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => place(orderOf(type), { key: 'four' })))
    expect(new Set(replies.map(reply => JSON.stringify([reply.status, reply.body]))))
      .toHaveLength(1)
    expect(replies[0]!.status).toBe(201)
    expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 1, orders: 1 })
  })

  test('one key used for two events at once serves one and refuses the other', async () => {
    const types = [await seedTicketType(ctx), await seedTicketType(ctx)]
    for (let round = 0; round < 10; round++) {
      const replies = await Promise.all(types.map(type => place(orderOf(type), { key: `five-${round}` })))
      expect(replies.map(reply => reply.status).toSorted()).toEqual([201, 422])
    }
  })

  test('another person\'s key is another key', async () => {
    const type = await seedTicketType(ctx)
    const tokens = [await it.personToken({ user_id: uuidv7() }),
      await it.personToken({ user_id: uuidv7() })]
    const replies = await Promise.all(tokens.map(token => place(orderOf(type), { key: 'mine', token })))
    expect(new Set(replies.map(reply => reply.body.id)).size).toBe(2)
  })

  test('a refusal is not stored: the key can be tried again when there are tickets', async () => {
    const type = await seedTicketType(ctx, { capacity: 0 })
    expect((await place(orderOf(type), { key: 'six' })).status).toBe(409)
    await sql`update orders.pools set capacity = 1 where id = ${type.id}`.run(ctx.db)
    expect((await place(orderOf(type), { key: 'six' })).status).toBe(201)
  })

  test('no access token is stored with the answer', async () => {
    const type = await seedTicketType(ctx)
    const { body } = await place(orderOf(type), { key: 'secret' })
    const rows = await sql<{ text: string }>`select reply::text as text from orders.idempotency_keys where key = 'secret'`.rows(ctx.db)
    expect(rows[0]!.text).toContain(body.id)
    expect(rows[0]!.text).not.toContain(body.access_token)
  })

  test('a key that no header should carry is refused', async () => {
    const type = await seedTicketType(ctx)
    expect((await place(orderOf(type), { key: 'k'.repeat(256) })).status).toBe(400)
  })
})
