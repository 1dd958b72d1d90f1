import { getDeadline, listDeadlines } from '@fermata/contracts/expiration'
import { orderCompleted, orderPlaced } from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import service from './service.ts'

let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('expiration')
})
afterAll(() => it.stop())

test('getDeadline: says when a hold ends to its order token and hides it from others', async () => {
  expect((await it.send(getDeadline, { params: { kind: 'order_hold', subject_id: uuidv7() }, token: await it.personToken() })).status).toBe(404)
  expect((await it.send(listDeadlines, {})).status).toBe(401)
  const r = await it.send(listDeadlines, { token: await it.personToken({ roles: ['admin'] }), query: { limit: 3 } })
  expect(r.body).toEqual({ items: [], next_cursor: null })
  const bad = await it.send(listDeadlines, { token: await it.personToken({ roles: ['admin'] }), query: { limit: 3000, bogus: 1 } as never })
  console.log(bad.problem, bad.headers)
  console.log((await it.system.app.inject('/api/expiration/doc/json')).payload.slice(0, 600))
  console.log((await it.system.app.inject('/api/expiration/doc/')).statusCode, (await it.system.app.inject('/api/nope')).payload, (await it.system.app.inject({method: 'PUT', url: '/api/expiration'})).payload)
  console.log((await it.system.app.inject('/api/expiration/health/ready')).payload)
})
