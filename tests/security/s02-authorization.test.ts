import { readdirSync } from 'node:fs'
import type { Access, AnyRoute } from '@fermata/contracts/define'
import * as platform from '@fermata/contracts/platform'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { secretHolders } from '@fermata/server/secrets'
import { allServices } from '@fermata/server/services'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/**
 * Every route of every contract against every kind of caller. The expectation is worked out from
 * the route's policy alone, so a new route is tested by being declared.
 */

let it: TestSystem
let callers: Record<string, (route: AnyRoute) => Promise<string | undefined>>

beforeAll(async () => {
  it = await startTestSystem(Object.values(allServices))
  const person = async (role: 'user' | 'event_creator' | 'operator' | 'admin') =>
    it.personToken({ roles: [role] })
  const user = await person('user')
  const [header, payload, signature] = user.split('.') as [string, string, string]
  const unsigned = `${
    Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
  }.${payload}.`
  const expired = await new Promise<string>(resolve =>
    resolve(
      `${header}.${
        Buffer.from(
          JSON.stringify({
            ...JSON.parse(Buffer.from(payload, 'base64url').toString()) as object,
            exp: 1,
          }),
        ).toString('base64url')
      }.${signature}`,
    )
  )
  callers = {
    nobody: async () => undefined,
    user: async () => user,
    event_creator: () => person('event_creator'),
    operator: () => person('operator'),
    admin: () => person('admin'),
    'an order': async () => it.orderToken(uuidv7()),
    'a forged order token': async () => `${it.orderToken(uuidv7()).slice(0, -4)}AAAA`,
    'an unsigned token': async () => unsigned,
    'an altered token': async () => expired,
    'a service token': async route => it.serviceToken(ownerOf(route), route.callers?.[0]),
    'a service token of a service without business there': async route =>
      it.serviceToken(ownerOf(route), serviceNames.find(name => !route.callers?.includes(name))
        ?? 'nobody'),
    'a service token for another service': async route =>
      it.serviceToken(ownerOf(route) === 'orders' ? 'auth' : 'orders', route.callers?.[0]),
  }
}, 60_000)
afterAll(() => it.stop())

const ownerOf = (route: AnyRoute) => ownership.get(route)!
const ownership = new Map<AnyRoute, ServiceName>()

const signedIn: Record<string, Access[]> = {
  nobody: ['public'],
  user: ['public', 'user', 'owner'],
  event_creator: ['public', 'user', 'owner', 'organizer'],
  operator: ['public', 'user', 'owner', 'operator'],
  admin: ['public', 'user', 'owner', 'organizer', 'operator', 'admin'],
  'an order': ['owner'],
  'a forged order token': [],
  'an unsigned token': [],
  'an altered token': [],
  'a service token': ['internal'],
  'a service token of a service without business there': [],
  'a service token for another service': [],
}
const people = new Set(['user', 'event_creator', 'operator', 'admin'])

/**
 * What a caller must be answered: let through (whatever the operation then says), or refused with
 * this status.
 */
function expectation (route: AnyRoute, caller: string): 'through' | 401 | 403 {
  if (signedIn[caller]!.includes(route.access)) return 'through'
  // Who cannot check an order's token does not guess.
  if (caller === 'an order' && route.access === 'public')
    return secretHolders.ORDER_SIGNATURE!.includes(ownerOf(route)) ? 'through' : 401
  return people.has(caller) && route.access !== 'internal' ? 403 : 401
}

const isRoute = (value: unknown): value is AnyRoute =>
  typeof value === 'object' && value !== null && 'method' in value && 'path' in value &&
  'access' in value

const routes: [string, AnyRoute][] = []
for (
  const file of readdirSync(new URL('../../packages/contracts/src/', import.meta.url)).filter(
    name => name.endsWith('.ts') && !name.includes('.test.')
  )
) {
  const name = file.slice(0, -3) as ServiceName
  if (!serviceNames.includes(name)) continue
  const contract = await import(`@fermata/contracts/${name}`) as Record<string, unknown>
  for (const [key, value] of Object.entries(contract)) if (isRoute(value)) {
    ownership.set(value, name)
    routes.push([`${name}.${key}`, value])
  }
  for (const make of Object.values(platform)) if (typeof make === 'function') {
    const route = make(name)
    ownership.set(route, name)
    routes.push([`${name} ${route.method} ${route.path}`, route])
  }
}

/** Path parameters that fit their patterns and belong to nobody. */
function strangerParams (route: AnyRoute): Record<string, string> {
  const properties = (route.params?.properties ?? {}) as Record<string, { enum?: string[] }>
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, schema.enum?.[0] ?? uuidv7()]),
  )
}

test('S2: every route of the contracts is served by its service', () => {
  expect(routes.length).toBeGreaterThan(100)
  const missing = routes.filter(([, route]) => !it.system.app.hasRoute({
    method: route.method, url: route.path.replace(/\{(\w+)\}/g, ':$1') }))
  expect(missing.map(([name]) => name)).toEqual([])
})

describe.each(routes)('%s', (_, route) => {
  test.each(Object.keys(signedIn))('S2: as %s', async caller => {
    const token = await callers[caller]!(route)
    const answer = await it.send(route, { params: strangerParams(route), token })

    // Nobody but who asked keeps an answer about a person, a refusal included.
    if (!route.same_for_all || answer.status >= 400)
      expect(answer.headers['cache-control']).toBe('no-store')
    const expected = expectation(route, caller)
    if (expected === 'through') {
      // Beyond the policy an operation may say 401 of its own (a wrong password), but never by the
      // policy's problem.
      expect([answer.status, answer.problem?.type]).not.toEqual([
        401,
        '/problems/request/unauthenticated',
      ])
      expect(answer.status).not.toBe(403)
      expect(answer.status).toBeLessThan(500)
    } else {
      expect(answer.status).toBe(expected)
      expect(answer.problem.type).toBe(
        expected === 401 ? '/problems/request/unauthenticated' : '/problems/request/forbidden',
      )
    }
  })
})

test('S3: a field that a contract does not declare is refused by every write, whatever column it names', async () => {
  const columns = [
    'is_admin',
    'roles',
    'price_minor',
    'total_minor',
    'user_id',
    'status',
    '__proto__x',
  ]
  for (const [name, route] of routes) {
    if (!route.body || route.raw_body || route.access === 'internal') continue
    const declared = Object.keys((route.body as { properties?: object }).properties ?? {})
    const extra = columns.find(column => !declared.includes(column))!
    const role = route.access === 'organizer'
      ? 'event_creator' as const
      : route.access === 'operator'
      ? 'operator' as const
      : 'admin' as const
    const answer = await it.send(route, {
      params: strangerParams(route),
      body: { [extra]: 1 },
      token: await it.personToken({ roles: [role] }),
    })
    expect([name, answer.status, answer.problem.errors?.some(error => error.field === extra)])
      .toEqual([name, 400, true])
  }
})
