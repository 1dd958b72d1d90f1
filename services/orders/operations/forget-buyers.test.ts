import { credentialsDeleted } from '@fermata/contracts/auth'
import { erasedBuyer } from '@fermata/contracts/fields'
import * as api from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { orderOf, seedTicketType } from '../test/seed.ts'

let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('orders')
})
afterAll(() => it.stop())

async function buy (email: string, token?: string) {
  const type = await seedTicketType(ctx, {})
  const { body } = await it.send(api.placeOrder, {
    token, body: { ...orderOf(type, 2), buyer: { name: 'Ann Buyer', email, locale: 'fr' } } })
  const read = async () =>
    (await it.send(api.getOrder, { params: { id: body.id }, token: body.access_token })).body
  return { order: body, read }
}

const deleted = (user_id: string, email: string, email_verified: boolean) =>
  ctx.transaction(tx => ctx.publish(tx, credentialsDeleted, [
    { user_id, email, email_verified, deleted_at: new Date().toISOString() },
  ]))

test('forgetBuyers: orders of an erased person stay, without name, address and account', async () => {
  const user_id = uuidv7()
  const email = `ann-${user_id}@example.com`
  const mine = await buy(email, await it.personToken({ user_id, email }))
  const as_guest = await buy(email.toUpperCase())
  const stranger = await buy('stranger@example.com')
  await deleted(user_id, email, true)

  const order = await it.eventually(async () => {
    const found = await mine.read()
    return found.user_id === null && found
  })
  const { access_token: _, ...placed } = mine.order
  expect(order).toMatchObject({ ...placed, user_id: null, buyer: { ...erasedBuyer, locale: 'fr' } })
  expect((await as_guest.read()).buyer).toMatchObject(erasedBuyer)
  expect((await stranger.read()).buyer.email).toBe('stranger@example.com')
})

test('forgetBuyers: an account whose address was never proven takes no guest\'s order with it', async () => {
  const user_id = uuidv7()
  const email = `claimed-${user_id}@example.com`
  const guest = await buy(email)
  const own = await buy(email, await it.personToken({ user_id, email }))
  await deleted(user_id, email, false)
  await it.eventually(async () => (await own.read()).user_id === null)
  expect((await guest.read()).buyer.email).toBe(email)
})

test('forgetBuyers: the address is also gone from what is counted for limits', async () => {
  const user_id = uuidv7()
  const email = `ann-${user_id}@example.com`
  const type = await seedTicketType(ctx, { max_per_buyer: 2 })
  const body = { ...orderOf(type, 2), buyer: { name: 'Ann Buyer', email, locale: 'fr' } }
  const token = await it.personToken({ user_id, email })
  expect((await it.send(api.placeOrder, { token, body })).status).toBe(201)
  const counted = async () => (await sql`
    select from orders.limited_purchases where email_key = ${email}`.rows(ctx.db)).length
  expect(await counted()).toBe(1)
  await deleted(user_id, email, true)
  await it.eventually(async () => await counted() === 0, 'the address to be forgotten')
})
