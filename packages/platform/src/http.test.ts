import { startDatabaseGate } from '@fermata/testkit/database-gate'
import { createTestDatabase } from '@fermata/testkit/postgres'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import Fastify, { type InjectOptions } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { look, peer, secret } from '../test/http-peer.ts'
import { answerUnknownPaths } from './http.ts'
import { uuidv7 } from './ids.ts'

let it: TestSystem
let strict: TestSystem
const origin = 'https://tickets.example.org'
const partner = 'https://www.example.org'

beforeAll(async () => {
  it = await startTestSystem([peer], { LOG_LEVEL: 'fatal' })
  strict = await startTestSystem(
    [peer],
    {
      LOG_LEVEL: 'fatal', RATE_LIMITS: 'on', PUBLIC_URL: origin,
      CORS_ORIGINS: `${partner}, https://two.example.org`
    }
  )
})
afterAll(async () => { await Promise.all([it.stop(), strict.stop()]) })

interface ProblemAnswer {
  type: string
  status: number
  errors?: { field: string, message: string }[]
}

const inject = async (options: InjectOptions, system = it) => {
  const answer = await system.system.app.inject(options)
  const headers = answer.headers as Record<string, string>
  const is_problem = headers['content-type']?.startsWith('application/problem+json')
  const problem = is_problem ? JSON.parse(answer.payload) as ProblemAnswer : undefined
  return {
    status: answer.statusCode, headers, text: answer.payload, problem,
    slug: problem?.type.replace('/problems/request/', '')
  }
}
const post = (
  payload: string, headers: Record<string, string> = { 'content-type': 'application/json' },
  url = '/api/orders'
) =>
  inject({ method: 'POST', url, payload, headers })
const order = (item: string) => post(`{"items":[${item}]}`)

test.each([
  ['malformed JSON', '{"items":', 400, 'malformed'],
  ['an empty body that calls itself JSON', '', 400, 'malformed'],
  ['a body over the limit', JSON.stringify({ items: 'x'.repeat(70_000) }), 413, 'too-large'],
  ['a hundred thousand brackets', '['.repeat(100_000) + ']'.repeat(100_000), 413, 'too-large'],
  ['thirty thousand brackets', '['.repeat(30_000) + ']'.repeat(30_000), 400, 'invalid'],
  [
    'brackets within a field', `{"items":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, 400,
    'invalid'
  ],
  ['objects within objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 400, 'invalid'],
  ['a prototype', '{"items":[{"quantity":1}],"__proto__":{"admin":true}}', 400, 'malformed'],
  ['a prototype within', '{"items":[{"quantity":1,"__proto__":{"x":1}}]}', 400, 'malformed'],
  [
    'a constructor', '{"items":[{"quantity":1}],"constructor":{"prototype":{"admin":true}}}', 400,
    'malformed'
  ],
  ['a constructor that is a field', '{"items":[{"quantity":1}],"constructor":1}', 400, 'invalid'],
  ['no object', '7', 400, 'invalid'],
  ['null', 'null', 400, 'invalid'],
])('body: %s is refused as a problem', async (_, payload, status, slug) => {
  const answer = await post(payload)

  expect([answer.status, answer.slug, answer.problem?.status]).toEqual([status, slug, status])
  expect(({} as { admin?: boolean }).admin).toBeUndefined()
})

test.each([
  ['{"quantity":"2"}', 'items.0.quantity'], ['{"quantity":"２"}', 'items.0.quantity'],
  ['{"quantity":0}', 'items.0.quantity'],
  ['{"quantity":-1}', 'items.0.quantity'], ['{"quantity":1e309}', 'items.0.quantity'],
  ['{"quantity":1.5}', 'items.0.quantity'],
  ['{"quantity":11}', 'items.0.quantity'], ['{"quantity":null}', 'items.0.quantity'],
  ['{"quantity":[1]}', 'items.0.quantity'],
  ['{"quantity":true}', 'items.0.quantity'], ['{}', 'items.0.quantity'],
  ['{"quantity":1,"price":0}', 'items.0.price'],
  [`{"quantity":1,"note":"${'x'.repeat(21)}"}`, 'items.0.note'], ['7', 'items.0'],
  ['{"quantity":1,"note":"a\\u0000b"}', 'items.0.note'],
  ['{"quantity":1,"note":"\\ud800"}', 'items.0.note'],
])('body: item %s is refused, naming the field', async (item, field) => {
  const answer = await order(item)

  expect([answer.status, answer.slug]).toEqual([400, 'invalid'])
  expect(answer.problem!.errors!.map(error => error.field)).toContain(field)
  expect(answer.problem!.errors![0]!.message).not.toBe('')
})

test('body: what is right passes, and of many wrong fields twenty are told', async () => {
  expect((await order('{"quantity":10,"note":"été"}')).text).toBe('{"total":10}')
  const many = await post(
    JSON.stringify({
      items: [{ quantity: 1 }],
      ...Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`f${n}`, n]))
    })
  )
  expect(many.status).toBe(400)
  expect(many.problem!.errors!.length).toBeLessThanOrEqual(20)
})

test.each([
  'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x',
  'application/xml', 'nonsense'
])(
  'body: %s is not JSON', async type => {
    const answer = await post('{"items":[{"quantity":1}]}', { 'content-type': type })
    expect([answer.status, answer.slug]).toEqual([415, 'unsupported-media-type'])
  })

test('raw body: arrives as the exact bytes, up to its own limit', async () => {
  const bytes = '{"a" :  1}\n'
  expect(
    JSON.parse((await post(bytes, { 'content-type': 'application/json' }, '/api/orders/hook')).text)
  ).toEqual({ bytes: bytes.length })
  expect(
    JSON.parse((await post(bytes, { 'content-type': 'text/plain' }, '/api/orders/hook')).text)
  ).toEqual({ bytes: bytes.length })
  expect(
    (await post('x'.repeat(101), { 'content-type': 'text/plain' }, '/api/orders/hook')).status
  ).toBe(413)
})

test('raw body: none is an empty one', async () => {
  const answer = await inject({ method: 'POST', url: '/api/orders/hook' })
  expect([answer.status, answer.text]).toEqual([200, '{"bytes":0}'])
})

test.each([
  'limit=0', 'limit=-1', 'limit=two', 'limit=２', 'limit=1e309', 'limit=1.5', 'limit=1&limit=2',
  'page=2', '__proto__=1'
])(
  'query: %s is refused', async query => {
    const answer = await inject({ method: 'GET', url: `/api/orders/${uuidv7()}?${query}` })
    expect([answer.status, answer.slug]).toEqual([400, 'invalid'])
  })

test('query: texts become numbers, and what is absent has its default', async () => {
  const id = uuidv7()
  expect(
    JSON.parse((await inject({ method: 'GET', url: `/api/orders/${id}?limit=7` })).text)
  ).toEqual({ id, limit: 7 })
  expect(
    JSON.parse((await inject({ method: 'GET', url: `/api/orders/${id}/` })).text)
  ).toEqual({ id, limit: 20 })
})

test.each([
  '7', '..%2f..%2fetc', '%00', 'x'.repeat(150)
])('params: an id like %s is refused', async id => {
  expect((await inject({ method: 'GET', url: `/api/orders/${id}` })).status).toBe(400)
})

test.each([
  ['GET', '/api/nowhere', 404, 'not-found'], ['POST', '/api/orders/a/b/c', 404, 'not-found'],
  ['GET', '/.git/config', 404, 'not-found'],
  ['GET', `/api/orders/${'x'.repeat(300)}`, 400, 'malformed'],
  ['GET', '/api/%zz', 400, 'malformed'], ['GET', '/api/orders/%C3%28', 400, 'malformed'],
] as const)('path: %s %s answers %i as a problem', async (method, url, status, slug) => {
  const answer = await inject({ method, url })
  expect([answer.status, answer.slug]).toEqual([status, slug])
})

test('method: another one is refused, naming those that are there', async () => {
  const answer = await inject({ method: 'DELETE', url: '/api/orders' })
  expect([
    answer.status, answer.slug, answer.headers.allow
  ]).toEqual([405, 'method-not-allowed', 'POST'])
  expect(
    (await inject({ method: 'PATCH', url: `/api/orders/${uuidv7()}` })).headers.allow
  ).toBe('GET, HEAD')
})

test('answerUnknownPaths: an id longer than any id is not found where pages take the rest', async () => {
  const app = Fastify({ routerOptions: { maxParamLength: 200 } })
  answerUnknownPaths(app, [look])
  app.get(look.path.replace('{id}', ':id'), () => 'found')
  app.get('/*', (_request, reply) => { reply.callNotFound() })
  const statusOf = async (method: 'GET' | 'DELETE', id: string) =>
    (await app.inject({ method, url: look.path.replace('{id}', id) })).statusCode
  expect(await statusOf('GET', 'a'.repeat(5000))).toBe(404)
  expect(await statusOf('DELETE', 'a')).toBe(405)
  await app.close()
})

test('method: HEAD answers as GET does, without the body', async () => {
  const url = `/api/orders/${uuidv7()}`
  const [head, get] = [await inject({ method: 'HEAD', url }), await inject({ method: 'GET', url })]
  expect([head.status, head.text]).toEqual([200, ''])
  expect(head.headers['content-length']).toBe(get.headers['content-length'])
})

test('a bug: answers 500 without telling anything of it', async () => {
  const answer = await inject({
    method: 'POST', url: '/api/orders/break',
    headers: { authorization: `Bearer ${await it.personToken()}` }
  })
  expect([answer.status, answer.slug]).toEqual([500, 'internal-error'])
  expect(answer.text).not.toMatch(/sealed|TypeError|http\.test|row 7/)
})

test('gone meanwhile: what would belong to a row that was just removed is not found', async () => {
  const answer = await inject({ method: 'POST', url: '/api/orders/attach' })
  expect([answer.status, answer.slug]).toEqual([404, 'not-found'])
})

test('headers: every answer carries the ones that protect, also a refusal', async () => {
  for (
    const answer of [
      await order('{"quantity":1}'), await inject({ method: 'GET', url: '/nowhere' })
    ]
  ) {
    expect(answer.headers).toMatchObject({
      'content-security-policy':
        "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN', 'referrer-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-site' })
    expect(answer.headers).not.toHaveProperty('x-powered-by')
    expect(answer.headers).not.toHaveProperty('server')
    expect(answer.headers).not.toHaveProperty('strict-transport-security')
  }
  expect(
    (await inject({ method: 'GET', url: '/nowhere' }, strict)).headers['strict-transport-security']
  ).toContain('max-age=')
})

test('request id: a sound one is kept, any other is replaced', async () => {
  const idOf = async (id?: string) => (
    await inject({
      method: 'GET', url: '/nowhere', headers: id === undefined ? {} : { 'x-request-id': id }
    })
  ).headers['x-request-id']
  expect(await idOf('order-desk_7')).toBe('order-desk_7')
  for (
    const id of [undefined, 'short', 'x'.repeat(65), 'with space in it', '<script>alert(1)']
  ) expect(await idOf(id)).toMatch(/^[0-9a-f-]{36}$/)
})

test.each([
  'Bearer', 'Bearer ', 'Bearer a b', 'Basic YWRtaW46YWRtaW4=', 'Bearer nonsense', '', 'Bearer ..',
  `Bearer ${'x'.repeat(5000)}`
])(
  'authorization: "%s" is refused even on a public route', async authorization => {
    const answer = await inject({
      method: 'GET', url: `/api/orders/${uuidv7()}`, headers: { authorization }
    })
    expect([
      answer.status, answer.slug, answer.headers['www-authenticate']
    ]).toEqual([401, 'unauthenticated', 'Bearer'])
  })

test('authorization: internal routes take a service token for this service only', async () => {
  const send = async (token?: string) => (await it.send(secret, { token })).status
  expect(await send(await it.serviceToken('orders', 'payments'))).toBe(200)
  expect(await send(await it.serviceToken('orders', 'tickets'))).toBe(401)
  expect(await send(await it.serviceToken('payments', 'payments'))).toBe(401)
  expect(await send(await it.personToken({ roles: ['admin'] }))).toBe(401)
  expect(await send(it.orderToken(uuidv7()))).toBe(401)
  expect(await send()).toBe(401)
  expect(
    (
      await it.send(look, { params: { id: uuidv7() }, token: await it.serviceToken('orders') })
    ).status
  ).toBe(401)
})

test('cookie: counts with our own origin only, and a stale one is nobody', async () => {
  const cookie = `__Host-fermata_access=${await strict.personToken()}`
  const send = async (headers: Record<string, string>) =>
    (await inject({ method: 'POST', url: '/api/orders/break', headers }, strict)).status
  expect(await send({ cookie, origin })).toBe(500)
  expect(await send({ cookie, 'sec-fetch-site': 'same-origin' })).toBe(500)
  expect(await send({ cookie, origin: 'https://tickets.example.org.evil.example' })).toBe(403)
  expect(await send({ cookie, origin: 'null' })).toBe(403)
  expect(await send({ cookie, origin: partner })).toBe(403)
  expect(await send({ cookie })).toBe(403)
  expect(await send({ cookie: '__Host-fermata_access=stale', origin })).toBe(401)
  expect(await send({ cookie: cookie.replace('__Host-', ''), origin })).toBe(401)
  const get = await inject(
    {
      method: 'GET', url: `/api/orders/${uuidv7()}`,
      headers: { cookie, origin: 'https://evil.example' }
    },
    strict
  )
  expect(get.status).toBe(200)
})

test('cross origin: nobody is let in by default, and only whom the setting names', async () => {
  const preflight = (from: string, system: TestSystem) => inject({ method: 'OPTIONS',
    url: '/api/orders',
    headers: { origin: from, 'access-control-request-method': 'PATCH',
    'access-control-request-headers': 'content-type' } }, system)
  expect((await preflight(partner, it)).headers).not.toHaveProperty('access-control-allow-origin')
  for (
    const from of [
      'https://evil.example', `${partner}.evil.example`, 'null', 'http://www.example.org'
    ]
  ) {
    expect(
      (await preflight(from, strict)).headers, from
    ).not.toHaveProperty('access-control-allow-origin')
  }
  const allowed = await preflight(partner, strict)
  expect(allowed.headers['access-control-allow-origin']).toBe(partner)
  expect(allowed.headers['access-control-allow-methods']).toContain('PATCH')
  expect(allowed.headers).not.toHaveProperty('access-control-allow-credentials')
})

test('documentation: is OpenAPI 3.1, complete, and says nothing of internal routes', async () => {
  const text = (await inject({ method: 'GET', url: '/api/orders/doc/json' })).text
  const document = JSON.parse(text) as { openapi: string, paths: Record<string, Record<string, {
    operationId: string, responses: Record<string, { description: string }>,
    parameters?: { name: string, in: string }[] }>> }

  expect(document.openapi).toBe('3.1.1')
  expect(text).not.toContain('/internal/')
  expect(text).not.toContain('tellSecret')
  expect(text).not.toMatch(/"def-\d/)
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining(['/api/orders', '/api/orders/{id}', '/api/orders/health'])
  )
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).map(operation => ({ path, ...operation })))
  expect(new Set(operations.map(operation => operation.operationId)).size).toBe(operations.length)
  for (const { path, responses, parameters = [] } of operations) {
    expect(Object.keys(responses).some(status => status.startsWith('2')), path).toBe(true)
    for (const response of Object.values(responses)) expect(response.description, path).toBeTruthy()
    const declared = parameters.filter(
      parameter => parameter.in === 'path'
    ).map(parameter => parameter.name)
    expect(declared).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(match => match[1]))
  }
  expect(
    (await inject({ method: 'GET', url: '/api/orders/doc/' })).text
  ).not.toMatch(/(src|href)="(https?:)?\/\//)
})

test('database away: answers 503, is not ready, and recovers by itself', async () => {
  const database = await createTestDatabase()
  const gate = await startDatabaseGate(database.url)
  const system = await startTestSystem([peer], { LOG_LEVEL: 'fatal' }, gate.url)
  const ready = () => inject({ method: 'GET', url: '/api/orders/health/ready' }, system)
  expect((await inject({ method: 'GET', url: '/api/orders/ask' }, system)).status).toBe(200)
  expect((await ready()).status).toBe(200)

  await gate.close()
  const answer = await inject({ method: 'GET', url: '/api/orders/ask' }, system)
  expect([
    answer.status, answer.slug, answer.headers['retry-after']
  ]).toEqual([503, 'unavailable', '2'])
  const unready = await ready()
  expect([
    unready.status, (JSON.parse(unready.text) as { checks: object }).checks
  ]).toEqual([503, { database: false, bus: true, migrations: true }])
  expect((await inject({ method: 'GET', url: '/api/orders/health' }, system)).status).toBe(200)

  await gate.open()
  await system.eventually(
    async () => (await inject({ method: 'GET', url: '/api/orders/ask' }, system)).status === 200
  )
  expect((await ready()).status).toBe(200)
  await system.stop()
  await gate.close()
  await database.drop()
})
