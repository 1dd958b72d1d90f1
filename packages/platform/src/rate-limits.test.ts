import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { peer } from '../test/http-peer.ts'

let it: TestSystem

beforeAll(async () => {
  it = await startTestSystem([peer], { LOG_LEVEL: 'fatal', RATE_LIMITS: 'on' })
})
afterAll(() => it.stop())

/** Asks a route that takes three requests a minute. */
const ask = (email: string, remoteAddress = '192.0.2.1', headers: Record<string, string> = {}) =>
  it.system.app.inject({
    method: 'POST', url: '/api/orders/limited', payload: { email }, remoteAddress, headers,
  })

/** The statuses of four requests that differ in one thing. */
async function fourTimes (askOne: (n: number) => ReturnType<typeof ask>): Promise<number[]> {
  const statuses = []
  for (let n = 1; n <= 4; n++) statuses.push((await askOne(n)).statusCode)
  return statuses
}

const three_and_no_more = [200, 200, 200, 429]

test('rate limit: the fourth is refused with a time to come back', async () => {
  const statuses = []
  for (let n = 0; n < 3; n++) statuses.push((await ask('ann@example.com')).statusCode)
  expect(statuses).toEqual([200, 200, 200])
  const refused = await ask(' ANN@example.com')
  expect([refused.statusCode, refused.json().type]).toEqual([429, '/problems/request/too-many'])
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60)
  expect((await ask('ben@example.com')).statusCode).toBe(200)
})

test('rate limit: counts the network, not the addresses that its owner has in plenty', async () => {
  const statuses = await fourTimes(n => ask('cleo@example.com', `2001:db8:1:2::${n}`))
  expect(statuses).toEqual(three_and_no_more)
  expect((await ask('cleo@example.com', '2001:db8:1:3::1')).statusCode).toBe(200)
})

test('rate limit: who is no trusted proxy cannot tell another address than its own', async () => {
  const statuses = await fourTimes(n => ask('dora@example.com', '192.0.2.9', {
    'x-forwarded-for': `203.0.113.${n}`, 'x-real-ip': `203.0.113.${n}`,
    'forwarded': `for=203.0.113.${n}`,
  }))
  expect(statuses).toEqual(three_and_no_more)
})

test('rate limit: behind a trusted proxy the address that it saw counts, not one before', async () => {
  const statuses = await fourTimes(n => ask('emil@example.com', '127.0.0.1',
    { 'x-forwarded-for': `203.0.113.${n}, 192.0.2.10` }))
  expect(statuses).toEqual(three_and_no_more)
})
