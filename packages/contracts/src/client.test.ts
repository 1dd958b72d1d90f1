import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient, problemIs, urlOf } from './client.ts'
import { getEvent, listEvents } from './events.ts'
import { getSystemHealth } from './gateway.ts'
import { placeOrder, soldOut, deleteTicketType } from './orders.ts'
import { getTicketPdf } from './tickets.ts'

const id = '019a8f2e-0000-7000-8000-000000000001'
const buyer = { name: 'Ada', email: 'ada@example.com', locale: 'en' as const }
const order = { event_id: id, items: [{ ticket_type_id: id, quantity: 2 }], buyer }

interface Seen { method?: string, url?: string, headers: Record<string, unknown>, body: string }
const seen: Seen[] = []
let reply = { status: 200, type: 'application/json', body: '' as string | Uint8Array }
const server = createServer((request, response) => { void answer(request, response) })

async function answer (request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  seen.push({
    method: request.method, url: request.url, headers: request.headers,
    body: Buffer.concat(chunks).toString(),
  })
  response.writeHead(reply.status, { 'content-type': reply.type }).end(reply.body)
}

let base_url = ''

beforeAll(async () => {
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  base_url = `http://127.0.0.1:${address.port}`
})
afterAll(() => new Promise(resolve => { server.close(resolve) }))

const client = () => createClient({ base_url, fetch, headers: { authorization: 'Bearer t' } })

test('call: sends JSON and headers, and returns the body', async () => {
  reply = { status: 201, type: 'application/json', body: JSON.stringify({ id, status: 'pending' }) }

  const answer = await client().call(placeOrder, {
    body: order, headers: { 'idempotency-key': 'k' },
  })

  expect(answer).toMatchObject({ ok: true, status: 201, body: { id, status: 'pending' } })
  const sent = seen.at(-1)
  expect(sent).toMatchObject({ method: 'POST', url: '/api/orders' })
  expect(sent?.headers).toMatchObject({
    authorization: 'Bearer t', 'idempotency-key': 'k', 'content-type': 'application/json',
  })
  expect(JSON.parse(sent?.body ?? '')).toEqual(order)
})

test('call: a problem is an answer with its extension members', async () => {
  const body = {
    type: soldOut.type, title: soldOut.title, status: 409,
    ticket_type_id: id, name: 'Adult', available: 1,
  }
  reply = { status: 409, type: 'application/problem+json', body: JSON.stringify(body) }

  const answer = await client().call(placeOrder, { body: order })

  if (answer.ok) throw new Error('expected a problem')
  expect(answer.problem).toEqual(body)
  expect(problemIs(answer.problem, soldOut) && answer.problem.available).toBe(1)
})

test('call: a page of a proxy becomes a problem without a type', async () => {
  reply = { status: 502, type: 'text/html', body: '<h1>Bad gateway</h1>' }
  const answer = await client().call(getEvent, { params: { id: 'x' } })
  const problem = { type: 'about:blank', status: 502 }
  expect(answer).toMatchObject({ ok: false, status: 502, problem })
})

test('call: a problem that breaks off still tells its status', async () => {
  reply = { status: 503, type: 'application/problem+json', body: '{"type":' }
  const answer = await client().call(getEvent, { params: { id: 'x' } })
  expect(answer).toMatchObject({ ok: false, problem: { type: 'about:blank', status: 503 } })
})

test('call: a declared 503 with JSON is a reply, as health has it', async () => {
  reply = { status: 503, type: 'application/json', body: '{"status":"degraded","services":[]}' }
  const answer = await client().call(getSystemHealth)
  expect(answer).toMatchObject({ ok: true, body: { status: 'degraded' } })
})

test('call: raw replies arrive as bytes', async () => {
  reply = { status: 200, type: 'application/pdf', body: new Uint8Array([0, 255, 128]) }
  const answer = await client().call(getTicketPdf, { params: { id }, query: {} })
  expect(answer.ok && answer.body).toEqual(new Uint8Array([0, 255, 128]))
})

test('call: an empty reply is null', async () => {
  reply = { status: 204, type: 'application/json', body: '' }
  const answer = await client().call(deleteTicketType, { params: { id } })
  expect(answer).toMatchObject({ ok: true, status: 204, body: null })
})

test('call: gives up when no answer comes in time', async () => {
  const never = createClient({
    base_url, timeout_ms: 20,
    fetch: (_, init) => new Promise((_resolve, reject) => {
      init.signal?.addEventListener('abort', () => { reject(init.signal?.reason) })
    }),
  })
  await expect(never.call(listEvents)).rejects.toThrow(/timeout/i)
})

test('call: once answered, its timeout is over and keeps nothing', async () => {
  reply = { status: 200, type: 'application/json', body: '{}' }
  const timeout_ms = 200
  let signal: AbortSignal | undefined | null
  const quick = createClient({ base_url, timeout_ms, fetch: (url, init) => {
    signal = init.signal
    return fetch(url, init)
  } })
  await quick.call(listEvents)
  await new Promise(resolve => setTimeout(resolve, timeout_ms + 50))
  expect(signal?.aborted).toBe(false)
})

test('urlOf: encodes path and query, and leaves out what is undefined', () => {
  expect(urlOf(getEvent, { params: { id: 'a/b?c' } })).toBe('/api/events/a%2Fb%3Fc')
  expect(urlOf(listEvents, { query: { q: 'a & b', limit: 5, mine: true, city: undefined } }))
    .toBe('/api/events?q=a+%26+b&limit=5&mine=true')
})

test('urlOf: refuses a path parameter that would lead elsewhere', () => {
  for (const value of [undefined, '', '.', '..']) {
    expect(() => urlOf(getEvent, { params: { id: value } })).toThrow(TypeError)
  }
})
