import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { eventually, startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { peer } from '../test/http-peer.ts'
import { createEarlyServers } from './early-answers.ts'
import { letTakeItsTime, refuseUnreadable } from './odd-answers.ts'
import { securityHeaders } from './security-headers.ts'

let it: TestSystem
let port: number
beforeAll(async () => {
  it = await startTestSystem([peer], { LOG_LEVEL: 'fatal', CORS_ORIGINS: 'https://www.example.org' })
  await it.system.app.listen({ host: '127.0.0.1', port: 0 })
  port = (it.system.app.server.address() as AddressInfo).port
})
afterAll(() => it.stop())

/** Sends bytes as they are, and reads until the server ends the connection. */
async function sendBytes (...parts: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  let answer = ''
  socket.on('data', (chunk: Buffer) => { answer += chunk.toString() })
  for (const part of parts) socket.write(part)
  await once(socket, 'close')
  return answer
}

const post = 'POST /api/orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
const close = 'Connection: close\r\n\r\n'

test.each([
  ['bytes that are no HTTP', 400, ['\u0016\u0003\u0001 hello\r\n\r\n']],
  ['the beginning of HTTP/2', 400, ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n']],
  ['a header without a name', 400, ['GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n']],
  ['a space before the colon', 400, ['GET / HTTP/1.1\r\nHost : a\r\n\r\n']],
  ['two lengths', 400, [`${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`]],
  ['a length and chunks', 400,
    [`${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`]],
  ['a chunk without a size', 400, [`${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`]],
  ['no host', 400, [`GET /api/orders/health HTTP/1.1\r\n${close}`]],
  ['headers of 100 kB', 431, [`GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\n`]],
  ['an address of 100 kB', 431, [`GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`]],
  ['an expectation', 417, [`${post}Expect: tea\r\n${close}`]],
  ['an address that cannot be decoded', 400, [`GET /api/orders/%zz HTTP/1.1\r\nHost: a\r\n${close}`]],
  ['a parameter of 300 characters', 400,
    [`GET /api/orders/${'x'.repeat(300)} HTTP/1.1\r\nHost: a\r\n${close}`]],
  ['a method that the address has not', 405, [`PUT /api/orders HTTP/1.1\r\nHost: a\r\n${close}`]],
  ['nothing of ours', 404, [`GET /nowhere HTTP/1.1\r\nHost: a\r\n${close}`]],
  ['the server as a whole', 204, [`OPTIONS * HTTP/1.1\r\nHost: a\r\n${close}`]],
  ['another protocol', 404,
    ['GET /nowhere HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: close, upgrade\r\n\r\n']],
  ['a question of another site', 204, ['OPTIONS /api/orders HTTP/1.1\r\nHost: a\r\n' +
    `Origin: https://www.example.org\r\nAccess-Control-Request-Method: POST\r\n${close}`]],
  ['HTTP/1.0', 200, ['GET /api/orders/health HTTP/1.0\r\n\r\n']],
  ['a body that is no JSON', 400, [`${post}Content-Length: 1\r\n${close}{`]],
])('odd answers: %s answers %i with every header that protects', async (_, status, parts) => {
  const answer = await sendBytes(...parts)
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  expect(head).toMatch(new RegExp(`^HTTP/1\\.[01] ${status} `))
  const lines = new Map(head.split('\r\n').slice(1).map(line => {
    const at = line.indexOf(': ')
    return [line.slice(0, at).toLowerCase(), line.slice(at + 2)]
  }))
  const headers = Object.fromEntries(lines)
  expect(headers).toMatchObject({
    ...securityHeaders('http://localhost'), 'cache-control': 'no-store',
    'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) as string })
  // Once each: of two policies browsers take both, and of two lifetimes the first.
  expect(lines.size).toBe(head.split('\r\n').length - 1)
  if (status >= 400) expect(JSON.parse(body)).toMatchObject({ status })
})

test('odd answers: what follows an answer on its connection is refused as well', async () => {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk: Buffer) => {
    if (answer === '') socket.write('\u0016 no request\r\n\r\n')
    answer += chunk.toString()
  })
  socket.write('GET /api/orders/health HTTP/1.1\r\nHost: a\r\n\r\n')
  await once(socket, 'close')
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400'])
})

test('odd answers: who keeps their side open after a refusal is let go', async () => {
  const refuse = refuseUnreadable({})
  // As the HTTP server's sockets are: ended by both sides or not at all.
  const server = createServer({ allowHalfOpen: true }, socket => {
    refuse(Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: own } = server.address() as AddressInfo
  const client = connect({ port: own, host: '127.0.0.1', allowHalfOpen: true })
  client.on('error', () => {}).resume()
  await once(client, 'end')
  const closed = once(server, 'close')
  server.close()
  expect(await closed).toEqual([])
  client.destroy()
}, 20_000)

test('letTakeItsTime: a body may come slowly where nobody is hurried, and nowhere else', async () => {
  const server = createEarlyServers({
    keepAliveTimeout: 1000, headersTimeout: 500, requestTimeout: 500, isTrusted: () => false,
    headers: {},
  })((request, response) => {
    if (request.url === '/copy') letTakeItsTime(request)
    request.on('end', () => response.end('all of it')).resume()
  })
  server.on('clientError', refuseUnreadable({}))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const send = async (path: string, is_enough: () => boolean) => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.on('error', () => {})
    let answer = ''
    socket.on('data', (chunk: Buffer) => { answer += chunk.toString() })
    const ended = once(socket, 'close')
    socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\n`)
    await eventually(() => Promise.resolve(is_enough() || socket.destroyed),
      'the time of the other', 20_000)
    if (!socket.destroyed) socket.write('x')
    await ended
    return answer
  }
  let was_refused = false
  const [unhurried, hurried] = await Promise.all([
    send('/copy', () => was_refused),
    send('/other', () => false).finally(() => { was_refused = true }),
  ])
  expect(hurried).toMatch(/^HTTP\/1.1 408 /)
  expect(unhurried).toContain('all of it')
  server.close()
}, 30_000)
