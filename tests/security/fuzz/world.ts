import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as auth from '@fermata/contracts/auth'
import { createClient, type Call } from '@fermata/contracts/client'
import * as events from '@fermata/contracts/events'
import type { Role } from '@fermata/contracts/fields'
import * as orders from '@fermata/contracts/orders'
import * as payments from '@fermata/contracts/payments'
import type { ServiceName } from '@fermata/contracts/services'
import * as tickets from '@fermata/contracts/tickets'
import { uuidv7 } from '@fermata/platform/ids'
import type { ServiceDefinition } from '@fermata/platform/service'
import { createTokens } from '@fermata/platform/tokens'
import { startServer, type Server } from '@fermata/server/start-server'
import { createTestDatabase } from '@fermata/testkit/postgres'
import { eventually, testSecrets } from '@fermata/testkit/start'
import { buildWebWhenStale } from '../../../tools/build-web.ts'
import type { ActorName, Draft } from './drafts.ts'
import { createKnown, learn, type Known } from './known.ts'

/**
 * The installation that is fuzzed: one process with pages, as `npm start` runs it, and in it two
 * organisers who have sold tickets, so that every id is somebody's.
 */

export const public_origin = 'https://tickets.example.org'
const password = 'correct horse battery'
const hour_ms = 3_600_000

export interface World {
  port: number
  server: Server
  log_folder: string
  known: Known
  tokenOf: (actor: ActorName, draft: Draft) => string | undefined
  /** Signs everybody in anew, and has who is gone register again. */
  refresh: () => Promise<void>
  /** What only one organiser's people may read, wherever it stands. */
  secretsOf: Record<'organizer' | 'other_organizer', string[]>
  stop: () => Promise<void>
}

interface Person { user_id: string, email: string, roles: Role[], token: string }
type PersonName = 'buyer' | 'organizer' | 'other_organizer' | 'door' | 'admin' | 'leaver'

const rolesOf: Record<PersonName, Role[]> = {
  buyer: ['user'], organizer: ['event_creator'], other_organizer: ['event_creator'], door: ['user'],
  admin: ['admin'], leaver: ['user'],
}

type Services = Record<ServiceName, ServiceDefinition>

/** @param services with a planted bug, where the fuzzer itself is tried */
export async function startWorld (services: Services): Promise<World> {
  await buildWebWhenStale()
  const [folder, database] =
    await Promise.all([mkdtemp(join(tmpdir(), 'fermata-fuzz-')), createTestDatabase()])
  const secrets = testSecrets()
  const server = await startServer({
    NODE_ENV: 'test', LOG_LEVEL: 'debug', LOG_STDOUT_LEVEL: 'fatal', RATE_LIMITS: 'off', PORT: '0',
    FERMATA_DEMO: 'false', FERMATA_DATA: folder, FERMATA_LOG_DIR: join(folder, 'logs'),
    DATABASE_URL: database.url, PUBLIC_URL: public_origin, ...secrets,
  }, services)
  await server.listen()
  const { port } = server.system.app.server.address() as AddressInfo
  const known = createKnown()
  const tokens = createTokens(secrets)
  const people = {} as Record<PersonName, Person>
  const clientOf = (headers: Record<string, string>) => createClient({
    base_url: `http://127.0.0.1:${port}`, fetch: (url, init) => fetch(url, init), headers }).call
  const as = (token?: string) => clientOf(token ? { authorization: `Bearer ${token}` } : {})
  const peopleAre = preparePeople(people, { tokens, call: clientOf({}), known, server })
  await peopleAre()
  const service_tokens = new Map<string, string>()
  let signed_at = 0
  const refresh = async () => {
    await peopleAre()
    if (Date.now() - signed_at < 20_000) return
    signed_at = Date.now()
    for (const name of server.system.contexts.keys()) {
      for (const from of server.system.contexts.keys()) {
        service_tokens.set(`${from} ${name}`, await tokens.signInternal(from, name))
      }
    }
  }
  await refresh()
  const secretsOf = await sellTwice({ known, people, as, server })
  return {
    port, server, known, secretsOf, refresh, log_folder: join(folder, 'logs'),
    tokenOf (actor, { target, key }) {
      if (actor === 'nobody') return undefined
      if (actor === 'guest') return known.look('order_token', key ?? 0, 'guest')
      if (actor !== 'service') return people[actor].token
      if (target.is === 'page') return undefined
      const { service, route } = target.served
      return service_tokens.get(`${route.callers?.[0] ?? 'gateway'} ${service}`)
    },
    async stop () {
      await server.stop()
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

interface Preparing {
  tokens: ReturnType<typeof createTokens>, call: Call, known: Known, server: Server
}

/** Registers who is not there, and signs tokens that were confirmed a moment ago. */
function preparePeople (
  people: Record<PersonName, Person>, { tokens, call, known, server }: Preparing
) {
  const { pool } = server.system.contexts.get('auth')!
  return async () => {
    for (const name of Object.keys(rolesOf) as PersonName[]) {
      const there = people[name] && await pool.query('select from auth.accounts where id = $1',
        [people[name].user_id])
      if (!there?.rowCount) people[name] = await register(name)
      const { user_id, email, roles } = people[name]
      people[name].token = await tokens.signAccess({ user_id, email, roles, login_id: uuidv7(),
        email_verified: true, confirmed_at_s: Math.floor(Date.now() / 1000), must_enroll: false })
    }
  }

  async function register (name: PersonName): Promise<Person> {
    const email = `${name.replace('_', '-')}.${randomBytes(3).toString('hex')}@example.com`
    const answer = await call(auth.register, { body: { email, password, username: name } })
    if (!answer.ok) throw new Error(JSON.stringify(answer.problem))
    const user_id = answer.body.user.id
    await pool.query('update auth.accounts set email_verified_at = now() where id = $1', [user_id])
    known.add('email', email, name)
    known.add(name === 'leaver' ? 'leaver' : 'user', user_id, name)
    return { user_id, email, roles: rolesOf[name], token: '' }
  }
}

interface Selling {
  known: Known, people: Record<PersonName, Person>, as: (token?: string) => Call, server: Server
}

async function sellTwice (selling: Selling): Promise<World['secretsOf']> {
  const { known } = selling
  for (const name of ['nobody.a', 'nobody.b']) known.add('stranger', `${name}@example.com`, 'nobody')
  return {
    organizer: await sell('organizer', selling),
    other_organizer: await sell('other_organizer', selling),
  }
}

/** An event on sale with stock, codes, a guest's and a buyer's order, paid, and somebody at the door. */
async function sell (
  owner: 'organizer' | 'other_organizer', { known, people, as, server }: Selling
): Promise<string[]> {
  const word = `canary${randomBytes(6).toString('hex')}`
  const call = as(people[owner].token)
  type Answer<T> = { ok: true, body: T } | { ok: false, problem: unknown }
  const must = async <T>(asked: Promise<Answer<T>>) => {
    const answer = await asked
    if (!answer.ok) throw new Error(JSON.stringify(answer.problem))
    return answer.body
  }
  const keep = (kind: string, answer: unknown, actor: ActorName = owner) =>
    learn(answer, { kind, known, actor })
  const organizer = await must(call(events.createOrganizer, { body: { name: 'A hall' } }))
  const at = (hours: number) => new Date(Date.now() + hours * hour_ms).toISOString()
  const event = await must(call(events.createEvent, { body: { title: 'An evening',
    description: 'One evening.', category: 'music', starts_at: at(900), ends_at: at(904),
    timezone: 'Europe/Paris', organizer_id: organizer.id,
    venue: { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' } } }))
  const in_event = { event_id: event.id }
  const pool = await must(call(orders.createPool,
    { body: { ...in_event, name: `Room ${word}`, capacity: 400 } }))
  const type = await must(call(orders.createTicketType, { body: { ...in_event, name: 'Seat',
    price_minor: 1000, currency: 'EUR', capacity: 2000, pool_ids: [pool.id] } }))
  const promo = await must(call(orders.createPromoCode,
    { body: { ...in_event, code: word.toUpperCase(), percent: 10 } }))
  await must(call(orders.setFairShares, { params: in_event,
    body: { network_share_percent: 100, max_per_buyer: null } }))
  await must(call(events.publishEvent, { params: { id: event.id } }))
  if (owner === 'organizer') await putAtDoor(call, organizer.id, people.door, server)
  const place = (as: Call, name: string) => eventually(async () => {
    const answer = await as(orders.placeOrder, { body: { ...in_event,
      items: [{ ticket_type_id: type.id, quantity: 2 }],
      buyer: { name: `${name} ${word}`, email: `${name}@example.com`, locale: 'en' as const } } })
    return answer.ok && answer.body
  }, 'an order')
  const guest = await place(as(), 'guest')
  // What the other organiser's guest was given, nobody here has.
  const holder = owner === 'organizer' ? 'guest' : 'service'
  keep('order', guest, holder)
  const buyers = owner === 'organizer' ? as(people.buyer.token) : as(guest.access_token)
  const order = owner === 'organizer' ? await place(buyers, 'buyer') : guest
  keep('order', order, owner === 'organizer' ? 'buyer' : 'service')
  keep('payment', await must(buyers(payments.startPayment, { body: { order_id: order.id,
    provider: 'simulated' as const, method: { test_card: 'success' as const } } })))
  const issued = await eventually(async () => {
    const answer = await as(order.access_token)(tickets.listTickets, {})
    return answer.ok && answer.body.items.length > 0 && answer.body.items
  }, 'tickets')
  keep('ticket', issued, owner === 'organizer' ? 'door' : 'service')
  const made = { organizer, event, pool, ticket_type: type, promo_code: promo }
  for (const [kind, one] of Object.entries(made)) keep(kind, one)
  return [word, word.toUpperCase(), order.code, guest.code, order.access_token, guest.access_token,
    ...issued.map(one => one.code)]
}

async function putAtDoor (
  call: Call, organizer_id: string, { user_id, email }: Person, { system }: Server
): Promise<void> {
  const member = await call(events.addMember, { params: { id: organizer_id }, body: { email } })
  if (!member.ok) throw new Error(JSON.stringify(member.problem))
  await system.contexts.get('events')!.pool.query(
    'update events.members set user_id = $1 where id = $2', [user_id, member.body.id])
  // Any further change tells the other services of the door.
  await call(events.updateMember,
    { params: { id: organizer_id, member_id: member.body.id }, body: { event_id: null } })
}
