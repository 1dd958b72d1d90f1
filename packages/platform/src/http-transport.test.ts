import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defineRoute, Empty, type Method } from '@fermata/contracts/define'
import { unavailable } from '@fermata/contracts/problems'
import { testSecrets } from '@fermata/testkit/start'
import { afterEach, expect, test } from 'vitest'
import { createCall } from './call.ts'
import { httpTransport } from './http-transport.ts'
import { no_tracing } from './tracing.ts'
import { createTokens } from './tokens.ts'

/** Calls to a service in other processes, some of which do not answer. */

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void

async function serve (answer: Answer, port = 0) {
  const seen: { method?: string, key?: string | string[] }[] = []
  const server = createServer((request, response) => {
    seen.push({ method: request.method, key: request.headers['idempotency-key'] })
    answer(request, response, seen.length)
  })
  servers.push(server)
  await new Promise<void>(resolve => { server.listen(port, '127.0.0.1', resolve) })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

const ok: Answer = (_, response) => { response.end('{}') }
const hangUp: Answer = request => { request.socket.destroy() }
const get = { method: 'GET', path: '/', headers: {}, repeatable: true }
const post = { method: 'POST', path: '/', headers: {} as Record<string, string>, body: '{}' }

/** The address of nobody. */
async function deserted (): Promise<string> {
  const { url } = await serve(ok)
  await new Promise(resolve => { servers.pop()!.close(resolve) })
  return url
}

test('send: what changes nothing is asked again when the connection breaks', async () => {
  const peer = await serve((request, response, count) =>
    count < 3 ? hangUp(request, response, count) : response.end('{}'))

  expect((await httpTransport(peer.url).send(get)).status).toBe(200)
  expect(peer.seen).toHaveLength(3)
})

test('send: the third failure is the last', async () => {
  const peer = await serve(hangUp)

  await expect(httpTransport(peer.url).send(get)).rejects.toThrow('fetch failed')
  expect(peer.seen).toHaveLength(3)
})

test('send: a write that may have arrived is not repeated, unless a key would tell', async () => {
  const peer = await serve(hangUp)
  await expect(httpTransport(peer.url).send(post)).rejects.toThrow('fetch failed')
  expect(peer.seen).toHaveLength(1)

  const keyed = { ...post, headers: { 'idempotency-key': 'k-1' }, repeatable: true }
  await expect(httpTransport(peer.url).send(keyed)).rejects.toThrow('fetch failed')
  expect(peer.seen.slice(1).map(one => one.key)).toEqual(['k-1', 'k-1', 'k-1'])
})

test('call: a POST that only asks is asked again, and PUT; one that writes is not', async () => {
  const peer = await serve(hangUp)
  const tokens = createTokens(testSecrets())
  const call = createCall({
    from: 'payments', tokens, transportTo: () => httpTransport(peer.url), tracing: no_tracing })
  const triesOf = async (method: Method, only_asks?: boolean) => {
    const before = peer.seen.length
    await expect(call(defineRoute({
      method, only_asks, path: '/api/orders/asked', access: 'public', summary: 'Asked',
      reply: { 204: Empty }, problems: [],
    }), {})).rejects.toMatchObject({ definition: unavailable })
    return peer.seen.length - before
  }

  expect(await triesOf('POST', true)).toBe(3)
  expect(await triesOf('PUT')).toBe(3)
  expect(await triesOf('POST')).toBe(1)
})

test('send: addresses take turns, and a write goes on to the next where nobody listens', async () => {
  const [one, two] = [await serve(ok), await serve(ok)]
  const transport = httpTransport(one.url, await deserted(), two.url)

  for (let count = 0; count < 20; count++) expect((await transport.send(post)).status).toBe(200)
  expect(one.seen.length + two.seen.length).toBe(20)
  expect(Math.min(one.seen.length, two.seen.length)).toBeGreaterThan(5)
})

test('send: a service that stops sends what changes nothing to its twin', async () => {
  const stops = await serve((_, response) => {
    response.statusCode = 503
    response.end('{}')
  })
  const twin = await serve(ok)

  expect((await httpTransport(stops.url, twin.url).send(get)).status).toBe(200)
  expect((await httpTransport(stops.url).send(post)).status).toBe(503)
})

test('send: who is away is not waited for, and is found when it is back', async () => {
  const url = await deserted()
  const transport = httpTransport(url)
  for (let count = 0; count < 2; count++) await transport.send(get).catch(() => {})

  const began = performance.now()
  for (let count = 0; count < 20; count++) {
    await expect(transport.send(post)).rejects.toThrow('Nobody answered')
  }
  expect(performance.now() - began).toBeLessThan(900)

  const back = await serve(ok, Number(new URL(url).port))
  await expect.poll(async () => (await transport.send(get).catch(() => null))?.status, {
    timeout: 5000,
  }).toBe(200)
  expect(back.seen.length).toBeGreaterThan(0)
})
