import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { getMe } from '@fermata/contracts/auth'
import { defineRoute } from '@fermata/contracts/define'
import { allServices } from '@fermata/server/services'
import { createTestDatabase } from '@fermata/testkit/postgres'
import { eventually, testSecrets } from '@fermata/testkit/start'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { uuidv7 } from '@fermata/platform/ids'
import { defineService, route, type Context, type ServiceDefinition } from '@fermata/platform/service'
import { startSystem, type System } from '@fermata/platform/system'
import { createTokens } from '@fermata/platform/tokens'

/** A service without the key of logins learns from auth, over HTTP, whom to believe. */

const open = defineRoute({
  method: 'GET', path: '/api/events/open', access: 'public', summary: 'For all',
  reply: { 200: Type.Object({ as: Type.String() }) }, problems: [],
})
const own = defineRoute({
  method: 'GET', path: '/api/events/own', access: 'user', summary: 'For people',
  reply: { 200: Type.Object({ as: Type.String() }) }, problems: [],
})
const asker = defineService<Context>({
  name: 'events',
  routes: [
    route(open, async function showAll (_, { caller }) { return { as: caller.kind } }),
    route(own, async function showOwn (_, { caller }) { return { as: caller.kind } }),
  ],
})

const secret = () => randomBytes(32).toString('hex')
const [old, young] = [secret(), secret()]
const { JWT_EXTERNAL_SIGNATURE: _, ...shared } = testSecrets()
const person = {
  user_id: uuidv7(), login_id: uuidv7(), roles: ['user' as const], email: 'ann@example.com',
  email_verified: true,
}
const signedWith = (JWT_EXTERNAL_SIGNATURE: string) =>
  createTokens({ ...shared, JWT_EXTERNAL_SIGNATURE }).signAccess(person)

let port: number
let databases: Awaited<ReturnType<typeof createTestDatabase>>[]
let service: System
let running: System | undefined

const start = (
  definition: ServiceDefinition, at: number, environment: Record<string, string> = {}
) =>
  startSystem({
    services: [definition],
    environment: {
      NODE_ENV: 'test', LOG_LEVEL: 'fatal', RATE_LIMITS: 'off', ...shared, ...environment,
    },
    databaseUrl: () => databases[at]!.url,
    serviceUrls: () => [`http://127.0.0.1:${port}`],
  })

async function restartAuth (JWT_EXTERNAL_SIGNATURE: string): Promise<void> {
  await running?.stop()
  running = await start(allServices.auth, 1, { JWT_EXTERNAL_SIGNATURE })
  await running.app.listen({ host: '127.0.0.1', port })
}

beforeAll(async () => {
  databases = await Promise.all([createTestDatabase(), createTestDatabase()])
  const probe = createServer()
  await new Promise<void>(resolve => { probe.listen(0, '127.0.0.1', resolve) })
  port = (probe.address() as AddressInfo).port
  await new Promise(resolve => probe.close(resolve))
  service = await start(asker, 0)
}, 60_000)
afterAll(async () => {
  await service.stop()
  await running?.stop()
  await Promise.all(databases.map(({ drop }) => drop()))
})

const ask = (path: string, headers: Record<string, string> = {}) =>
  service.app.inject({ method: 'GET', url: path, headers })
const as = (token: string) => ({ authorization: `Bearer ${token}` })
const statusOf = async (token: string) => (await ask(own.path, as(token))).statusCode

test('keys: before auth has answered, guests are served and a login is asked to come back', async () => {
  const token = await signedWith(old)
  expect((await ask(open.path)).json()).toEqual({ as: 'anonymous' })
  expect((await ask(open.path, { cookie: `fermata_access=${token}` })).json())
    .toEqual({ as: 'anonymous' })
  for (const headers of [as(token), { cookie: `fermata_access=${token}` }]) {
    const answer = await ask(own.path, headers)
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '2'])
  }
}, 30_000)

test('keys: a login of auth is believed as soon as auth is there, and one of anybody else is not', async () => {
  const auth = running = await start(allServices.auth, 1, { JWT_EXTERNAL_SIGNATURE: old })
  let asked = 0
  const starting = createHttpServer(({ url }, answer) => {
    // Two questions, of three tries each, do not suffice.
    if (++asked <= 6) return answer.writeHead(503).end()
    void auth.app.inject({ url: url! }).then(({ body }) => answer.end(body))
  }).listen(port, '127.0.0.1')
  await once(starting, 'listening')
  const token = await signedWith(old)
  const status = await statusOf(token)
  starting.closeAllConnections()
  await new Promise(resolve => starting.close(resolve))
  expect(status).toBe(200)
  await auth.app.listen({ host: '127.0.0.1', port })
  expect(await statusOf(await signedWith(secret()))).toBe(401)
  expect((await auth.app.inject({ url: getMe.path, headers: as(token) })).statusCode).toBe(401)
}, 60_000)

/** While auth is asked and does not answer, nobody is told that they are nobody. */
const untilKnown = (token: string) => eventually(async () => {
  const status = await statusOf(token)
  return status !== 503 && status
}, 'an answer of auth')

test('keys: with a key that is new while auth is away, whoever comes is asked to come back', async () => {
  await running?.stop()
  running = undefined
  expect(await statusOf(await signedWith(secret()))).toBe(503)
  expect(await statusOf(await signedWith(old))).toBe(200)
})

test('keys: a new key is known when its first token comes, and one that was given up is not', async () => {
  const before = await signedWith(old)
  await restartAuth(`${young},${old}`)
  expect(await untilKnown(await signedWith(young))).toBe(200)
  expect(await statusOf(before)).toBe(200)

  await restartAuth(young)
  // A name that nobody knows makes the service ask; by itself it asks every half minute.
  expect(await untilKnown(await signedWith(secret()))).toBe(401)
  expect(await statusOf(before)).toBe(401)
  expect(await statusOf(await signedWith(young))).toBe(200)
}, 60_000)
