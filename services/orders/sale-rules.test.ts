import * as api from '@fermata/contracts/orders'
import { paymentSucceeded } from '@fermata/contracts/payments'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import { sweepHolds } from './operations/expire-orders.ts'
import service from './service.ts'
import { eventsPeer } from './test/peers.ts'
import { buyer, in_days, orderOf, seedEvent, seedPromo, seedTicketType, sumsOf, usesOf,
  type SeededType } from './test/seed.ts'

/** The rules of sale through the API: createPromoCode, listPromoCodes, updatePromoCode, deletePromoCode, quoteOrder. */

const peer = eventsPeer()
let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service, peer.service])
  ctx = it.context<Ctx>('orders')
})
afterAll(() => it.stop())

type Type = { id: string, event_id: string }
const place = (body: unknown, token?: string) => it.send(api.placeOrder, { body, token })
const quote = (body: unknown) => it.send(api.quoteOrder, { body })
const cancel = (id: string) =>
  it.send(api.cancelOrder, { params: { id }, token: it.orderToken(id) })
const get = (id: string) => it.send(api.getOrder, { params: { id }, token: it.orderToken(id) })
const change = (id: string, token: string, body: unknown) =>
  it.send(api.updateTicketType, { params: { id }, token, body })

/** A published event with a type on sale, and its organiser. */
async function onSale (given: SeededType = {}) {
  const member_id = uuidv7()
  const event = await seedEvent(ctx, { owner_ids: [member_id] })
  peer.known.set(event.id, event)
  const type = await seedTicketType(ctx, { event_id: event.id, ...given })
  return { event, type, token: await it.personToken({ user_id: member_id, roles: ['event_creator'] }) }
}

const endHold = (id: string) => sql`
  update orders.orders set expires_at = now() - interval '1 second' where id = ${id}`.run(ctx.db)

/** Pays an order, and returns what became of it. */
async function pay (order: api.PlacedOrder): Promise<string> {
  await ctx.transaction(tx => ctx.publish(tx, paymentSucceeded, [{
    payment_id: uuidv7(), order_id: order.id, order_code: order.code, event_id: order.event_id,
    event_title: order.event_title, user_id: null, buyer, provider: 'simulated',
    amount_minor: order.total_minor, currency: order.currency,
      succeeded_at: new Date().toISOString() }]))
  await it.eventually(async () => (await sql<{ n: number }>`
    select count(*) as n from orders.outbox where sent_at is null`.one(ctx.db)).n === 0, 'an empty outbox')
  return (await get(order.id)).body.status
}

describe('placeOrder: what one person may have', () => {
  const buy = (type: Type, quantity: number, email = 'ann@example.com', token?: string) =>
    place({ ...orderOf(type, quantity), buyer: { ...buyer, email } }, token)

  test('counts all orders of an address, whatever its spelling, and says the limit', async () => {
    const { type } = await onSale({ max_per_buyer: 4 })
    expect((await buy(type, 3)).status).toBe(201)
    expect((await buy(type, 2, 'ANN+second@example.com')).problem).toMatchObject(
      { type: api.limitReached.type, status: 409, scope: 'buyer', limit: 4, ticket_type_id: type.id })
    expect((await buy(type, 1, 'Ann@Example.com')).status).toBe(201)
    expect((await buy(type, 4, 'bob@example.com')).status).toBe(201)
  })

  test('counts an account under any address, and its address without the account', async () => {
    const { type } = await onSale({ max_per_buyer: 4 })
    const token = await it.personToken()
    expect((await buy(type, 3, 'one@example.com', token)).status).toBe(201)
    expect((await buy(type, 2, 'two@example.com', token)).problem).toMatchObject({ scope: 'buyer' })
    expect((await buy(type, 2, 'one@example.com')).problem).toMatchObject({ scope: 'buyer' })
    expect((await buy(type, 2, 'two@example.com')).status).toBe(201)
  })

  test('what is given up, or not paid in time, may be bought again; what is paid may not', async () => {
    const { type } = await onSale({ max_per_buyer: 2 })
    const { body: first } = await buy(type, 2)
    expect((await cancel(first.id)).status).toBe(200)
    const { body: second } = await buy(type, 2)
    // Nothing has swept it: the buyer's own request finds that it is over.
    await endHold(second.id)
    const { status, body: third } = await buy(type, 2)
    expect(status).toBe(201)
    expect(await pay(third)).toBe('completed')
    expect((await buy(type, 1)).problem).toMatchObject({ scope: 'buyer', limit: 2 })
  })

  test('holding, letting go, buying again and paying both gets the first one\'s money back', async () => {
    const { type } = await onSale({ max_per_buyer: 2 })
    const { body: late } = await buy(type, 2)
    await endHold(late.id)
    await sweepHolds(ctx)
    const { body: again } = await buy(type, 2)
    expect(again.status).toBe('pending')
    expect(await pay(late)).toBe('refunded')
    expect(await pay(again)).toBe('completed')
    expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, sold: 2 })
  })

  test('a limit that comes later counts what was bought before', async () => {
    const { type, token } = await onSale()
    expect((await buy(type, 3)).status).toBe(201)
    expect((await change(type.id, token, { max_per_buyer: 4 })).body)
      .toMatchObject({ max_per_buyer: 4 })
    expect((await buy(type, 2)).problem).toMatchObject({ scope: 'buyer' })
    expect((await buy(type, 1)).status).toBe(201)
    expect((await change(type.id, token, { max_per_buyer: null })).status).toBe(200)
    expect((await buy(type, 5)).status).toBe(201)
    await change(type.id, token, { max_per_buyer: 9 })
    expect((await buy(type, 1)).problem).toMatchObject({ scope: 'buyer', limit: 9 })
  })

  test('a repeated key gets its order again, limit or not', async () => {
    const { type } = await onSale({ max_per_buyer: 2 })
    const send = () => it.send(api.placeOrder, { body: orderOf(type, 2), key: `twice-${type.id}` })
    const replies = await Promise.all([send(), send(), send()])
    expect(replies.map(reply => reply.status)).toEqual([201, 201, 201])
    expect(new Set(replies.map(reply => reply.body.id)).size).toBe(1)
  })
})

describe('placeOrder: promo codes', () => {
  const using = (type: Type, quantity = 1, promo_code = 'SPRING') =>
    ({ ...orderOf(type, quantity), promo_code })

  test('the order keeps the code, the reduced price and the discount, and so does what is told of it', async () => {
    const { type } = await onSale({ price_minor: 1995 })
    await seedPromo(ctx, { event_id: type.event_id })
    const expected = { total_minor: 3590, promo_code: 'SPRING',
      items: [{ ticket_type_id: type.id, name: 'Adult', quantity: 2, unit_price_minor: 1795,
        discount_minor: 200 }] }
    expect((await quote(
      { event_id: type.event_id, items: orderOf(type, 2).items, promo_code: 'spring' })).body)
      .toEqual({ ...expected, currency: 'EUR' })
    const { status, body } = await place(using(type, 2, 'spring'))
    expect(status).toBe(201)
    expect(body).toMatchObject(expected)
    expect((await get(body.id)).body).toMatchObject(expected)
    const rows = await sql<{ data: unknown }>`select data from orders.outbox_events where data ->> 'order_id' = ${body.id}`.rows(ctx.db)
    expect(rows[0]!.data).toMatchObject(expected)
  })

  test('an order that its code makes free is completed at once', async () => {
    const { type } = await onSale()
    await seedPromo(ctx, { event_id: type.event_id, percent: null, amount_minor: 5000 })
    expect((await place(using(type))).body).toMatchObject({ status: 'completed', total_minor: 0 })
  })

  test('only of the types it is for, and only in its time', async () => {
    const { type, event } = await onSale()
    const other = await seedTicketType(ctx, { event_id: event.id, name: 'Child' })
    await seedPromo(ctx, { event_id: event.id, code: 'CHILD', ticket_type_ids: [other.id] })
    await seedPromo(ctx, { event_id: event.id, code: 'SOON', valid_from: in_days(1) })
    await seedPromo(ctx, { event_id: event.id, code: 'PAST', valid_until: in_days(-1) })
    for (const [code, reason] of [['CHILD', 'not_for_these'], ['SOON', 'not_yet'], ['PAST', 'ended'], ['NONE', 'unknown']] as const) {
      expect((await place(using(type, 1, code))).problem)
        .toMatchObject({ type: api.promoCodeRefused.type, status: 409, promo_code: code, reason })
    }
    const both = [...orderOf(type).items, ...orderOf(other).items]
    expect((await place({ ...using(type, 1, 'CHILD'), items: both })).body.total_minor).toBe(1900)
    // A code of another event is no code here.
    const elsewhere = await onSale()
    expect((await place(using(elsewhere.type, 1, 'CHILD'))).problem).toMatchObject({ reason: 'unknown' })
  })

  test('uses come back when an order is canceled, expires or is refunded, and are taken again by a late payment', async () => {
    const { type } = await onSale()
    const promo = await seedPromo(ctx, { event_id: type.event_id, max_uses: 1 })
    const { body: canceled } = await place(using(type))
    expect((await place(using(type))).problem).toMatchObject({ reason: 'used_up', left: 0 })
    await cancel(canceled.id)
    const { body: late } = await place(using(type))
    await endHold(late.id)
    // The next buyer reclaims the budget before anything sweeps.
    const { body: next } = await place(using(type))
    expect(next.status).toBe('pending')
    expect(await usesOf(ctx, promo)).toEqual({ used: 1, by_orders: 1 })
    expect(await pay(late)).toBe('refunded')
    await endHold(next.id)
    await sweepHolds(ctx)
    expect(await usesOf(ctx, promo)).toEqual({ used: 0, by_orders: 0 })
    expect(await pay(next)).toBe('completed')
    expect(await usesOf(ctx, promo)).toEqual({ used: 1, by_orders: 1 })
  })

  test('the database itself refuses to overspend', async () => {
    const { type } = await onSale()
    const promo = await seedPromo(ctx, { event_id: type.event_id, max_uses: 2 })
    const spend = sql`update orders.promo_codes set used = used + 3 where id = ${promo}`.run(ctx.db)
    await expect(spend).rejects.toThrow(/promo_codes_never_overspent/)
  })
})

describe('placeOrder: price steps', () => {
  test('an order across a step has a line at each price, and tickets that come back are cheap again', async () => {
    const { type } = await onSale({ tiers: [{ price_minor: 500, up_to_sold: 3 }] })
    const { body: first } = await place(orderOf(type, 2))
    const { body: across } = await place(orderOf(type, 2))
    const items = [{ quantity: 1, unit_price_minor: 500 }, { quantity: 1, unit_price_minor: 1000 }]
    expect(across).toMatchObject({ total_minor: 1500, items })
    expect((await get(across.id)).body).toMatchObject({ total_minor: 1500, items })
    const listed = async () =>
      (await it.send(api.listTicketTypes, { query: { event_id: type.event_id } })).body.items[0]
    expect(await listed()).toMatchObject({ price_minor: 1000, current_price_minor: 1000 })
    await cancel(first.id)
    expect(await listed()).toMatchObject({ current_price_minor: 500 })
    expect((await place(orderOf(type))).body.total_minor).toBe(500)
    expect(await pay(across)).toBe('completed')
    expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 1, sold: 2, tickets: 3 })
  })

  test('of many at once exactly the first get the lower price', async () => {
    const { type } = await onSale({ tiers: [{ price_minor: 500, up_to_sold: 25 }], capacity: 100 })
    await Promise.all(Array.from({ length: 40 }, (_, i) => place(orderOf(type, 1 + i % 3))))
    const rows = await sql<{ tickets: number }>`
      select sum(quantity)::integer as tickets from orders.order_items where ticket_type_id = ${type.id} and unit_price_minor = 500`.rows(ctx.db)
    expect(rows[0]!.tickets).toBe(25)
  })

  test('a step ends at its moment by the database\'s clock; a code takes off what is left', async () => {
    const { type } = await onSale(
      { tiers: [{ price_minor: 100, until: in_days(-1) },
        { price_minor: 300, until: in_days(1) }] })
    await seedPromo(ctx, { event_id: type.event_id })
    expect((await place({ ...orderOf(type), promo_code: 'SPRING' })).body.items)
      .toMatchObject([{ unit_price_minor: 270, discount_minor: 30 }])
  })

  test('organisers are told of steps that nobody could reach; moments are kept in UTC', async () => {
    const { type, token } = await onSale()
    expect((await change(type.id, token, { tiers: [{ price_minor: 5 }] })).problem)
      .toMatchObject({ errors: [{ field: 'tiers' }] })
    expect((await change(type.id, token, { tiers: [{ price_minor: 5, until: '2030-01-01T01:00:00+01:00' }] })).body)
      .toMatchObject({ tiers: [{ price_minor: 5, until: '2030-01-01T00:00:00.000Z' }], current_price_minor: 5 })
  })
})

describe('hidden types', () => {
  test('are neither listed nor sold without their code, and the code is for organisers only', async () => {
    const { type, token } = await onSale({ access_code: 'open-sesame' })
    const list = async (code?: string, as?: string) =>
      (await it.send(api.listTicketTypes,
        { query: { event_id: type.event_id, code }, token: as })).body.items
    expect(await list()).toEqual([])
    expect(await list('open-sesam')).toEqual([])
    expect(await list('open-sesame')).toMatchObject([{ id: type.id }])
    expect((await list('open-sesame'))[0]).not.toHaveProperty('access_code')
    expect(await list(undefined, token)).toMatchObject([{ id: type.id, access_code: 'open-sesame' }])
    const order = orderOf(type)
    for (const access_code of [undefined, 'open-sesamE']) {
      expect((await place({ ...order, access_code })).problem)
        .toMatchObject({ type: api.unknownTicketType.type, status: 404 })
      expect((await quote({ event_id: order.event_id, items: order.items, access_code })).status)
        .toBe(404)
    }
    expect((await place({ ...order, access_code: 'open-sesame' })).status).toBe(201)
  })
})

describe('donations', () => {
  test('the buyer names the price of each ticket, within limits', async () => {
    const { type } = await onSale({ pricing: 'donation', min_price_minor: 300, price_minor: 1000 })
    const giving = (price_minor?: number) =>
      ({ ...orderOf(type), items: [{ ticket_type_id: type.id, quantity: 2, price_minor }] })
    expect((await place(giving(450))).body)
      .toMatchObject({ total_minor: 900, items: [{ unit_price_minor: 450 }] })
    for (const price of [undefined, 299, 1_000_001]) {
      expect((await place(giving(price))).problem).toMatchObject(
        { type: api.priceRefused.type, status: 409, minimum_minor: 300, maximum_minor: 1_000_000 })
    }
  })

  test('nobody names the price of anything else', async () => {
    const { type } = await onSale()
    expect((await place(
      { ...orderOf(type), items: [{ ticket_type_id: type.id, quantity: 1, price_minor: 1 }] }))
        .problem)
      .toMatchObject({ status: 400, errors: [{ field: 'items' }] })
  })

  test.each([
    ['tiers', { pricing: 'donation', tiers: [{ price_minor: 1, up_to_sold: 1 }] }],
    ['min_price_minor', { min_price_minor: 5 }], ['max_per_buyer', { min_per_order: 3, max_per_buyer: 2 }],
    ['access_code', { access_code: 'short' }],
  ])('createTicketType: not with a wrong %s', async (field, given) => {
    const { event, token } = await onSale()
    const { problem } = await it.send(api.createTicketType, { token, body: {
      event_id: event.id, name: 'Gift', price_minor: 1000, currency: 'EUR', capacity: 10, ...given } })
    expect(problem).toMatchObject({ status: 400, errors: [{ field }] })
  })
})

describe('listPromoCodes: codes of an organiser', () => {
  const create = (token: string | undefined, body: unknown, key?: string) =>
    it.send(api.createPromoCode, { token, body, key })
  const update = (id: string, token: string, body: unknown) =>
    it.send(api.updatePromoCode, { params: { id }, token, body })
  const remove = (id: string, token: string) =>
    it.send(api.deletePromoCode, { params: { id }, token })

  test('createPromoCode: keeps the code in capital letters, once for a key and once for an event', async () => {
    const { event, token } = await onSale()
    const body = { event_id: event.id, code: 'early-Bird', percent: 15, max_uses: 50 }
    const { status, body: made } = await create(token, body, 'one')
    expect(status).toBe(201)
    expect(made)
      .toMatchObject(
        { code: 'EARLY-BIRD', percent: 15, amount_minor: null, max_uses: 50, counts: 'orders', used: 0 })
    expect((await create(token, body, 'one')).body).toEqual(made)
    expect((await create(token, body)).problem)
      .toMatchObject({ type: api.promoCodeTaken.type, status: 409, code: 'EARLY-BIRD' })
    expect((await it.send(api.listPromoCodes, { token, query: { event_id: event.id } }))
      .body.items).toEqual([made])
  })

  test.each([
    ['percent', {}], ['percent', { percent: 5, amount_minor: 5 }], ['percent', { percent: 101 }],
    ['valid_until', { percent: 5, valid_from: in_days(2), valid_until: in_days(1) }],
    ['ticket_type_ids', { percent: 5, ticket_type_ids: [uuidv7()] }], ['code', { percent: 5, code: 'no spaces' }],
  ])('createPromoCode: not with a wrong %s (%#)', async (field, given) => {
    const { event, token } = await onSale()
    const { problem } = await create(token, { event_id: event.id, code: 'CODE', ...given })
    expect(problem.status).toBe(400)
    expect(problem.errors![0]!.field).toContain(field)
  })

  test('updatePromoCode: changes what is asked, and no budget below what was used', async () => {
    const { type, token } = await onSale()
    const { body: code } = await create(token,
      { event_id: type.event_id, code: 'FIVE', amount_minor: 500, counts: 'tickets' })
    await place({ ...orderOf(type, 3), promo_code: 'FIVE' })
    expect((await update(code.id, token, { max_uses: 2 })).problem)
      .toMatchObject({ type: api.budgetTooSmall.type, status: 409, used: 3 })
    expect((await update(code.id, token, { max_uses: 3, ticket_type_ids: [type.id] })).body)
      .toMatchObject({ max_uses: 3, used: 3, amount_minor: 500, ticket_type_ids: [type.id] })
    expect((await update(code.id, token, { percent: 5 })).status).toBe(400)
    expect((await update(code.id, token, { percent: 5, amount_minor: null })).body)
      .toMatchObject({ percent: 5 })
    expect((await update(code.id, token, { code: 'OTHER' })).status).toBe(400)
  })

  test('deletePromoCode: only one that no order used', async () => {
    const { type, token } = await onSale()
    const { body: code } = await create(token, { event_id: type.event_id, code: 'GONE', percent: 5 })
    const { body: used } = await create(token, { event_id: type.event_id, code: 'USED', percent: 5 })
    await place({ ...orderOf(type), promo_code: 'USED' })
    expect((await remove(used.id, token)).problem)
      .toMatchObject({ type: api.promoCodeInUse.type, status: 409, used: 1 })
    expect((await remove(code.id, token)).status).toBe(204)
    expect((await remove(code.id, token)).status).toBe(404)
  })

  test('nobody else sees or changes them', async () => {
    const { event, token } = await onSale()
    const { body: code } = await create(token, { event_id: event.id, code: 'MINE', percent: 5 })
    const stranger = await it.personToken({ roles: ['event_creator'] })
    for (const [as, status] of [[stranger, 404], [await it.personToken(), 403]] as const) {
      expect((await create(as, { event_id: event.id, code: 'HIS', percent: 5 })).status).toBe(status)
      expect((await update(code.id, as, { percent: 99 })).status).toBe(status)
      expect((await remove(code.id, as)).status).toBe(status)
      expect((await it.send(api.listPromoCodes, { token: as, query: { event_id: event.id } }))
        .status).toBe(status)
    }
    expect((await create(undefined, { event_id: event.id, code: 'HIS', percent: 5 })).status).toBe(401)
  })

  test('a code for a type that was removed is for nothing, never for everything', async () => {
    const { event, type, token } = await onSale()
    const other = await seedTicketType(ctx, { event_id: event.id })
    await create(token, { event_id: event.id, code: 'OTHER', percent: 50, ticket_type_ids: [other.id] })
    expect((await it.send(api.deleteTicketType, { params: { id: other.id }, token })).status)
      .toBe(204)
    expect((await place({ ...orderOf(type), promo_code: 'OTHER' })).problem)
      .toMatchObject({ reason: 'not_for_these' })
  })
})

describe('quoteOrder: what an order would cost', () => {
  test('holds nothing, and refuses what an order would be refused', async () => {
    const { type } = await onSale({ capacity: 1 })
    const body = { event_id: type.event_id, items: orderOf(type).items }
    for (let i = 0; i < 3; i++) expect((await quote(body)).body.total_minor).toBe(1000)
    expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 0, orders: 0 })
    expect((await place(orderOf(type))).status).toBe(201)
    expect((await quote(body)).problem).toMatchObject({ type: api.soldOut.type, status: 409 })
    expect((await quote({ ...body, event_id: uuidv7() })).status).toBe(404)
    expect((await quote({ ...body, items: [...body.items, ...body.items] })).status).toBe(400)
  })
})
