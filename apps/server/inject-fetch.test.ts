import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { createInjectFetch } from './inject-fetch.ts'

const origin = { address: '203.0.113.7', request_id: 'request-12345678' }

function startApp () {
  const app = Fastify({ genReqId: request => String(request.headers['x-request-id']) })
  app.get('/who', request => ({ ip: request.ip, id: request.id, query: request.query }))
  app.post('/echo', request => ({ body: request.body, type: request.headers['content-type'] }))
  app.get('/bytes', async (_, reply) => reply.type('image/png').send(Buffer.from([0, 255, 128, 10])))
  app.delete('/gone', async (_, reply) => reply.code(204).send())
  app.get('/cookies', async (_, reply) => reply.header('set-cookie', ['a=1; Path=/', 'b=2; Expires=Wed, 01 Jan 2031 00:00:00 GMT']).send({}))
  return { app, fetch: createInjectFetch(app, origin) }
}

test('createInjectFetch: the service sees the person\'s address and the id of their request', async () => {
  const { fetch } = startApp()
  const response = await fetch('/who?a=1', { method: 'GET' })
  expect(await response.json()).toEqual({ ip: origin.address, id: origin.request_id,
    query: { a: '1' } })
})

test('createInjectFetch: bodies and bytes pass unchanged', async () => {
  const { fetch } = startApp()
  const init = { method: 'POST', body: JSON.stringify({ name: 'é' }), headers: { 'content-type': 'application/json' } }
  expect(await (await fetch('/echo', init)).json()).toEqual({ body: { name: 'é' }, type: 'application/json' })
  expect([...new Uint8Array(await (await fetch('/bytes', {})).arrayBuffer())]).toEqual([0, 255, 128, 10])
})

test('createInjectFetch: several cookies stay several', async () => {
  const { fetch } = startApp()
  const { headers } = await fetch('/cookies', {})
  expect(headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; Expires=Wed, 01 Jan 2031 00:00:00 GMT'])
})

test('createInjectFetch: an answer without a body is one, and an unknown path is an answer', async () => {
  const { fetch } = startApp()
  const gone = await fetch('/gone', { method: 'DELETE' })
  expect([gone.status, await gone.text()]).toEqual([204, ''])
  expect((await fetch('/nowhere', {})).status).toBe(404)
})

test('createInjectFetch: a signal that was aborted, and a body that is neither text nor bytes, are refused', async () => {
  const { fetch } = startApp()
  await expect(fetch('/who', { signal: AbortSignal.abort() })).rejects.toThrow('aborted')
  await expect(fetch('/echo', { method: 'POST', body: new URLSearchParams('a=1') })).rejects.toThrow(TypeError)
})
