import { eventPublished } from '@fermata/contracts/events'
import type { EventFacts } from '@fermata/contracts/fields'
import * as api from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import service from './service.ts'
import { eventsPeer } from './test/peers.ts'
import { in_days, orderOf, seedPool, seedTicketType, someEvent } from './test/seed.ts'

/** Ticket types, pools and sales: what organisers and other services do with stock. */

const peer = eventsPeer()
let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service, peer.service])
  ctx = it.context<Ctx>('orders')
})
afterAll(() => it.stop())

/** A draft that only the events service knows, and the token of its organiser. */
async function someDraft (facts: Parameters<typeof someEvent>[0] = {}) {
  const member_id = uuidv7()
  const event = someEvent({ status: 'draft', ...facts })
  peer.known.set(event.id, event)
  peer.owners.set(event.organizer_id, [member_id])
  return { event, member_id, token: await it.personToken({ user_id: member_id, roles: ['event_creator'] }) }
}

const newType = (event_id: string, given: Partial<api.NewTicketType> = {}): api.NewTicketType =>
  ({ event_id, name: 'Adult', price_minor: 1250, currency: 'EUR', capacity: 10, ...given })

const create = (token: string | undefined, body: unknown, key?: string) => it.send(
  api.createTicketType, { token, body, key })

async function publish (event: ReturnType<typeof someEvent>) {
  await ctx.transaction(tx => ctx
    .publish(tx, eventPublished, [{ ...event, status: 'published', version: event.version + 1 }]))
  await it.eventually(async () => (await sql`select from orders.events where id = ${event.id} and status = 'published'`.rows(ctx.db)).length === 1, 'the event to be on sale')
}

/** Each by somebody else, so that no limit of a person matters. */
const buy = (type: { id: string, event_id: string }, quantity: number) => it.send(
  api.placeOrder, { body: { ...orderOf(type, quantity),
    buyer: { name: 'Ann', email: `ann-${uuidv7()}@example.com`, locale: 'en' } } })

describe('createTicketType: puts tickets on sale', () => {
  test('for a draft of one\'s own, with sensible defaults, and for buyers once it is published', async () => {
    const { event, token } = await someDraft()

    const { status, body } = await create(token, newType(event.id))

    expect(status).toBe(201)
    expect(body).toMatchObject(
      { event_id: event.id, name: 'Adult', description: '', price_minor: 1250, currency: 'EUR',
      capacity: 10, available: 10, held: 0, sold: 0, pool_ids: [], sales_start: null,
        sales_end: null, min_per_order: 1,
      max_per_order: 10, position: 0, on_sale: 'closed' })
    const list = (as?: string) => it.send(
      api.listTicketTypes, { token: as, query: { event_id: event.id } })
    expect((await list()).body).toEqual({ items: [], next_cursor: null })
    expect((await list(await it.personToken({ roles: ['event_creator'] }))).body.items).toEqual([])
    expect((await list(token)).body.items).toEqual([body])
    await publish(event)
    const { held: _, sold: __, access_code: ___, ...seen } = (await list(token)).body.items[0]!
    expect((await list()).body.items).toEqual([{ ...seen, on_sale: 'open' }])
  })

  test('once for a repeated key', async () => {
    const { event, token } = await someDraft()
    const first = await create(token, newType(event.id), 'same')
    expect((await create(token, newType(event.id), 'same')).body).toEqual(first.body)
    expect((await create(token, newType(event.id, { name: 'Child' }), 'same')).status).toBe(422)
    expect((await it.send(api.listTicketTypes,
      { token, query: { event_id: event.id } })).body.items).toHaveLength(1)
  })

  test('not for somebody else\'s event, another role, or an unknown event', async () => {
    const { event, member_id } = await someDraft()
    expect((await create(await it.personToken({ roles: ['event_creator'] }), newType(event.id))).status)
      .toBe(404)
    expect((await create(await it.personToken({ user_id: member_id }), newType(event.id))).status)
      .toBe(403)
    expect((await create(undefined, newType(event.id))).status).toBe(401)
    expect((await create(await it.personToken({ roles: ['admin'] }), newType(uuidv7()))).status)
      .toBe(404)
    expect((await create(await it.personToken({ roles: ['admin'] }), newType(event.id))).status)
      .toBe(201)
  })

  test('not in another currency, not for an event that is canceled or over, not from unknown pools', async () => {
    const { event, token } = await someDraft()
    expect((await create(token, newType(event.id, { currency: 'USD' }))).problem)
      .toMatchObject({ type: api.currencyMismatch.type, status: 409, currency: 'EUR' })
    const pool_id = uuidv7()
    expect((await create(token, newType(event.id, { pool_ids: [pool_id] }))).problem)
      .toMatchObject({ type: api.unknownPool.type, status: 404, pool_id })
    const other = await seedTicketType(ctx)
    expect((await create(token, newType(event.id, { pool_ids: [other.id] }))).status).toBe(404)
    for (const [reason, facts] of [['canceled', { status: 'canceled' as const }],
      ['over', { ends_at: in_days(-1) }]] as const) {
      const ended = await someDraft(facts)
      expect((await create(ended.token, newType(ended.event.id))).problem)
        .toMatchObject({ type: api.eventClosed.type, status: 409, reason })
    }
  })

  test.each([
    ['max_per_order', { min_per_order: 5, max_per_order: 4 }],
    ['sales_end', { sales_start: in_days(2), sales_end: in_days(1) }],
    ['price_minor', { price_minor: -1 }], ['capacity', { capacity: 1.5 }], ['currency', { currency: 'euro' }],
    ['held', { held: 3 }], ['pool_ids', { pool_ids: ['x', 'x'] }],
  ])('not with a wrong %s', async (field, given) => {
    const { event, token } = await someDraft()
    const { status, problem } = await create(token, { ...newType(event.id), ...given })
    expect(status).toBe(400)
    expect(problem.errors!.some(error => error.field.startsWith(field))).toBe(true)
  })

  test('not more than a page of them', async () => {
    const { event, token } = await someDraft()
    await create(token, newType(event.id))
    for (let i = 0; i < 99; i++) await seedTicketType(ctx, { event_id: event.id })
    expect((await create(token, newType(event.id))).problem)
      .toMatchObject({ errors: [{ field: 'event_id' }] })
  })
})

describe('updateTicketType: while it sells', () => {
  /** A type of which 2 are held and 3 sold. */
  async function selling () {
    const { event, token } = await someDraft()
    const { body: type } = await create(token, newType(event.id, { price_minor: 0 }))
    await publish(event)
    expect((await buy(type, 3)).status).toBe(201)
    await it.send(api.updateTicketType,
      { token, params: { id: type.id }, body: { price_minor: 1000 } })
    expect((await buy(type, 2)).status).toBe(201)
    return { event, token, type, change: (body: unknown, as = token) =>
      it.send(api.updateTicketType, { token: as, params: { id: type.id }, body }) }
  }

  test('changes what is asked and leaves the rest', async () => {
    const { change, type } = await selling()
    const { status, body } = await change({ name: 'Grown-up', sales_end: in_days(3), position: 2 })
    expect(status).toBe(200)
    expect(body).toMatchObject(
      { id: type.id, name: 'Grown-up', position: 2, price_minor: 1000, capacity: 10, available: 5,
      held: 2, sold: 3, on_sale: 'open', description: '' })
    expect((await change({ sales_end: null })).body.sales_end).toBeNull()
  })

  test('capacity goes down to what is held and sold, not below', async () => {
    const { change, type } = await selling()
    expect((await change({ capacity: 4 })).problem)
      .toMatchObject({ type: api.capacityTooSmall.type, status: 409, held: 2, sold: 3 })
    expect((await change({ capacity: 5 })).body)
      .toMatchObject({ capacity: 5, available: 0, on_sale: 'sold_out' })
    expect((await buy(type, 1)).status).toBe(409)
    expect((await change({ capacity: 6 })).body).toMatchObject({ available: 1 })
    expect((await buy(type, 1)).status).toBe(201)
  })

  test('what is held and sold moves with it into and out of shared pools', async () => {
    const { change, event, token } = await selling()
    const [small, large] = [await seedPool(ctx, event.id, 4), await seedPool(ctx, event.id, 6)]
    expect((await change({ pool_ids: [small] })).problem)
      .toMatchObject({ type: api.capacityTooSmall.type, held: 2, sold: 3 })
    expect((await change({ pool_ids: [large] })).body)
      .toMatchObject({ pool_ids: [large], available: 1 })
    const pools = async () =>
      (await it.send(api.listPools, { token, query: { event_id: event.id } })).body.items
    expect(await pools())
      .toMatchObject([{ id: small, held: 0, sold: 0 }, { id: large, held: 2, sold: 3 }])
    expect((await change({ pool_ids: [] })).body).toMatchObject({ pool_ids: [], available: 5 })
    expect(await pools()).toMatchObject([{ held: 0, sold: 0 }, { held: 0, sold: 0 }])
    expect((await change({ pool_ids: [uuidv7()] })).problem)
      .toMatchObject({ type: api.unknownPool.type })
  })

  test('limits are judged together with those that stay', async () => {
    const { change } = await selling()
    expect((await change({ min_per_order: 11 })).problem).toMatchObject({ errors: [{ field: 'max_per_order' }] })
    expect((await change({ currency: 'USD' })).status).toBe(400)
  })

  test('not by others, and not what is not there', async () => {
    const { change, token } = await selling()
    expect((await change({ name: 'Mine' }, await it.personToken({ roles: ['event_creator'] }))).status).toBe(404)
    expect((await change({ name: 'Mine' }, await it.personToken())).status).toBe(403)
    expect((await it.send(api.updateTicketType,
      { token, params: { id: uuidv7() }, body: {} })).status).toBe(404)
  })
})

describe('deleteTicketType: only what nobody has ordered', () => {
  test('removes it with its stock', async () => {
    const { event, token } = await someDraft()
    const { body: type } = await create(token, newType(event.id))
    const remove = (as: string) => it.send(
      api.deleteTicketType, { token: as, params: { id: type.id } })
    expect((await remove(await it.personToken({ roles: ['event_creator'] }))).status).toBe(404)
    expect((await remove(await it.personToken())).status).toBe(403)
    expect((await remove(token)).status).toBe(204)
    expect((await remove(token)).status).toBe(404)
    expect(await sql`select from orders.pools where id = ${type.id}`.rows(ctx.db)).toEqual([])
  })

  test('refuses once it was ordered, also when the order is over', async () => {
    const { event, token } = await someDraft()
    const { body: type } = await create(token, newType(event.id))
    await publish(event)
    const { body: order } = await buy(type, 2)
    const remove = () => it.send(api.deleteTicketType, { token, params: { id: type.id } })
    expect((await remove()).problem)
      .toMatchObject({ type: api.ticketTypeInUse.type, status: 409, held: 2, sold: 0 })
    await it.send(api.cancelOrder, { params: { id: order.id }, token: it.orderToken(order.id) })
    expect((await remove()).problem).toMatchObject({ held: 0, sold: 0 })
  })
})

describe('createPool: stock that types share', () => {
  test('two types draw from one room', async () => {
    const { event, token } = await someDraft()
    const { status, body: room } = await it.send(
      api.createPool, { token, body: { event_id: event.id, name: 'Room', capacity: 5 } })
    expect(status).toBe(201)
    expect(room).toMatchObject({ event_id: event.id, name: 'Room', capacity: 5, held: 0, sold: 0 })
    const types = [await create(token, newType(event.id, { pool_ids: [room.id] })),
      await create(token, newType(event.id, { name: 'Child', pool_ids: [room.id] }))]
        .map(reply => reply.body)
    await publish(event)
    expect((await buy(types[0]!, 4)).status).toBe(201)
    expect((await buy(types[1]!, 2)).problem)
      .toMatchObject({ type: api.soldOut.type, name: 'Child', available: 1 })
    const { body } = await it.send(api.listTicketTypes, { query: { event_id: event.id } })
    expect(body.items.map(type => type.available)).toEqual([1, 1])
    expect((await it.send(api.listPools, { token, query: { event_id: event.id } })).body.items)
      .toMatchObject([{ held: 4 }])
  })

  test('listPools: not for others, createPool: not for an event that is over', async () => {
    const { event } = await someDraft()
    const body = { event_id: event.id, name: 'Room', capacity: 5 }
    const stranger = await it.personToken({ roles: ['event_creator'] })
    expect((await it.send(api.createPool, { token: stranger, body })).status).toBe(404)
    expect((await it.send(api.listPools,
      { token: stranger, query: { event_id: event.id } })).status).toBe(404)
    expect((await it.send(api.createPool, { token: await it.personToken(), body })).status)
      .toBe(403)
    expect((await it.send(api.listPools, { query: { event_id: event.id } })).status).toBe(401)
    const over = await someDraft({ ends_at: in_days(-1) })
    expect((await it.send(api.createPool,
      { token: over.token, body: { ...body, event_id: over.event.id } })).problem)
      .toMatchObject({ type: api.eventClosed.type, reason: 'over' })
  })
})

describe('setEventPool: the limit of a whole event', () => {
  const set = async (event_id: string, capacity: number | null) => it.send(api.setEventPool,
    { params: { event_id }, body: { capacity }, token: await it.serviceToken('orders', 'events') })

  test('may come first, limits all types, moves, and is lifted', async () => {
    const { event, token } = await someDraft()
    expect((await set(event.id, 5)).body).toEqual({ capacity: 5, held: 0, sold: 0 })
    const types = [await create(token, newType(event.id)),
      await create(token, newType(event.id, { name: 'Child' }))].map(reply => reply.body)
    expect(types.map(type => type.available)).toEqual([5, 5])
    await publish(event)
    expect((await buy(types[0]!, 4)).status).toBe(201)
    expect((await buy(types[1]!, 2)).status).toBe(409)
    expect((await set(event.id, 3)).problem)
      .toMatchObject({ type: api.capacityTooSmall.type, status: 409, held: 4, sold: 0 })
    expect((await set(event.id, 6)).body).toEqual({ capacity: 6, held: 4, sold: 0 })
    expect((await buy(types[1]!, 2)).status).toBe(201)
    expect((await set(event.id, null)).body).toEqual({ capacity: null, held: 6, sold: 0 })
    expect((await buy(types[1]!, 8)).status).toBe(201)
    expect((await set(event.id, 13)).status).toBe(409)
    expect((await set(event.id, 14)).body).toEqual({ capacity: 14, held: 14, sold: 0 })
    expect((await buy(types[0]!, 1)).problem).toMatchObject({ available: 0 })
  })

  test('is closed to people', async () => {
    const { event, token } = await someDraft()
    for (const as of [undefined, token, await it.personToken({ roles: ['admin'] })]) {
      expect((await it.send(api.setEventPool,
        { params: { event_id: event.id }, body: { capacity: 1 }, token: as })).status).toBe(401)
    }
  })
})

test('learnEvent: a canceled event sells nothing from the answer on, and older facts change nothing', async () => {
  const { event, token } = await someDraft()
  const { body: type } = await create(token, newType(event.id))
  await publish(event)
  expect((await buy(type, 1)).status).toBe(201)
  const learn = async (facts: EventFacts, as?: string) => {
    peer.known.set(event.id, facts)
    return (await it.send(api.learnEvent, { params: { event_id: event.id },
      token: as ?? await it.serviceToken('orders', 'events') })).status
  }
  const canceled = { ...event, status: 'canceled' as const, version: 9 }

  expect(await learn(canceled, token)).toBe(401)
  expect((await buy(type, 1)).status).toBe(201)
  expect(await learn(canceled)).toBe(204)
  expect(await learn({ ...event, status: 'published', version: 8 })).toBe(204)

  expect((await buy(type, 1)).problem).toMatchObject({ type: api.eventClosed.type, reason: 'canceled' })
})

describe('getEventSales: what an event has sold, holds and earned', () => {
  const sales = async (event_id: string) => it.send(api.getEventSales,
    { params: { event_id }, token: await it.serviceToken('orders', 'events') })

  test('by type and in all; held money is not earned yet', async () => {
    const { event, token } = await someDraft()
    const { body: adult } = await create(token, newType(event.id))
    const { body: child } =
      await create(token, newType(event.id, { name: 'Child', price_minor: 0, capacity: 4 }))
    await publish(event)
    await buy(adult, 2)
    await buy(child, 3)
    expect((await sales(event.id)).body)
      .toMatchObject({ event_id: event.id, capacity: 14, held: 2, sold: 3, revenue: [],
      ticket_types: [{ ticket_type_id: adult.id, capacity: 10, held: 2, sold: 0, revenue_minor: 0 },
        { ticket_type_id: child.id, capacity: 4, held: 0, sold: 3, revenue_minor: 0 }] })
    await sql`update orders.orders set status = 'completed', completed_at = now() where event_id = ${event.id}`.run(ctx.db)
    expect((await sales(event.id)).body.revenue).toEqual([{ currency: 'EUR', amount_minor: 2500 }])
  })

  test('zeros for an event without orders, nothing for people', async () => {
    const event_id = uuidv7()
    expect((await sales(event_id)).body)
      .toEqual({ event_id, capacity: 0, held: 0, sold: 0, revenue: [], ticket_types: [] })
    expect((await it.send(api.getEventSales,
      { params: { event_id }, token: await it.personToken({ roles: ['admin'] }) })).status).toBe(401)
  })
})

test('listTicketTypes: an event that was never heard of sells nothing', async () => {
  expect((await it.send(api.listTicketTypes, { query: { event_id: uuidv7() } })).body)
    .toEqual({ items: [], next_cursor: null })
  expect((await it.send(api.listTicketTypes, { query: { event_id: 'x' } })).status).toBe(400)
})
