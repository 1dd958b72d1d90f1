import * as auth from '@fermata/contracts/auth'
import * as events from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import * as payments from '@fermata/contracts/payments'
import * as tickets from '@fermata/contracts/tickets'
import { uuidv7 } from '@fermata/platform/ids'
import { allServices } from '@fermata/server/services'
import { createRandom } from '@fermata/testkit/random'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sameDistribution } from './kolmogorov-smirnov.ts'
import { atScale, figure } from '../proofs/proof.ts'

/**
 * S8: nobody finds out by asking who has an account or whether an order is there: the answer is the
 * same and so is the time it takes. Hits and misses are asked in one mixed order, so that whatever
 * else the machine does slows both.
 */

const n = atScale(24, 2000)
/** By chance one comparison in a hundred is below it; three of three, one in a million. */
const least_p = 0.01
const rounds = 3
const password = 'correct horse battery'
const seed = Math.floor(Math.random() * 1e9)
const random = createRandom(seed)

let it: TestSystem
beforeAll(async () => { it = await startTestSystem(Object.values(allServices)) }, 60_000)
afterAll(() => it.stop())

/** Accounts with one password, made at once: hashing thousands would take minutes. */
async function makeAccounts (count: number): Promise<string[]> {
  const mark = uuidv7()
  const first = await it.send(auth.register,
    { body: { email: `first.${mark}@example.com`, password, username: 'Ann' } })
  const emails = Array.from({ length: count }, (_, index) => `known.${mark}.${index}@example.com`)
  await it.context('auth').pool.query(`
    insert into auth.accounts (id, email, username, password_hash, email_verified_at)
    select gen_random_uuid(), e, 'Ann', a.password_hash, now()
      from unnest($1::text[]) as e, auth.accounts a where a.id = $2`,
  [emails, first.body.user.id])
  return emails
}

const unknown = (count: number) => {
  const mark = uuidv7()
  return Array.from({ length: count }, (_, index) => `nobody.${mark}.${index}@example.com`)
}

/** Each attempt comes from a network of its own: what is counted for one tells nothing of another. */
const fromAnywhere = () => ({
  'x-forwarded-for': Array.from({ length: 4 }, () => 1 + random(250)).join('.') })

interface Answered { status: number, said: string, ms: number }
type Ask = (subject: string) => Promise<{ status: number, problem: unknown }>

/** Asks about both kinds in a random order. */
async function askMixed (ask: Ask, hits: string[], misses: string[]) {
  const all = [...hits.map(one => ({ one, is_hit: true })),
    ...misses.map(one => ({ one, is_hit: false }))]
  for (let at = all.length - 1; at > 0; at--) {
    const other = random(at + 1)
    ;[all[at], all[other]] = [all[other]!, all[at]!]
  }
  const found: Record<'hits' | 'misses', Answered[]> = { hits: [], misses: [] }
  for (const { one, is_hit } of all) {
    const began = performance.now()
    const { status, problem } = await ask(one)
    const said = JSON.stringify((problem as { type?: string } | undefined)?.type ?? null)
    found[is_hit ? 'hits' : 'misses'].push({ status, said, ms: performance.now() - began })
  }
  return found
}

const words = (answers: Answered[]) => [...new Set(answers.map(one => `${one.status} ${one.said}`))]
const times = (answers: Answered[]) => answers.map(one => one.ms)

const medianOf = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!

/**
 * The best of some rounds: a difference that is there is there in each.
 * @param unseen_ms a difference of medians that counts as none, where what is told is worth little
 */
async function expectAlike (
  what: string, ask: Ask, make: (count: number) => Promise<{ hits: string[], misses: string[] }>,
  unseen_ms = 0
): Promise<void> {
  let p = 0
  let apart_ms = Infinity
  for (let round = 0; round < rounds && p <= least_p && apart_ms > unseen_ms; round++) {
    const { hits, misses } = await make(n)
    const found = await askMixed(ask, hits, misses)
    expect(words(found.hits), what).toHaveLength(1)
    expect(words(found.misses), what).toEqual(words(found.hits))
    p = sameDistribution(times(found.hits), times(found.misses))
    apart_ms = Math.abs(medianOf(times(found.hits)) - medianOf(times(found.misses)))
  }
  if (apart_ms > unseen_ms) expect(p, `${what}, seed ${seed}`).toBeGreaterThan(least_p)
  figure('S8', `${what}: ${n} hits and ${n} misses answered alike, times by Kolmogorov-Smirnov ` +
    `p = ${p.toPrecision(2)}, medians ${apart_ms.toFixed(3)} ms apart.`)
}

const people = async (count: number) =>
  ({ hits: await makeAccounts(count), misses: unknown(count) })

const tryLogin: Ask = email => it.send(auth.login,
  { body: { email, password: 'wrong horse battery' }, headers: fromAnywhere() })

test('S8: signing in tells nobody who has an account', () =>
  expectAlike('login', tryLogin, people), 900_000)

test('S8: asking for a new password tells nobody who has an account', () =>
  expectAlike('reset', email => it.send(auth.forgotPassword,
    { body: { email }, headers: fromAnywhere() }), people), 900_000)

test('S8: registering tells nobody who has an account', () =>
  expectAlike('registering', email => it.send(auth.register,
    { body: { email, password, username: 'Ann' }, headers: fromAnywhere() }), people), 900_000)

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

/** Orders of one event, as many as asked for, by as many guests. */
async function makeOrders (count: number, price_minor = 1000): Promise<orders.PlacedOrder[]> {
  const token = await it.personToken({ user_id: uuidv7(), roles: ['event_creator'] })
  const { body: event } = await it.send(events.createEvent, { token, body: {
    title: 'An evening', description: 'One evening.', category: 'music', starts_at: inDays(9),
    ends_at: inDays(9.1), timezone: 'Europe/Paris',
    venue: { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' } } })
  const { body: type } = await it.send(orders.createTicketType, { token, body: {
    event_id: event.id, name: 'Seat', price_minor, currency: 'EUR', capacity: 10_000 } })
  await it.send(orders.setFairShares, { token, params: { event_id: event.id },
    body: { network_share_percent: 100, max_per_buyer: null } })
  await it.send(events.publishEvent, { token, params: { id: event.id } })
  const made: orders.PlacedOrder[] = []
  while (made.length < count) {
    const buyer = { name: 'Gil', email: `gil.${uuidv7()}@example.com`, locale: 'en' as const }
    const placed = await it.eventually(async () => {
      const answer = await it.send(orders.placeOrder, { headers: fromAnywhere(), body: {
        event_id: event.id, items: [{ ticket_type_id: type.id, quantity: 1 }], buyer } })
      return answer.status === 201 && answer.body
    }, 'an order')
    made.push(placed)
  }
  return made
}

/**
 * Whoever can ask about an order knows its 74 random bits already. A network hides what the
 * database takes to look at one row more; two more statements would be seen.
 */
const lost_ms = 0.2

test('S8: an order of others and one that is not there are the same to whoever asks', async () => {
  const token = await it.personToken({ user_id: uuidv7(), roles: ['event_creator'] })
  const look: Ask = id => it.send(orders.getOrder, { token, params: { id } })
  await expectAlike('looking an order up', look, async count => ({
    hits: (await makeOrders(count)).map(({ id }) => id),
    misses: Array.from({ length: count }, uuidv7),
  }), lost_ms)
}, 900_000)

test('S8: a ticket of others and one that is not there are the same to whoever asks', async () => {
  const token = await it.personToken({ user_id: uuidv7(), roles: ['event_creator'] })
  const look: Ask = id => it.send(tickets.getTicket, { token, params: { id } })
  await expectAlike('looking a ticket up', look, async count => {
    const of_orders = (await makeOrders(count, 0)).map(({ id }) => id)
    const hits = await it.eventually(async () => {
      const { rows } = await it.context('tickets').pool.query<{ id: string }>(
        'select id from tickets.tickets where order_id = any($1)', [of_orders])
      return rows.length === count && rows.map(({ id }) => id)
    }, 'the tickets')
    return { hits, misses: Array.from({ length: count }, uuidv7) }
  }, lost_ms)
}, 900_000)

test('S8: a payment of others and one that is not there are the same to whoever asks', async () => {
  const token = await it.personToken({ user_id: uuidv7(), roles: ['event_creator'] })
  const look: Ask = id => it.send(payments.getPayment, { token, params: { id } })
  await expectAlike('looking a payment up', look, async count => {
    const hits: string[] = []
    for (const { id: order_id, access_token } of await makeOrders(count)) {
      const { body } = await it.send(payments.startPayment, { token: access_token,
        body: { order_id, provider: 'simulated', method: { test_card: 'success' } } })
      hits.push(body.id)
    }
    return { hits, misses: Array.from({ length: count }, uuidv7) }
  }, lost_ms)
}, 900_000)

test('S8: a login that saves itself the work for nobody is found', async () => {
  const { passwords } = it.context('auth').resources as {
    passwords: { verify: (stored: string | null, password: string) => Promise<boolean> } }
  const { verify } = passwords
  passwords.verify = (stored, given) =>
    stored === null ? Promise.resolve(false) : verify(stored, given)
  try {
    const { hits, misses } = await people(40)
    const found = await askMixed(tryLogin, hits, misses)
    expect(sameDistribution(times(found.hits), times(found.misses))).toBeLessThan(1e-6)
  } finally {
    passwords.verify = verify
  }
}, 60_000)

const year_s = 365.25 * 24 * 3600
/** More requests than one installation could answer, where nothing else limits them. */
const requests_per_second = 100_000
const a_million = 1e6

/** How fast one account can be guessed at from everywhere, by trying until it is refused. */
async function guessesPerSecond (): Promise<number> {
  const [email] = await makeAccounts(1)
  for (let guesses = 1; guesses <= 200; guesses++) {
    const { status, headers } = await it.send(auth.login,
      { body: { email, password: 'wrong horse battery' }, headers: fromAnywhere() })
    if (status === 429) return guesses / Number(headers['retry-after'])
  }
  throw new Error('Nobody stops who guesses')
}

test('S8: codes and tokens are not guessed within a million years', async () => {
  const order_id = (await makeOrders(1))[0]!.id
  const signed = Buffer.from(it.orderToken(order_id).slice('fo_'.length), 'base64url')
  const id_bytes = 16
  const token_bits = (signed.length - id_bytes) * 8
  /** Bits of what is guessed, guesses a second by the limits there are, and how many are good. */
  const guessed: Record<string, { bits: number, per_second: number, good: number }> = {
    // For one order; its id is in the token, so knowing others does not help.
    'token of an order': { bits: token_bits, per_second: requests_per_second, good: 1 },
    'link by mail': { bits: 256, per_second: requests_per_second, good: a_million },
    'refresh token': { bits: 256, per_second: requests_per_second, good: a_million },
    // Codes of a second step have the budget of passwords.
    'recovery code': { bits: 80, per_second: await guessesPerSecond(), good: 10 },
  }
  const years = Object.entries(guessed).map(([what, { bits, per_second, good }]) =>
    [what, 2 ** bits / good / 2 / per_second / year_s] as const)
  for (const [what, some] of years) expect(some, what).toBeGreaterThan(a_million)
  figure('S8', 'Years until one is guessed, half of the space at the rate that limits allow: ' +
    `${years.map(([what, some]) => `${what} ${some.toExponential(0)}`).join(', ')}.`)
})
