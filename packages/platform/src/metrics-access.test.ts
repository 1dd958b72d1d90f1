import { startTestSystem } from '@fermata/testkit/start'
import { expect, test } from 'vitest'
import { defineService, type Context } from './service.ts'

test('metrics: a process without the gateway tells its own, to this machine or for a token', async () => {
  const token = 'a-token-of-more-than-16'
  const it = await startTestSystem(
    [defineService<Context>({ name: 'orders', routes: [] })], { METRICS_TOKEN: token })
  const ask = (remoteAddress: string, authorization?: string) => it.system.app.inject({
    url: '/metrics', remoteAddress, headers: authorization ? { authorization } : {} })

  expect((await ask('127.0.0.1')).payload).toContain('fermata_outbox_waiting{service="orders"} 0')
  expect((await ask('203.0.113.9')).statusCode).toBe(401)
  expect((await ask('203.0.113.9', 'Bearer another-token-of-16')).statusCode).toBe(401)
  expect((await ask('203.0.113.9', `Bearer ${token}`)).statusCode).toBe(200)
  for (const header of [{ forwarded: 'for=8.8.8.8' }, { 'x-real-ip': '8.8.8.8' },
    { via: '1.1 proxy' }, { host: 'evil.example' }]) {
    const answer = await it.system.app.inject({ url: '/metrics', headers: header })
    expect([header, answer.statusCode]).toEqual([header, 401])
  }
  await it.stop()
})
