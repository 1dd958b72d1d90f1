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
 * through the public API as a person would do it. A seeding that was cut short, at whatever moment,
 * is finished by the next start: each step looks first at what is there, and has an idempotency key
 * of its own, should two begin at once.
 */
export async function seedDemoThrough ({ clientFor, signIn }: DemoDoor): Promise<void> {
  const [seller, customer] = [await signIn('event_creator'), await signIn('user')]
  if (!seller || !customer) return
  const organizer = clientFor(seller.token)
  const operator = await signIn('operator')
  const { items: found } = await must(
    organizer, events.listEvents, { query: { mine: true, limit: 100 } })
  if (isSeeded(found)) {
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
  const seeded = new Map(await Promise.all(demoEvents.map(async demo => {
    const organizer_id = organizers.get(demo.organizer)!
    const begun = found.find(event =>
      event.title === demo.title && event.organizer_id === organizer_id)
    return [demo.key, await seedEvent(organizer, demo, organizer_id, begun)] as const
  })))
  await Promise.all(demoPurchases.map((purchase, index) => {
    const { event, types } = seeded.get(purchase.event)!
    const items = Object.entries(purchase.items).map(([name, quantity]) => ({
      ticket_type_id: types.get(name)!.id,
      quantity,
    }))
    return buy(buyer, `demo-purchase-${index}`, event, items)
  }))
  // Last, because a past event is the mark of a finished seeding.
  for (const demo of demoEvents)
    await settle(organizer, clientFor, demo, seeded.get(demo.key)!)
}

const pastEvent = demoEvents.find(event => event.state === 'past')!

/** True once the last step of a seeding was done: the past event lies in the past. */
const isSeeded = (found: readonly events.Event[]) =>
  found.some(event => event.title === pastEvent.title && event.is_past)

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

/**
 * Where services run apart, some begin before they have heard of the others' keys; and a machine
 * that does much beside answers late for a while.
 */
const patience_ms = 180_000
const pause_ms = 250

type Answer = Awaited<ReturnType<Call>>

/** Asks again for as long as the answer is that it comes later; each step may be done twice. */
async function ask (call: Call, route: AnyRoute, input: unknown, key?: string): Promise<Answer> {
  const deadline_ms = performance.now() + patience_ms
  for (;;) {
    const answer = await (call as (route: AnyRoute, input: unknown) => Promise<Answer>)(route, {
      ...input as object, ...(key && { headers: { 'idempotency-key': key } }) })
    if (answer.status !== 503 || performance.now() > deadline_ms) return answer
    await sleep(pause_ms)
  }
}

/** A demo that cannot be made is a bug and ends the start. */
const cannotBeMade = ({ method, path }: AnyRoute, problem: unknown) => new Error(
  `The demo could not be made: ${method} ${path} answered ${JSON.stringify(problem)}`)

/** The body of a success. */
async function must<R extends AnyRoute> (
  call: Call, route: R, input: unknown, key?: string
): Promise<ReplyOf<R>> {
  const answer = await ask(call, route, input, key)
  if (!answer.ok) throw cannotBeMade(route, answer.problem)
  return answer.body as ReplyOf<R>
}

/** Does what may have been done by an earlier try, which the API then answers with this problem. */
async function unless<R extends AnyRoute> (
  done: readonly { type: string }[], call: Call, route: R, input: unknown
): Promise<void> {
  const answer = await ask(call, route, input)
  if (answer.ok || done.some(({ type }) => type === answer.problem.type)) return
  throw cannotBeMade(route, answer.problem)
}

async function seedOrganizers (call: Call): Promise<Map<string, string>> {
  const { items: found } = await must(call, events.listOrganizers, { query: { limit: 100 } })
  const ids = new Map(found.map(organizer => [organizer.name, organizer.id]))
  for (const name of new Set(demoEvents.map(event => event.organizer))) {
    if (ids.has(name)) continue
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
    await unless(
      [events.alreadyMember], call, events.addMember, { params: { id }, body: { email } })
  }
}

/** When it is, and for a resumed seeding on another day, when it is then. */
function timesOf ({ in_days, starts, hours, timezone }: DemoEvent) {
  const starts_at = localTime(in_days, starts, timezone)
  const ends_at = new Date(starts_at.getTime() + hours * 3_600_000)
  return { starts_at: starts_at.toISOString(), ends_at: ends_at.toISOString() }
}

async function seedEvent (
  call: Call, demo: DemoEvent, organizer_id: string, begun: events.Event | undefined
): Promise<Seeded> {
  // What lies in the past is made in the future, sold, and moved: nobody can sell a past event, not
  // even we.
  const times = timesOf(demo.state === 'past' ? { ...demo, in_days: 30 } : demo)
  const { title, description, category, venue, timezone, currency } = demo
  const event = begun ?? await must(call, events.createEvent, {
    body: {
      organizer_id,
      title,
      description,
      category,
      venue,
      timezone,
      currency,
      ticket_capacity: demo.ticket_capacity ?? null,
      ...times,
    },
  }, `demo-event-${demo.key}-${times.starts_at}`)
  if (event.status === 'draft' && event.starts_at !== times.starts_at) {
    await must(call, events.updateEvent, { params: { id: event.id }, body: times })
  }
  const types = await seedTicketTypes(call, demo, event, begun !== undefined)
  if (demo.state !== 'draft' && event.status === 'draft') {
    await unless([events.wrongState], call, events.publishEvent, { params: { id: event.id } })
  }
  return { event, types }
}

async function seedTicketTypes (
  call: Call, demo: DemoEvent, event: events.Event, begun: boolean
): Promise<Seeded['types']> {
  const { items: found } = begun
    ? await must(call, orders.listTicketTypes, { query: { event_id: event.id } }) : { items: [] }
  const types = new Map<string, orders.TicketType>(found.map(type => [type.name, type]))
  for (const [position, type] of demo.ticket_types.entries()) {
    if (types.has(type.name)) continue
    const { sales_start_days, ...fields } = type
    const sales_start = sales_start_days === undefined
      ? null
      : localTime(sales_start_days, '10:00', demo.timezone).toISOString()
    types.set(
      type.name,
      await must(call, orders.createTicketType, {
        body: { event_id: event.id, currency: demo.currency, position, sales_start, ...fields },
      }, `demo-type-${demo.key}-${position}-${sales_start}`),
    )
  }
  return types
}

type Items = orders.NewOrder['items']

/** An order that ended unpaid, because the seeding was cut short, is placed again so often. */
const max_orders = 5

async function buy (
  { call, ...buyer }: Buyer,
  key: string,
  event: events.Event,
  items: Items,
  payAs?: (token: string) => Call,
): Promise<void> {
  for (let number = 1; number <= max_orders; number++) {
    const own_key = number === 1 ? key : `${key}-${number}`
    const order = await placeWhenOnSale(call, { event_id: event.id, items, buyer }, own_key)
    // Nothing is left of what an earlier try has bought, or days have passed since.
    if (!order || await isSettled(payAs?.(order.access_token) ?? call, order)) return
  }
  throw new Error(`The demo's purchase ${key} was placed ${max_orders} times and never paid.`)
}

/** Pays what waits for it. False for an order that ended unpaid. */
async function isSettled (call: Call, { id, total_minor }: orders.PlacedOrder): Promise<boolean> {
  const { status } = await must(call, orders.getOrder, { params: { id } })
  if (status !== 'pending' || total_minor === 0) return status !== 'expired'
  const answer = await call(startPayment, {
    body: { order_id: id, provider: 'simulated', method: { test_card: 'success' } },
    headers: { 'idempotency-key': `demo-payment-${id}` },
  })
  return answer.ok
}

/** What an earlier try, or time, may have made of a sale; no patience opens it again. */
const isOver = (problem: { type: string, reason?: unknown }) =>
  problem.type === orders.soldOut.type || problem.type === orders.limitReached.type ||
  (problem.type === orders.eventClosed.type && problem.reason !== 'not_published')

/**
 * The news that an event is published reaches the box office some milliseconds after it was told.
 */
async function placeWhenOnSale (
  call: Call,
  body: orders.NewOrder,
  key: string,
): Promise<orders.PlacedOrder | null> {
  for (let attempt = 1;; attempt++) {
    const answer = await call(orders.placeOrder, { body, headers: { 'idempotency-key': key } })
    if (answer.ok) return answer.body
    if (isOver(answer.problem)) return null
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
  const { id } = event
  if (demo.state === 'canceled') {
    await unless([events.wrongState, events.eventIsOver], organizer, events.cancelEvent,
      { params: { id }, body: {} })
  }
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
      await buy(guest, `demo-sold-out-${index}`, event, items, clientWith)
    }
  }
  if (demo.state === 'past') {
    await must(organizer, events.updateEvent, { params: { id }, body: timesOf(demo) })
  }
}
