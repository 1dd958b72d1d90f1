import * as api from '@fermata/contracts/orders'
import { paymentSucceeded } from '@fermata/contracts/payments'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import { expireForgotten } from './operations/expire-orders.ts'
import service from './service.ts'
import { eventsPeer } from './test/peers.ts'
import { buyer, in_days, orderOf, seedEvent, seedPromo, seedTicketType, sumsOf, usesOf, type SeededType } from './test/seed.ts'

/** The rules of sale through the API: createPromoCode, listPromoCodes, updatePromoCode, deletePromoCode, quoteOrder. */

const peer = eventsPeer()
let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service, peer.service])
  ctx = it.context<Ctx>('orders')
})
afterAll(() => it.stop())

const place = (body: unknown, token?: string) => it.send(api.placeOrder, { body, token })
const quote = (body: unknown) => it.send(api.quoteOrder, { body })
const cancel = (id: string) => it.send(api.cancelOrder, { params: { id }, token: it.orderToken(id) })
const get = (id: string) => it.send(api.getOrder, { params: { id }, token: it.orderToken(id) })
const change = (id: string, token: string, body: unknown) => it.send(api.updateTicketType, { params: { id }, token, body })

/** A published event with a type on sale, and its organiser. */
async function onSale (given: SeededType = {}) {
  const member_id = uuidv7()
  const event = await seedEvent(ctx, { member_ids: [member_id] })
  peer.known.set(event.id, event)
  const type = await seedTicketType(ctx, { event_id: event.id, ...given })
  return { event, type, token: await it.personToken({ user_id: member_id, roles: ['event_creator'] }) }
}

const endHold = (id: string) => sql`
  update orders.orders set expires_at = now() - interval '1 second' where id = ${id}`.execute(ctx.db)

async function pay (order: { id: string, total_minor: number }) {
  const payment = { payment_id: uuidv7(), order_id: order.id, amount_minor: order.total_minor, currency: 'EUR' }
  const { rows: [row] } = await sql<{ status: string }>`select status from orders.orders where id = ${order.id}`.execute(ctx.db)
  await ctx.transaction(tx => ctx.publish(tx, paymentSucceeded, [paid(payment)]))
  return it.eventually(async () => {
    const { status } = (await get(order.id)).body
    return status !== row!.status && status
  }, 'the payment to be settled')
}
