import { createClient, type Call } from '@fermata/contracts/client'
import type { AnyRoute, ReplyOf } from '@fermata/contracts/define'
import * as events from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import { demoAccounts, seedDemoAccounts } from '@fermata/auth/operations/seed-demo-accounts'
import type { System } from '@fermata/platform/system'
import { createInjectFetch } from '../inject-fetch.ts'
import { demoEvents, demoPurchases, type DemoEvent } from './demo-events.ts'
import { localTime } from './demo-time.ts'
import { hasEvents, moveEvent } from './queries.ts'

interface Seeded { event: events.Event, types: Map<string, orders.TicketType> }

/**
 * Fills an empty installation with accounts, events and purchases a newcomer can play with. All of it goes through the
 * public API as a person would do it. A seeding that was cut short is finished by the next start: each step carries
 * an idempotency key of its own.
 */
export async function seedDemo (system: System): Promise<void> {
  await seedDemoAccounts(system.contexts.get('auth')! as never)
  if (await isSeeded(system)) return
  const organizer = await clientOf(system, 'eventcreator')
  const buyer = await clientOf(system, 'user')
  const seeded = new Map<string, Seeded>()
  for (const demo of demoEvents) seeded.set(demo.key, await seedEvent(organizer, demo))
  for (const [index, purchase] of demoPurchases.entries()) {
    const { event, types } = seeded.get(purchase.event)!
    const items = Object.entries(purchase.items).map(([name, quantity]) => ({ ticket_type_id: types.get(name)!.id, quantity }))
    await buy(buyer, `demo-purchase-${index}`, event.id, items)
  }
  for (const demo of demoEvents) await settle(system, organizer, buyer, demo, seeded.get(demo.key)!)
}

/** True once the last step of a seeding was done: the past event lies in the past. */
async function isSeeded (system: System): Promise<boolean> {
  return hasEvents(system.contexts.get('events')!.db, demoEvents.length)
}

async function clientOf (system: System, account: keyof typeof demoAccounts): Promise<Call> {
  const { id, email, roles } = demoAccounts[account]
  const token = await system.tokens.signAccess({ user_id: id, roles: [...roles], login_id: id, email, email_verified: true })
  const fetch = createInjectFetch(system.app, { address: '127.0.0.1', request_id: `demo-seed-${account}` })
  return createClient({ base_url: '', fetch, headers: { authorization: `Bearer ${token}` } }).call
}

/** The body of a success; a demo that cannot be made is a bug and ends the start. */
async function must<R extends AnyRoute> (call: Call, route: R, input: unknown, key?: string): Promise<ReplyOf<R>> {
  const answer = await (call as (route: AnyRoute, input: unknown) => ReturnType<Call>)(
    route, { ...input as object, ...(key && { headers: { 'idempotency-key': key } }) })
  if (!answer.ok) throw new Error(`The demo could not be made: ${route.method} ${route.path} answered ${JSON.stringify(answer.problem)}`)
  return answer.body as ReplyOf<R>
}

async function seedEvent (call: Call, demo: DemoEvent): Promise<Seeded> {
  // What lies in the past is made in the future, sold, and moved: nobody can sell a past event, not even we.
  const starts_at = localTime(demo.state === 'past' ? 30 : demo.in_days, demo.starts, demo.timezone)
  const { title, description, category, venue, timezone, currency } = demo
  const event = await must(call, events.createEvent, { body: {
    title, description, category, venue, timezone, currency, ticket_capacity: demo.ticket_capacity ?? null,
    starts_at: starts_at.toISOString(), ends_at: new Date(starts_at.getTime() + demo.hours * 3_600_000).toISOString(),
  } }, `demo-event-${demo.key}`)
  const types = new Map<string, orders.TicketType>()
  for (const [position, type] of demo.ticket_types.entries()) {
    const { sales_start_days, ...fields } = type
    const sales_start = sales_start_days === undefined ? null : localTime(sales_start_days, '10:00', timezone).toISOString()
    types.set(type.name, await must(call, orders.createTicketType,
      { body: { event_id: event.id, currency, position, sales_start, ...fields } }, `demo-type-${demo.key}-${position}`))
  }
  if (demo.state !== 'draft' && event.status === 'draft') await must(call, events.publishEvent, { params: { id: event.id } })
  return { event, types }
}

async function buy (call: Call, key: string, event_id: string, items: { ticket_type_id: string, quantity: number }[]): Promise<void> {
  const { name, email } = demoAccounts.user
  const order = await placeWhenOnSale(call, { event_id, items, buyer: { name, email, locale: 'en' } }, key)
  if (order.total_minor > 0) {
    await must(call, startPayment, { body: { order_id: order.id, provider: 'simulated', method: { test_card: 'success' } } }, `${key}-payment`)
  }
}

/** The news that an event is published reaches the box office some milliseconds after it was told. */
async function placeWhenOnSale (call: Call, body: orders.NewOrder, key: string): Promise<orders.PlacedOrder> {
  for (let attempt = 1; ; attempt++) {
    const answer = await call(orders.placeOrder, { body, headers: { 'idempotency-key': key } })
    if (answer.ok) return answer.body
    if (attempt === 100) throw new Error(`The demo's purchase was refused: ${JSON.stringify(answer.problem)}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

async function settle (system: System, organizer: Call, buyer: Call, demo: DemoEvent, { event, types }: Seeded): Promise<void> {
  if (demo.state === 'canceled') await must(organizer, events.cancelEvent, { params: { id: event.id }, body: {} })
  if (demo.state === 'sold_out') {
    const type = [...types.values()][0]!
    for (let sold = 0; sold < type.capacity; sold += type.max_per_order) {
      await buy(buyer, `demo-sold-out-${sold}`, event.id, [{ ticket_type_id: type.id, quantity: type.max_per_order }])
    }
  }
  if (demo.state === 'past') {
    const starts_at = localTime(demo.in_days, demo.starts, demo.timezone)
    await moveEvent(system.contexts.get('events')!.db, system.contexts.get('orders')!.db, event.id, starts_at.toISOString(),
      new Date(starts_at.getTime() + demo.hours * 3_600_000).toISOString())
  }
}
