import { readdirSync } from 'node:fs'
import type { AnyRoute } from '@fermata/contracts/define'
import * as platform from '@fermata/contracts/platform'
import { signsRoute } from '@fermata/contracts/signs'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { serviceOf } from '@fermata/platform/call'
import { secretsOf } from '@fermata/platform/settings'
import { secretHolders } from '@fermata/server/secrets'
import { allServices } from '@fermata/server/services'
import { partEnvironment } from '@fermata/server/split/part-environment'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { figure } from '../proofs/proof.ts'

/** S24: a service is not believed because it is near, and knows no more than it needs. */

const folder = new URL('../../packages/contracts/src/', import.meta.url)
const routes: AnyRoute[] = []
for (const file of readdirSync(folder).filter(name => /^[a-z-]+\.ts$/.test(name))) {
  const contract = await import(new URL(file, folder).href) as Record<string, unknown>
  routes.push(...Object.values(contract).filter((value): value is AnyRoute =>
    (value as AnyRoute | null)?.access === 'internal' && 'path' in (value as object)))
}
for (const name of serviceNames) {
  routes.push(platform.exportRoute(name), platform.importRoute(name),
    platform.holdStillRoute(name), platform.madeSinceRoute(name),
    platform.restoreMarkRoute(name), signsRoute(name))
}

let it: TestSystem
beforeAll(async () => { it = await startTestSystem(Object.values(allServices)) }, 60_000)
afterAll(() => it.stop())

const params = (route: AnyRoute) => Object.fromEntries(
  [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, uuidv7()]))

const isRefused = async (route: AnyRoute, token?: string) => {
  const { status, problem } = await it.send(route, { params: params(route), token })
  return status === 401 && problem.type === '/problems/request/unauthenticated'
}

test('S24: an internal route admits the services it names and nobody else', async () => {
  let asked = 0
  for (const route of routes) {
    const to = serviceOf(route.path)
    for (const from of [...serviceNames, 'web', 'nobody', '']) {
      const refused = await isRefused(route, await it.serviceToken(to, from))
      expect([route.path, from, refused])
        .toEqual([route.path, from, !route.callers!.includes(from as ServiceName)])
      asked++
    }
    const [caller] = route.callers!
    const elsewhere = serviceNames.find(name => name !== to)!
    for (const token of [
      undefined, await it.serviceToken(elsewhere, caller), it.orderToken(uuidv7()),
      await it.personToken({ roles: ['admin'] }),
    ]) {
      expect([route.path, await isRefused(route, token)]).toEqual([route.path, true])
      asked++
    }
  }
  expect(routes.length).toBeGreaterThan(25)
  figure('S24', `${routes.length} internal routes asked by every service and by nobody, ` +
    `${asked} requests: only the callers that a route names were admitted.`)
})

test('S24: each secret is held by the services whose settings name it', () => {
  const schemas = Object.entries(allServices).map(([name, { settings }]) =>
    [name, settings ? secretsOf(settings) : []] as const)
  for (const [secret, holders] of Object.entries(secretHolders)) {
    const named = schemas.filter(([, secrets]) => secrets.includes(secret)).map(([name]) => name)
    expect([secret, named.sort()]).toEqual([secret, [...holders].sort()])
  }
  expect(schemas.flatMap(([, secrets]) => secrets).filter(name => !(name in secretHolders)))
    .toEqual([])
})

test('S24: a process of its own is given its own secrets and no other', () => {
  const secrets = [...Object.keys(secretHolders), 'JWT_INTERNAL_SIGNATURE']
  const environment = Object.fromEntries(secrets.map(name => [name, `value of ${name}`]))
  const databases = new Map(serviceNames.map(name => [name, `postgres://${name}/`]))
  for (const part of [...serviceNames, 'web' as const]) {
    const given = partEnvironment({ name: part, part, host: '127.0.0.1', port: 1, launch: [] },
      'nats://127.0.0.1', { folder: '', url: '', demo: false, instances: [], environment, databases,
        inside_door: null })
    const expected = secrets.filter(name => part === 'web' ? false
      : secretHolders[name]?.includes(part) ?? true)
    expect([part, secrets.filter(name => name in given)]).toEqual([part, expected])
  }
})
