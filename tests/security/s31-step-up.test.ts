import { confirm, setRoles } from '@fermata/contracts/auth'
import type { AnyRoute } from '@fermata/contracts/define'
import type { Role } from '@fermata/contracts/fields'
import { secondFactorMissing, stepUpNeeded } from '@fermata/contracts/problems'
import { serviceNames } from '@fermata/contracts/services'
import { confirmed_for_seconds } from '@fermata/platform/caller'
import { uuidv7 } from '@fermata/platform/ids'
import { allServices } from '@fermata/server/services'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { figure } from '../proofs/proof.ts'

/**
 * An administrator's login that was stolen, or left open in a library, gives away nothing that
 * cannot be taken back. Which routes that are stands in the contracts; each is asked.
 */

let it: TestSystem

beforeAll(async () => {
  it = await startTestSystem(Object.values(allServices))
}, 240_000)
afterAll(() => it.stop())

const isRoute = (value: unknown): value is AnyRoute =>
  typeof value === 'object' && value !== null && 'method' in value && 'access' in value

const all: [string, AnyRoute][] = []
for (const name of serviceNames) {
  const contract = await import(`@fermata/contracts/${name}`) as Record<string, unknown>
  for (const [key, value] of Object.entries(contract)) {
    if (isRoute(value)) all.push([`${name}.${key}`, value])
  }
}
const guarded = all.filter(([, route]) => route.step_up === true)

/** What must not be taken off the list by a slip: whatever else declares it is tested as well. */
const never_without = [
  'auth.setRoles', 'backups.restoreBackup', 'events.cancelEvent', 'users.deleteMe',
  'users.deleteUser',
]

const now_s = () => Math.floor(Date.now() / 1000)
const roleFor = (route: AnyRoute): Role =>
  route.access === 'organizer' ? 'event_creator' : route.access === 'user' ? 'user' : 'admin'

function ask (route: AnyRoute, token: string) {
  const properties = (route.params?.properties ?? {}) as Record<string, unknown>
  const params = Object.fromEntries(Object.keys(properties).map(name => [name, uuidv7()]))
  return it.send(route, { params, token })
}

test('S31: what gives away most asks for a step-up, and only writes do', () => {
  const names = guarded.map(([name]) => name)
  expect(never_without.filter(name => !names.includes(name))).toEqual([])
  expect(all.filter(([, route]) => route.step_up && route.method === 'GET')).toEqual([])
  figure('S31', `${names.length} routes refuse a login that was not confirmed in the last ` +
    `${confirmed_for_seconds / 60} minutes: ${names.join(', ')}.`)
})

describe.each(guarded)('S31: %s', (_, route) => {
  const stale: Record<string, () => number | undefined> = {
    'a login that never proved who it is': () => undefined,
    'a confirmation that is a second too old': () => now_s() - confirmed_for_seconds - 1,
    'a confirmation of yesterday': () => now_s() - 24 * 3600,
    'a confirmation of no number': () => Number.NaN,
  }
  test.each(Object.entries(stale))('refuses %s', async (_name, confirmed_at) => {
    const confirmed_at_s = confirmed_at()
    const token = await it.personToken({ roles: [roleFor(route)], confirmed_at_s })
    const answer = await ask(route, token)
    expect([answer.status, answer.problem.type]).toEqual([403, stepUpNeeded.type])
    expect(answer.problem.confirm_at).toBe(confirm.path)
    expect(answer.headers['www-authenticate']).toMatch(/insufficient_user_authentication/)
  })

  test('lets through whoever confirmed a moment ago', async () => {
    const answer = await ask(route, await it.personToken({ roles: [roleFor(route)] }))
    expect(answer.problem?.type).not.toBe(stepUpNeeded.type)
    expect(answer.status).not.toBe(403)
  })
})

test('S31: whoever may not at all is not asked for a password first', async () => {
  const token = await it.personToken({ roles: ['user'], confirmed_at_s: 1 })
  const answer = await it.send(setRoles, {
    token, params: { user_id: uuidv7() }, body: { roles: ['admin'] },
  })
  expect([answer.status, answer.problem.type]).toEqual([403, '/problems/request/forbidden'])
})

describe.each(all.filter(([, route]) => route.access !== 'internal'))('S31: %s', (_, route) => {
  test('gives an administrator without the required second factor nothing but a way to it', async () => {
    const token = await it.personToken({ roles: ['admin'], must_enroll: true })
    const answer = await ask(route, token)
    const is_refused = answer.problem?.type === secondFactorMissing.type
    const is_open = route.while_enrolling === true || route.access === 'public'
    expect(is_refused).toBe(!is_open)
    if (is_refused) expect(answer.status).toBe(403)
  })
})
