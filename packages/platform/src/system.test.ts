import { Agent, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineRoute } from '@fermata/contracts/define'
import { createTestDatabase } from '@fermata/testkit/postgres'
import { startTestSystem, testSecrets, type TestSystem } from '@fermata/testkit/start'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { every } from './jobs.ts'
import { defineService, route, type Context } from './service.ts'
import { startSystem } from './system.ts'

/** Stopping, over real connections. */

const Reply = { 200: Type.Object({ done: Type.Boolean() }) }
const slow = defineRoute({
  method: 'GET', path: '/api/orders/slow', access: 'public', summary: 'Takes its time',
  reply: Reply, problems: []
})
const inner = defineRoute({
  method: 'GET', path: '/internal/payments/inner', access: 'internal', callers: ['orders', 'payments'], summary: 'Asked on the way',
  reply: Reply, problems: []
})

const orders = defineService<Context>({
  name: 'orders',
  routes: [route(slow, async function goSlow (ctx: Context) {
    await sleep(600)
    // A request in flight still reaches its peers and its database.
    await ctx.pool.query('select 1')
    return ctx.call(inner, {})
  })],
})
const payments = defineService<Context>({
  name: 'payments', routes: [route(inner, async function answerInner () { return { done: true } })]
})

async function start (
  environment: Record<string, string> = {}
): Promise<{ it: TestSystem, port: number }> {
  const it = await startTestSystem([orders, payments], { LOG_LEVEL: 'fatal', ...environment })
  await it.system.app.listen({ host: '127.0.0.1', port: 0 })
  return { it, port: (it.system.app.server.address() as AddressInfo).port }
}

interface Got { status: number, body: string, connection: string | undefined }

const get = (port: number, path: string, agent?: Agent) => new Promise<Got>((resolve, reject) => {
  request({ port, host: '127.0.0.1', path, agent }, answer => {
    let body = ''
    answer.on('data', (chunk: Buffer) => { body += chunk.toString() })
    answer.on(
      'end',
      () => resolve({ status: answer.statusCode!, body, connection: answer.headers.connection })
    )
  }).on('error', reject).end()
})

test('stop: what is in flight ends well, and nobody listens for new requests', async () => {
  const { it, port } = await start()
  const agent = new Agent({ keepAlive: true, maxSockets: 3 })
  await Promise.all([1, 2, 3].map(() => get(port, '/api/orders/health', agent)))
  const in_flight = get(port, '/api/orders/slow', agent)
  await sleep(100)
  const began_ms = performance.now()

  const stopped = it.system.stop()
  await sleep(100)
  const kept = await get(port, '/api/orders/health', agent)

  // Nothing was begun, so a proxy goes on to another process with whatever it was.
  await expect(get(port, '/api/orders/slow')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  expect([kept.status, kept.connection]).toEqual([200, 'close'])
  expect(await in_flight).toMatchObject({ status: 200, body: '{"done":true}', connection: 'close' })
  await stopped
  expect(performance.now() - began_ms).toBeLessThan(4000)
  agent.destroy()
  await it.stop()
})

test('stop: proxies have time to see that it is not ready, and are served meanwhile', async () => {
  const { it, port } = await start({ DRAIN_MS: '500' })
  expect(await get(port, '/api/orders/health/ready'))
    .toMatchObject({ status: 200, connection: 'keep-alive' })

  const stopped = it.system.stop()
  const [ready, served] = await Promise.all([
    get(port, '/api/orders/health/ready'), get(port, '/api/orders/health')
  ])

  expect([ready.status, served.status]).toEqual([503, 200])
  // Kept, the connection would carry the next request to a server that has ended.
  expect(served.connection).toBe('close')
  await stopped
  await it.stop()
})

test('stop: a request that never ends is cut off, so that the stop does', async () => {
  const endless = defineRoute({
    method: 'GET', path: '/api/orders/endless', access: 'public', summary: 'Never ends',
    reply: Reply, problems: []
  })
  const stuck = defineService<Context>({
    name: 'orders', routes: [route(endless,
    async function hang (): Promise<{ done: boolean }> { return new Promise(() => {}) })] })
  const it = await startTestSystem([stuck], { LOG_LEVEL: 'fatal' })
  await it.system.app.listen({ host: '127.0.0.1', port: 0 })
  const waiting = get(
    (it.system.app.server.address() as AddressInfo).port, '/api/orders/endless'
  ).catch((error: NodeJS.ErrnoException) => error.code)
  await sleep(100)
  const began_ms = performance.now()

  await it.system.stop()

  expect(performance.now() - began_ms).toBeLessThan(8000)
  expect(await waiting).toBe('ECONNRESET')
  await it.stop()
})

test('serve_also: what else is served is there before anything in the background calls', async () => {
  const restless = defineService<Context>({
    ...payments, timers: [every(1, async function callAtOnce (ctx: Context) {
      await ctx.call(inner, {})
    })],
  })
  const database = await createTestDatabase()
  const system = await startSystem({
    services: [orders, restless], databaseUrl: () => database.url,
    environment: { NODE_ENV: 'test', LOG_LEVEL: 'fatal', ...testSecrets() },
    serve_also: async app => {
      // As long as a slow machine takes to read the pages.
      await sleep(300)
      app.get('/also', () => 'there')
    },
  })
  expect((await system.app.inject('/also')).payload).toBe('there')
  await system.stop()
  await database.drop()
})

test('stop: asked twice, it stops once and both askers hear of the end', async () => {
  let ends = 0
  const counted = defineService<Context>({
    name: 'orders', routes: [], stop: async () => { ends++ }
  })
  const it = await startTestSystem([counted], { LOG_LEVEL: 'fatal' })

  await Promise.all([it.system.stop(), it.system.stop()])
  await it.stop()

  expect(ends).toBe(1)
})

test('stop: leaves no connection to the database behind', async () => {
  const { it } = await start()
  const other = await startTestSystem([payments], { LOG_LEVEL: 'fatal' }, it.database_url)
  const open = async () => (await other.context('payments').pool.query(
    `select from pg_stat_activity
      where datname = current_database() and application_name = 'fermata-orders'`)).rows.length
  await it.context('orders').pool.query('select 1')
  expect(await open()).toBeGreaterThan(0)

  await it.system.stop()

  expect(await other.eventually(async () => await open() === 0)).toBe(true)
  await other.stop()
  await it.stop()
})
