import { login, register } from '@fermata/contracts/auth'
import { crossOrigin } from '@fermata/contracts/problems'
import type { AnyRoute } from '@fermata/contracts/define'
import { serviceNames } from '@fermata/contracts/services'
import { allServices } from '@fermata/server/services'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { figure } from '../proofs/proof.ts'

/** S12, API: what another site can cause a browser to send, at every route that changes a thing. */

const site = 'https://tickets.example.org'

let it: TestSystem
beforeAll(async () => {
  it = await startTestSystem(Object.values(allServices), { PUBLIC_URL: site })
}, 60_000)
afterAll(() => it?.stop())

const isRoute = (value: unknown): value is AnyRoute =>
  typeof value === 'object' && value !== null && 'method' in value && 'path' in value

async function listUnsafe (): Promise<AnyRoute[]> {
  const contracts = await Promise.all(serviceNames.map(async name =>
    Object.values(await import(`@fermata/contracts/${name}`) as Record<string, unknown>)))
  return [...new Set(contracts.flat().filter(isRoute))]
    .filter(({ method, access }) => method !== 'GET' && access !== 'internal')
}

const pathOf = ({ path, params }: AnyRoute) => path.replace(/\{(\w+)\}/g, (_, name: string) =>
  (params?.properties as Record<string, { enum?: string[] }> | undefined)?.[name]?.enum?.[0] ??
  uuidv7())

/** A request that a browser sends for a page of another site without asking us first. */
const simple = [
  { 'content-type': 'text/plain', body: '{"email":"ann@example.com"}' },
  { 'content-type': 'application/x-www-form-urlencoded', body: 'email=ann%40example.com' },
  { 'content-type': 'multipart/form-data; boundary=x', body: '--x--' },
  { 'content-type': 'application/json', body: '{}' },
]
const origins: Record<string, string>[] = [
  { origin: 'https://evil.example' }, { origin: 'null' }, { origin: `${site}.evil.example` },
  { origin: 'http://tickets.example.org', host: 'tickets.example.org' },
  { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, {},
]

function sendTo (
  route: AnyRoute, { body, ...type }: typeof simple[number], headers: Record<string, string>
) {
  return it.system.app.inject({ method: route.method as 'POST', url: pathOf(route), payload: body,
    headers: { ...type, ...headers } })
}

test('S12: every route that changes something refuses a cookie that another site sends', async () => {
  const unsafe = await listUnsafe()
  expect(unsafe.length).toBeGreaterThan(40)
  let count = 0
  for (const route of unsafe) {
    const cookie = `__Host-fermata_access=${await it.personToken({ roles: ['admin'] })}`
    for (const origin of origins) {
      const answer = await sendTo(route, simple[count++ % simple.length]!, { cookie, ...origin })
      const type = answer.json<{ type: string }>().type
      expect([route.method, route.path, origin, answer.statusCode, type])
        .toEqual([route.method, route.path, origin, 403, crossOrigin.type])
    }
  }
  figure('S12', `${count} requests of other sites with an administrator's cookie at ` +
    `${unsafe.length} routes: all refused.`)
}, 60_000)

test('S12: the cookie of our own pages is taken, so the test above can fail', async () => {
  const cookie = `__Host-fermata_access=${await it.personToken()}`
  const [route] = (await listUnsafe()).filter(({ body, access }) => body && access === 'user')
  const answer = await sendTo(route!, simple[3]!, { cookie, origin: site })
  expect(answer.json<{ type: string }>().type).not.toBe(crossOrigin.type)
  // Not one that a neighbouring name can have set.
  const unprefixed = cookie.slice('__Host-'.length)
  const plain = await sendTo(route!, simple[3]!, { cookie: unprefixed, origin: site })
  expect(plain.statusCode).toBe(401)
})

test('S12: without a cookie, a form of another site reads as nothing', async () => {
  const person = { email: 'ann@example.com', password: 'correct horse battery' }
  await it.send(register, { body: { ...person, username: 'Ann' } })
  for (const route of await listUnsafe()) {
    if (!route.body || route.raw_body) continue
    for (const one of simple.slice(0, 3)) {
      const answer = await sendTo(route, one, { origin: 'https://evil.example' })
      const is_refused = answer.statusCode >= 400 && answer.statusCode < 500
      expect([route.path, is_refused]).toEqual([route.path, true])
      expect(answer.headers['set-cookie']).toBeUndefined()
    }
  }
  const text = { 'content-type': 'text/plain', body: JSON.stringify(person) }
  const stranger = await sendTo(login, text, { origin: 'https://evil.example' })
  expect(stranger.statusCode).toBe(415)
})
