import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, type Call } from '@fermata/contracts/client'
import type { AnyRoute, ReplyOf } from '@fermata/contracts/define'
import * as events from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import { seedDemoAccounts } from '@fermata/auth/operations/seed-demo-accounts'
import type { Account } from '@fermata/contracts/auth'
import type { Locale, Role } from '@fermata/contracts/fields'
import { serviceNames } from '@fermata/contracts/services'
import type { System } from '@fermata/platform/system'
import { createInjectFetch } from '../inject-fetch.ts'
import { demoEvents, demoGuests, demoPurchases, type DemoEvent } from './demo-events.ts'
import { localTime } from './demo-time.ts'

interface Buyer { call: Call, name: string, email: string, locale: Locale }

interface Seeded { event: events.Event, types: Map<string, orders.TicketType> }

/** How the seeding reaches the API, and signs in. */
export interface DemoDoor {
  /** A client for whoever holds the token, or for nobody in particular. */
  clientFor: (token?: string) => Call
  /** Null when the account is no longer what the demo made of it. */
  signIn: (role: Role) => Promise<{ account: Account, token: string } | null>
}

/** What this process can do of the demo: the accounts where auth runs, the rest where all do. */
export async function seedDemo (system: System): Promise<void> {
  const auth = system.contexts.get('auth')
  if (!auth) return
  const accounts = await seedDemoAccounts(auth as never)
  if (system.contexts.size < serviceNames.length) return
  await seedDemoThrough({
    clientFor: clientFor(system),
    async signIn (role) {
      const account = accounts.find(one => one.roles.includes(role))!
      return { account, token: await tokenOf(system, account) }
    },
  })
}

/**
 * Fills an empty installation with events and purchases a newcomer can play with. All of it goes
 * through the public API as a person would do it. A seeding that was cut short is finished by the
 * next start: each step carries an idempotency key of its own.
 */
export async function seedDemoThrough ({ clientFor, signIn }: DemoDoor): Promise<void> {
  const [seller, customer] = [await signIn('event_creator'), await signIn('user')]
  if (!seller || !customer) return
  const organizer = clientFor(seller.token)
  const operator = await signIn('operator')
  if (await isSeeded(organizer)) {
    // A folder in which the demo was made before people worked for organisers.
    const { items: [first] } = await must(organizer, events.listOrganizers, {})
    if (operator && first && !await hasMembers(organizer, first.id)) {
      await appoint(organizer, operator.account.email)
    }
    return
  }
  const person = customer.account
  const buyer: Buyer = {
    call: clientFor(customer.token),
    name: person.username,
    email: person.email,
    locale: 'en',
  }
  const organizers = await seedOrganizers(organizer)
  if (operator) await appoint(organizer, operator.account.email)
  const seeded = new Map(await Promise.all(demoEvents.map(async demo =>
    [demo.key, await seedEvent(organizer, demo, organizers.get(demo.organizer)!)] as const)))
  await Promise.all(demoPurchases.map((purchase, index) => {
    const { event, types } = seeded.get(purchase.event)!
    const items = Object.entries(purchase.items).map(([name, quantity]) => ({
      ticket_type_id: types.get(name)!.id,
      quantity,
    }))
    return buy(buyer, `demo-purchase-${index}`, event.id, items)
  }))
  // Last, because a past event is the mark of a finished seeding.
  for (const demo of demoEvents)
    await settle(organizer, clientFor, demo, seeded.get(demo.key)!)
}

/** True once the last step of a seeding was done: the past event lies in the past. */
async function isSeeded (organizer: Call): Promise<boolean> {
  const { items } = await must(organizer, events.listEvents, { query: { mine: true, limit: 100 } })
  return items.length >= demoEvents.length && items.some(event => event.is_past)
}

const tokenOf = (system: System, { id, email, roles }: Account) =>
  system.tokens.signAccess({
    user_id: id, roles, login_id: id, email, email_verified: true,
    confirmed_at_s: Math.floor(Date.now() / 1000),
  })

/** A client for whoever holds the token, or for nobody in particular. */
const clientFor = (system: System) => (token?: string): Call => createClient({
  base_url: '', headers: token ? { authorization: `Bearer ${token}` } : {},
  fetch: createInjectFetch(system.app, { address: '127.0.0.1', request_id: 'demo-seeding' }),
}).call

/** Where services run apart, some begin before they have heard of the others' keys. */
const patience_ms = 30_000
const pause_ms = 250

/** The body of a success; a demo that cannot be made is a bug and ends the start. */
async function must<R extends AnyRoute> (
  call: Call,
  route: R,
  input: unknown,
  key?: string,
): Promise<ReplyOf<R>> {
  const ask = () => (call as (route: AnyRoute, input: unknown) => ReturnType<Call>)(route, {
    ...input as object,
    ...(key && { headers: { 'idempotency-key': key } }),
  })
  const deadline_ms = performance.now() + patience_ms
  let answer = await ask()
  while (answer.status === 503 && performance.now() < deadline_ms) {
    await sleep(pause_ms)
    answer = await ask()
  }
  if (!answer.ok) {
    const { method, path }: AnyRoute = route
    throw new Error(
      `The demo could not be made: ${method} ${path} answered ${JSON.stringify(answer.problem)}`,
    )
  }
  return answer.body as ReplyOf<R>
}

async function seedOrganizers (call: Call): Promise<Map<string, string>> {
  const ids = new Map<string, string>()
  for (const name of new Set(demoEvents.map(event => event.organizer))) {
    const organizer = await must(
      call,
      events.createOrganizer,
      { body: { name } },
      `demo-organizer-${name.toLowerCase().replaceAll(' ', '-')}`,
    )
    ids.set(name, organizer.id)
  }
  return ids
}

/** Whether anybody works for an organiser besides who made it. */
async function hasMembers (call: Call, id: string): Promise<boolean> {
  const { items } = await must(call, events.listMembers, { params: { id } })
  return items.some(member => member.email !== null)
}

/** Door staff of all organisers of the demo, also of the one to which new events go by default. */
async function appoint (call: Call, email: string): Promise<void> {
  const { items } = await must(call, events.listOrganizers, { query: { limit: 100 } })
  for (const { id } of items) {
    const answer = await call(events.addMember, { params: { id }, body: { email } })
    if (!answer.ok && answer.problem.type !== events.alreadyMember.type) {
      throw new Error(`The demo's operator has no door: ${JSON.stringify(answer.problem)}`)
    }
  }
}

async function seedEvent (call: Call, demo: DemoEvent, organizer_id: string): Promise<Seeded> {
  // What lies in the past is made in the future, sold, and moved: nobody can sell a past event, not
  // even we.
  const starts_at = localTime(demo.state === 'past' ? 30 : demo.in_days, demo.starts, demo.timezone)
  const { title, description, category, venue, timezone, currency } = demo
  const event = await must(call, events.createEvent, {
    body: {
      organizer_id,
      title,
      description,
      category,
      venue,
      timezone,
      currency,
      ticket_capacity: demo.ticket_capacity ?? null,
      starts_at: starts_at.toISOString(),
      ends_at: new Date(starts_at.getTime() + demo.hours * 3_600_000).toISOString(),
    },
  }, `demo-event-${demo.key}`)
  const types = new Map<string, orders.TicketType>()
  for (const [position, type] of demo.ticket_types.entries()) {
    const { sales_start_days, ...fields } = type
    const sales_start = sales_start_days === undefined
      ? null
      : localTime(sales_start_days, '10:00', timezone).toISOString()
    types.set(
      type.name,
      await must(call, orders.createTicketType, {
        body: { event_id: event.id, currency, position, sales_start, ...fields },
      }, `demo-type-${demo.key}-${position}`),
    )
  }
  if (demo.state !== 'draft' && event.status === 'draft')
    await must(call, events.publishEvent, { params: { id: event.id } })
  return { event, types }
}

type Items = orders.NewOrder['items']

async function buy (
  { call, ...buyer }: Buyer,
  key: string,
  event_id: string,
  items: Items,
  payAs?: (token: string) => Call,
): Promise<void> {
  const order = await placeWhenOnSale(call, { event_id, items, buyer }, key)
  if (order.total_minor > 0) {
    await must(payAs?.(order.access_token) ?? call, startPayment, {
      body: { order_id: order.id, provider: 'simulated', method: { test_card: 'success' } },
    }, `${key}-payment`)
  }
}

/**
 * The news that an event is published reaches the box office some milliseconds after it was told.
 */
async function placeWhenOnSale (
  call: Call,
  body: orders.NewOrder,
  key: string,
): Promise<orders.PlacedOrder> {
  for (let attempt = 1;; attempt++) {
    const answer = await call(orders.placeOrder, { body, headers: { 'idempotency-key': key } })
    if (answer.ok) return answer.body
    // Between processes on a busy machine it may be seconds.
    if (attempt === 1000)
      throw new Error(`The demo's purchase was refused: ${JSON.stringify(answer.problem)}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

async function settle (
  organizer: Call,
  clientWith: (token?: string) => Call,
  demo: DemoEvent,
  { event, types }: Seeded,
): Promise<void> {
  if (demo.state === 'canceled')
    await must(organizer, events.cancelEvent, { params: { id: event.id }, body: {} })
  if (demo.state === 'sold_out') {
    const type = [...types.values()][0]!
    for (const [index, name] of demoGuests.entries()) {
      const guest = {
        call: clientWith(),
        name,
        email: `${name.toLowerCase().replace(' ', '.')}@example.net`,
        locale: 'en' as const,
      }
      const items = [{ ticket_type_id: type.id, quantity: type.capacity / demoGuests.length }]
      await buy(guest, `demo-sold-out-${index}`, event.id, items, clientWith)
    }
  }
  if (demo.state === 'past') {
    const starts_at = localTime(demo.in_days, demo.starts, demo.timezone)
    const ends_at = new Date(starts_at.getTime() + demo.hours * 3_600_000)
    await must(organizer, events.updateEvent, {
      params: { id: event.id },
      body: { starts_at: starts_at.toISOString(), ends_at: ends_at.toISOString() },
    })
  }
}
