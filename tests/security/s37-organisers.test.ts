import { readdirSync } from 'node:fs'
import type { AnyRoute } from '@fermata/contracts/define'
import * as events from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import * as payments from '@fermata/contracts/payments'
import * as tickets from '@fermata/contracts/tickets'
import { keyReused } from '@fermata/contracts/problems'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { uuidv7 } from '@fermata/platform/ids'
import { route, type Context } from '@fermata/platform/service'
import { allServices } from '@fermata/server/services'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { figure } from '../proofs/proof.ts'

/**
 * S1, S2, S37: what belongs to an organiser is seen and changed by its people alone. Two complete
 * organisers; every route of every contract is asked with the real ids of the second one. Times of
 * answers are not compared.
 */

let it: TestSystem
let a: Tenant
let b: Tenant

beforeAll(async () => {
  it = await startTestSystem(Object.values(allServices))
  a = await makeTenant(it)
  b = await makeTenant(it)
}, 120_000)
afterAll(() => it.stop())

type Tenant = Awaited<ReturnType<typeof makeTenant>>
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
const venue = { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' }
const eventBody = (title: string) => ({ title, description: 'One evening.', category: 'music',
  starts_at: inDays(7), ends_at: inDays(7.1), timezone: 'Europe/Paris', venue })

/** An organiser with everything that one has, and words that nobody else may ever read. */
async function makeTenant (system: TestSystem) {
  const secret = `canary${uuidv7().slice(-12)}`
  const { send } = system
  const must = async <R extends AnyRoute>(contract: R, input: object) => {
    const answer = await send(contract, input as never)
    if (answer.status >= 300) throw new Error(`${contract.path}: ${JSON.stringify(answer.problem)}`)
    return answer.body
  }
  const email = `${secret}@example.org`
  const [owner_id, door_id, buyer_id] = [uuidv7(), uuidv7(), uuidv7()]
  const owner = await system.personToken({ user_id: owner_id, roles: ['event_creator'], email })
  const door = await system.personToken({ user_id: door_id, email: `door.${email}` })
  const buyer = await system.personToken({ user_id: buyer_id, email: `buyer.${email}` })
  const organizer = await must(events.createOrganizer, { token: owner, body: { name: 'A hall' } })
  const event = await must(events.createEvent,
    { token: owner, body: { ...eventBody('Open evening'), organizer_id: organizer.id } })
  const draft = await must(events.createEvent,
    { token: owner, body: { ...eventBody(`Draft ${secret}`), organizer_id: organizer.id } })
  const in_event = { event_id: event.id }
  const type = await must(orders.createTicketType, { token: owner, body: {
    ...in_event, name: 'Seat', price_minor: 1000, currency: 'EUR', capacity: 50 } })
  const pool = await must(orders.createPool,
    { token: owner, body: { ...in_event, name: `Room ${secret}`, capacity: 9 } })
  const promo = await must(orders.createPromoCode,
    { token: owner, body: { ...in_event, code: secret.toUpperCase(), percent: 10 } })
  await must(events.publishEvent, { token: owner, params: { id: event.id } })
  await must(orders.setQueue, { token: owner, params: in_event,
    body: { enabled: false, opens_at: inDays(1) } })
  const member = await must(events.addMember,
    { token: owner, params: { id: organizer.id }, body: { email: `door.${email}` } })
  await system.context('events').pool.query(
    'update events.members set user_id = $1 where id = $2', [door_id, member.id])
  // Any further change tells the other services of the door.
  await must(events.updateMember, { token: owner,
    params: { id: organizer.id, member_id: member.id }, body: { event_id: null } })
  const place = (token?: string) => system.eventually(async () => {
    const answer = await send(orders.placeOrder, { token, body: { ...in_event,
      items: [{ ticket_type_id: type.id, quantity: 2 }],
      buyer: { name: `Buyer ${secret}`, email: `buyer.${email}`, locale: 'en' } } })
    return answer.status === 201 && answer.body
  }, 'the order')
  const order = await place(buyer)
  const guest_order = await place()
  const payment = await must(payments.startPayment, { token: buyer, body: {
    order_id: order.id, provider: 'simulated', method: { test_card: 'success' } } })
  const issued = await system.eventually(async () => {
    const { body } = await send(tickets.listTickets, { token: system.orderToken(order.id) })
    return body?.items.length === 2 && body.items
  }, 'the tickets')
  await system.eventually(async () =>
    (await send(tickets.getDoor, { token: door, params: in_event })).status === 200, 'the door')
  return { secret, owner, door, buyer, owner_id, buyer_id, organizer, event, draft, type, pool,
    promo, member, order, guest_order, payment, tickets: issued,
    /** What nobody else may read, wherever it stands. */
    canaries: [secret, secret.toUpperCase(), order.code, guest_order.code,
      ...issued.map(one => one.code), order.access_token] }
}

const routes: AnyRoute[] = []
for (const name of readdirSync(new URL('../../packages/contracts/src/', import.meta.url))) {
  if (!serviceNames.includes(name.slice(0, -3) as ServiceName)) continue
  const contract = await import(`@fermata/contracts/${name.slice(0, -3)}`) as object
  routes.push(...Object.values(contract).filter((value): value is AnyRoute =>
    typeof value === 'object' && value !== null && 'path' in value && 'access' in value))
}
/**
 * What services call has a test of its own. The mailbox of a demonstration shows all mail to
 * whoever sits at the machine, and to nobody else.
 */
const asked = routes.filter(one =>
  one.access !== 'internal' && !one.path.startsWith('/api/notifications/mailbox'))

/** The other organiser's id for a parameter of a path. A route that is not here fails the test. */
function paramsOf (path: string, of: Tenant): Record<string, string> {
  const at = (start: string) => path.startsWith(start)
  const id = at('/api/events') ? of.event.id : at('/api/organizers') ? of.organizer.id
    : at('/api/ticket-types') ? of.type.id : at('/api/promo-codes') ? of.promo.id
    : at('/api/orders') ? of.order.id : at('/api/payments') ? of.payment.id
    : at('/api/tickets') ? of.tickets[0]!.id : at('/api/users') ? of.buyer_id
    // Logins, messages, deliveries, dead letters and copies are a person's or an administrator's.
    : /^\/api\/(auth|notifications|backups|[a-z]+\/dead-letters)/.test(path) ? of.owner_id
    : undefined
  const known: Record<string, string | undefined> = {
    id, event_id: of.event.id, member_id: of.member.id, user_id: of.buyer_id,
    subject_id: of.order.id, kind: 'order_hold', provider: 'simulated', order_id: of.order.id,
  }
  return Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
    const value = known[name!]
    if (value === undefined) throw new Error(`Enter whose ${name} it is in ${path}`)
    return [name!, value]
  }))
}

/** Bodies that name what is the other organiser's; of all other routes an empty one. */
function bodyOf ({ method, path }: AnyRoute, of: Tenant): object | undefined {
  const in_event = { event_id: of.event.id }
  const code = { code: of.tickets[0]!.code, ...in_event }
  const bodies: Record<string, object> = {
    'POST /api/events': { ...eventBody('Mine'), organizer_id: of.organizer.id },
    'PATCH /api/events/{id}': { title: 'Mine now' },
    'POST /api/organizers/{id}/members': { email: 'me@example.org', role: 'owner' },
    'PATCH /api/organizers/{id}/members/{member_id}': { role: 'owner' },
    'POST /api/ticket-types': { ...in_event, name: 'Mine', price_minor: 0, currency: 'EUR',
      capacity: 1 },
    'PATCH /api/ticket-types/{id}': { price_minor: 0 },
    'POST /api/ticket-types/pools': { ...in_event, name: 'Mine', capacity: 1 },
    'POST /api/promo-codes': { ...in_event, code: 'MINE', percent: 100 },
    'PATCH /api/promo-codes/{id}': { percent: 100 },
    'PUT /api/queue/{event_id}': { enabled: true, opens_at: inDays(2) },
    'POST /api/payments': { order_id: of.guest_order.id, provider: 'simulated',
      method: { test_card: 'success' } },
    'POST /api/tickets/validate': code,
    'POST /api/check-ins': { ...code, gate: 'North' },
  }
  return method === 'GET' || method === 'DELETE' ? undefined : bodies[`${method} ${path}`] ?? {}
}

function queryOf (contract: AnyRoute, of: Tenant): object {
  const declared = Object.keys((contract.query as { properties?: object })?.properties ?? {})
  const known: Record<string, unknown> = { event_id: of.event.id, order_id: of.order.id }
  return Object.fromEntries(declared.filter(name => name in known).map(name => [name, known[name]]))
}

const ask = (
  system: TestSystem, contract: AnyRoute, of: Tenant, token?: string,
  more: { key?: string, query?: object } = {}
) =>
  system.send(contract, {
    token, params: paramsOf(contract.path, of), query: queryOf(contract, of),
    body: contract.body ? bodyOf(contract, of) : undefined, ...more,
  })

/** Everything that is kept of an organiser, but for news on their way. */
async function fingerprint (of: Tenant): Promise<Record<string, string>> {
  const { pool } = it.context('events')
  const { rows } = await pool.query<{ name: string }>(`
    select table_schema || '.' || table_name as name from information_schema.tables
     where table_schema in ('events', 'orders', 'payments', 'tickets')
       and table_name not in ('outbox', 'inbox', 'idempotency_keys', 'jobs')
       and table_type = 'BASE TABLE'`)
  const ids = [of.organizer.id, of.event.id, of.draft.id, of.type.id, of.order.id,
    of.guest_order.id, of.payment.id, ...of.tickets.map(one => one.id)]
  const prints: Record<string, string> = {}
  for (const { name } of rows) {
    const print = await pool.query<{ print: string }>(`
      select coalesce(string_agg(t::text, '|' order by t::text), '') as print
        from ${name} as t where t::text ~ $1`, [ids.join('|')])
    prints[name] = print.rows[0]!.print
  }
  return prints
}

const strangers = async (): Promise<Record<string, string | undefined>> => ({
  nobody: undefined,
  user: await it.personToken(),
  'another order': it.orderToken(a.order.id),
  'another owner': a.owner,
  'another door': a.door,
  'event_creator without an organiser': await it.personToken({ roles: ['event_creator'] }),
  'operator without an organiser': await it.personToken({ roles: ['operator'] }),
})

function leaksIn (answer: { bytes: Buffer, headers: object }, of: Tenant): string[] {
  const said = answer.bytes.toString() + JSON.stringify(answer.headers)
  return [...of.canaries, 'member_ids'].filter(word => said.includes(word))
}

test('S1, S2, S37: nobody learns of or changes what is another organiser\'s, whatever real ids they send', async () => {
  const before = await fingerprint(b)
  let requests = 0
  for (const contract of asked) {
    for (const [who, token] of Object.entries(await strangers())) {
      const answer = await ask(it, contract, b, token)
      expect([contract.path, who, leaksIn(answer, b)]).toEqual([contract.path, who, []])
      expect(answer.status, contract.path).toBeLessThan(500)
      const is_public = contract.access === 'public' || contract.access === 'user'
      if (contract.method !== 'GET' && contract.path.includes('{') && !is_public) {
        expect([400, 401, 403, 404], `${contract.path} ${who}`).toContain(answer.status)
      }
      requests++
    }
  }
  expect(await fingerprint(b)).toEqual(before)
  figure('S37', `${asked.length} routes with another organiser's real ids as seven kinds of ` +
    `callers, ${requests} requests: 0 leaks in status, body or header, its rows unchanged.`)
}, 120_000)

test('S37: a cursor of another organiser\'s list shows nothing of it', async () => {
  let lists = 0
  for (const contract of asked.filter(({ query }) => takes(query, 'cursor'))) {
    const filters = queryOf(contract, b)
    for (const token of [b.owner, b.door, b.buyer]) {
      const page = await ask(it, contract, b, token, { query: { ...filters, limit: 1 } })
      const cursor = (page.body as { next_cursor?: string | null } | undefined)?.next_cursor
      if (page.status !== 200 || !cursor) continue
      lists++
      for (const [who, stranger] of Object.entries(await strangers())) {
        for (const filter of [filters, {}, queryOf(contract, a)]) {
          const answer = await ask(it, contract, b, stranger, { query: { ...filter, cursor } })
          expect([contract.path, who, leaksIn(answer, b)]).toEqual([contract.path, who, []])
          expect([200, 400, 401, 403, 404], contract.path).toContain(answer.status)
        }
      }
    }
  }
  expect(lists).toBeGreaterThan(3)
  figure('S37', `cursors of ${lists} lists of another organiser's people: 0 leaks`)
}, 60_000)

const takes = (query: unknown, name: string) =>
  Object.hasOwn((query as { properties?: object } | undefined)?.properties ?? {}, name)

test('S37: its own people get through where others do not', async () => {
  const own: [AnyRoute, string][] = [
    [events.getAttendance, b.owner], [events.listMembers, b.owner], [orders.listPools, b.owner],
    [orders.listPromoCodes, b.owner], [orders.getQueueSettings, b.owner],
    [orders.getOrder, b.owner], [orders.getOrder, b.buyer], [payments.getPayment, b.owner],
    [payments.getPayment, b.buyer], [tickets.getTicket, b.door], [tickets.getTicket, b.owner],
    [tickets.getDoor, b.door], [tickets.validateTicket, b.door], [events.updateEvent, b.owner],
    [orders.updateTicketType, b.owner], [tickets.checkIn, b.door],
    [payments.refundPayment, b.owner],
  ]
  for (const [contract, token] of own) {
    const { status, problem } = await ask(it, contract, b, token)
    const why = status < 300 ? null : problem
    expect([contract.path, why]).toEqual([contract.path, null])
  }
})

test('S37: an Idempotency-Key that another organiser used neither shows nor stops anything', async () => {
  const key = uuidv7()
  const body = eventBody(`Draft ${b.secret}`)
  const create = (of: Tenant) => it.send(events.createEvent, { key, token: of.owner, body })
  const [theirs, again, ours] = [await create(b), await create(b), await create(a)]
  expect([theirs.status, again.body.id, ours.status]).toEqual([201, theirs.body.id, 201])
  expect(ours.body.id).not.toBe(theirs.body.id)
  const idempotent = asked.filter(contract => contract.idempotent)
  for (const contract of idempotent) {
    const used = uuidv7()
    for (const token of [b.owner, b.buyer]) await ask(it, contract, b, token, { key: used })
    const before = await fingerprint(b)
    for (const [who, token] of Object.entries(await strangers())) {
      const answer = await ask(it, contract, b, token, { key: used })
      expect([contract.path, who, leaksIn(answer, b)]).toEqual([contract.path, who, []])
      expect((answer.problem as { type?: string } | undefined)?.type, contract.path)
        .not.toBe(keyReused.type)
    }
    expect(await fingerprint(b)).toEqual(before)
  }
  expect(idempotent.length).toBeGreaterThan(3)
  figure('S37', `keys of ${idempotent.length} routes that another organiser used: 0 leaks`)
}, 60_000)

test('S37: an operation that forgets whose it is would be found', async () => {
  const forgetful = route(orders.listPromoCodes, async (ctx: Context, { query }) => ({
    items: (await ctx.pool.query('select * from orders.promo_codes where event_id = $1',
      [query.event_id])).rows as never, next_cursor: null }))
  const services = Object.values(allServices).map(service => service.name !== 'orders' ? service : {
    ...service, routes: service.routes.map(one =>
      one.route === orders.listPromoCodes ? forgetful : one) })
  const leaky = await startTestSystem(services)
  try {
    const victim = await makeTenant(leaky)
    const token = await leaky.personToken({ roles: ['event_creator'] })
    expect(leaksIn(await ask(leaky, orders.listPromoCodes, victim, token), victim)).not.toEqual([])
  } finally {
    await leaky.stop()
  }
}, 180_000)
