import type { AddressInfo } from 'node:net'
import {
  changePassword, endLogin, endOtherLogins, forgotPassword, getMe, login, logout, makeLink,
  passwordResetRequested, refresh, register, removeSecondFactor, resetPassword, setRoles,
  type Session,
} from '@fermata/contracts/auth'
import { createClient } from '@fermata/contracts/client'
import { listNotifications } from '@fermata/contracts/notifications'
import { listOrders } from '@fermata/contracts/orders'
import { listTickets } from '@fermata/contracts/tickets'
import { getMyProfile } from '@fermata/contracts/users'
import { uuidv7 } from '@fermata/platform/ids'
import { startSystem, type System } from '@fermata/platform/system'
import { createTokens } from '@fermata/platform/tokens'
import { allServices } from '@fermata/server/services'
import { createTestDatabase } from '@fermata/testkit/postgres'
import { eventually, testSecrets } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { atScale, figure } from '../proofs/proof.ts'

/**
 * A login that ended is dead everywhere within a second: in the process that ended it and in one
 * that only hears of it. Here the other process has no message server and asks; tests/jetstream
 * has one. And signing in never takes over what a browser brought along.
 */

const within_ms = 1000
/** Asking takes a moment, on a machine that runs other tests as well. */
const slack_ms = atScale(2000, 500)
const rounds = atScale(1, 20)
const password = 'correct horse battery'
const secrets = testSecrets()
const started: { system: System, drop: () => Promise<void> }[] = []
let auth: System
let others: System

async function start (names: (keyof typeof allServices)[], auth_url?: string): Promise<System> {
  const database = await createTestDatabase()
  const system = await startSystem({
    services: names.map(name => allServices[name]), databaseUrl: () => database.url,
    serviceUrls: () => [auth_url ?? 'http://127.0.0.1:9'],
    environment: { ...secrets, NODE_ENV: 'test', RATE_LIMITS: 'off', LOG_LEVEL: 'fatal' },
  })
  started.push({ system, drop: database.drop })
  await system.app.listen({ host: '127.0.0.1', port: 0 })
  return system
}

const addressOf = ({ app }: System) =>
  `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`

const as = (system: System, headers: Record<string, string>) =>
  createClient({ base_url: addressOf(system), fetch, headers }).call
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

beforeAll(async () => {
  auth = await start(['auth'])
  others = await start(['notifications', 'orders', 'tickets', 'users'], addressOf(auth))
}, 240_000)
afterAll(async () => {
  for (const { system, drop } of started.toReversed()) {
    await system.stop()
    await drop()
  }
})

/** Asked at each of the services, as a program and as a browser. */
async function statusesOf ({ access_token }: Session): Promise<number[]> {
  const asking = [bearer(access_token), { cookie: `fermata_access=${access_token}` }]
  const answers = await Promise.all(asking.flatMap(headers => [
    as(auth, headers)(getMe), as(others, headers)(listNotifications, { query: {} }),
    as(others, headers)(listOrders, { query: {} }), as(others, headers)(listTickets, { query: {} }),
    as(others, headers)(getMyProfile),
  ]))
  return answers.map(answer => answer.status)
}

async function newPerson (): Promise<Session & { email: string }> {
  const email = `${uuidv7()}@example.com`
  const answer = await as(auth, {})(register,
    { body: { email, password, username: 'Lena Login' } })
  if (!answer.ok) throw new Error(JSON.stringify(answer.problem))
  return { ...answer.body, email }
}

async function signIn (email: string, headers: Record<string, string> = {}): Promise<Session> {
  const answer = await as(auth, headers)(login, { body: { email, password } })
  if (!answer.ok) throw new Error(JSON.stringify(answer.problem))
  return answer.body
}

const poolOf = (system: System) => system.contexts.get('auth')!.pool

async function newAdmin () {
  const person = await newPerson()
  await poolOf(auth).query(`update auth.accounts set roles = '{admin}' where id = $1`,
    [person.user.id])
  return as(auth, bearer((await signIn(person.email)).access_token))
}

interface Logins { person: Session & { email: string }, here: Session, there: Session }

/** A way to end logins, and which of two it leaves alive. */
interface Ending { end: (logins: Logins) => Promise<unknown>, keeps: 'here' | 'none' | 'there' }

const endings: Record<string, Ending> = {
  'signing out': { keeps: 'there', end: ({ here }) => as(auth, bearer(here.access_token))(logout) },
  'ending one from another': { keeps: 'here', end: async ({ here, there }) => {
    const claims = JSON.parse(Buffer.from(there.access_token.split('.')[1]!, 'base64url')
      .toString()) as { sid: string }
    await as(auth, bearer(here.access_token))(endLogin, { params: { id: claims.sid } })
  } },
  'ending all others': { keeps: 'here', end: ({ here }) =>
    as(auth, bearer(here.access_token))(endOtherLogins) },
  'changing the password': { keeps: 'here', end: ({ here }) =>
    as(auth, bearer(here.access_token))(changePassword,
      { body: { current_password: password, new_password: 'a new sentence' } }) },
  'setting a password by mail': { keeps: 'none', end: async ({ person }) => {
    await as(auth, {})(forgotPassword, { body: { email: person.email } })
    const id = await eventually(async () => {
      const { rows } = await poolOf(auth).query<{ data: { email: string, link_id: string } }>(
        'select data from auth.outbox_events where type = $1', [passwordResetRequested.type])
      return rows.find(({ data }) => data.email === person.email)?.data.link_id
    })
    const service = await createTokens(secrets).signInternal('notifications', 'auth')
    const made = await as(auth, bearer(service))(makeLink, { params: { id } })
    if (!made.ok) throw new Error(JSON.stringify(made.problem))
    const body = { token: made.body.token, new_password: 'a new sentence' }
    await as(auth, {})(resetPassword, { body })
  } },
  'other roles': { keeps: 'none', end: async ({ person }) =>
    (await newAdmin())(setRoles,
      { params: { user_id: person.user.id }, body: { roles: ['user', 'operator'] } }) },
  'a second factor taken away': { keeps: 'none', end: async ({ person }) =>
    (await newAdmin())(removeSecondFactor, { params: { user_id: person.user.id } }) },
  'a refresh token used twice': { keeps: 'there', end: async ({ here }) => {
    const body = { refresh_token: here.refresh_token }
    await as(auth, { 'user-agent': 'owner' })(refresh, { body })
    await as(auth, { 'user-agent': 'thief' })(refresh, { body })
  } },
}

const slowest = new Map<string, number>()

test.each(Object.entries(endings))('S11: %s: dead everywhere within a second', async (name, { end, keeps }) => {
  for (let round = 0; round < rounds; round++) {
    const person = await newPerson()
    const logins = { person, here: await signIn(person.email), there: await signIn(person.email) }
    for (const one of [logins.here, logins.there]) {
      expect((await statusesOf(one)).filter(status => status === 401)).toEqual([])
    }
    await end(logins)
    const ended_ms = performance.now()
    const ended = (['here', 'there'] as const).filter(which => which !== keeps)
    for (const which of ended) {
      await eventually(async () =>
        (await statusesOf(logins[which])).every(status => status === 401), `${which} to be dead`)
      const again = await as(auth, {})(refresh,
        { body: { refresh_token: logins[which].refresh_token } })
      expect(again.status).toBe(401)
    }
    const took_ms = performance.now() - ended_ms
    slowest.set(name, Math.max(slowest.get(name) ?? 0, took_ms))
    expect(took_ms).toBeLessThan(within_ms + slack_ms)
    if (keeps !== 'none') {
      expect((await statusesOf(logins[keeps])).filter(status => status === 401)).toEqual([])
    }
  }
}, 300_000)

test('S11: the slowest of all ends', () => {
  expect(slowest.size).toBeGreaterThan(0)
  const most_ms = Math.round(Math.max(...slowest.values()))
  figure('S11', `${slowest.size} ways to end a login, ${rounds} times each: refused by five ` +
    `services of two processes after ${most_ms} ms at most, by token and by cookie.`)
})

test('S11: signing in makes a new login, whatever a browser brought along', async () => {
  const thief = await newPerson()
  const victim = await newPerson()
  const planted = `fermata_access=${thief.access_token}; fermata_refresh=${thief.refresh_token}`
  const answer = await as(auth, { cookie: planted, origin: addressOf(auth) })(login,
    { body: { email: victim.email, password } })
  if (!answer.ok) throw new Error(JSON.stringify(answer.problem))
  const fresh = answer.body
  expect([fresh.access_token, fresh.refresh_token])
    .not.toEqual(expect.arrayContaining([thief.access_token]))
  expect(fresh.user.id).toBe(victim.user.id)
  const sid = (token: string) => (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url')
    .toString()) as { sid: string }).sid
  expect(new Set([thief, victim, fresh].map(one => sid(one.access_token))).size).toBe(3)
  const me = await as(auth, bearer(thief.access_token))(getMe)
  expect(me.ok && me.body.id).toBe(thief.user.id)
})
