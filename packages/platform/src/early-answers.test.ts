import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  answerEarly, createEarlyServers, earlyJson, endEarlyAnswers, limitConnections,
} from './early-answers.ts'

const server = createEarlyServers({
  keepAliveTimeout: 1000, headersTimeout: 1000, requestTimeout: 1000, isTrusted: () => false,
  headers: { 'x-content-type-options': 'nosniff' },
})(
  (_request, response) => { response.end('the route') })
let origin = ''

beforeAll(async () => {
  answerEarly(server, '/api/much-asked', ({ query }) => query === 'id=1'
    ? { status: 200, headers: ['content-length', '5'], body: 'early' } : null)
  answerEarly(server, '/api/rooms/{room_id}/place', ({ id }) => earlyJson(`"${id}"`, {}))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const ask = async (path: string, init: RequestInit = {}) =>
  (await fetch(origin + path, init)).text()

test('answerEarly: a usual request is answered early, anything else by its route', async () => {
  expect(await ask('/api/much-asked?id=1')).toBe('early')
  const { headers } = await fetch(`${origin}/api/much-asked?id=1`)
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(await ask('/api/much-asked?id=2')).toBe('the route')
  expect(await ask('/api/much-asked')).toBe('the route')
  expect(await ask('/api/other?id=1')).toBe('the route')
  expect(await ask('/api/much-asked?id=1', { method: 'POST', body: 'x' })).toBe('the route')
})

test('answerEarly: the parameter of a path is handed on, if it is an id', async () => {
  const id = '01890a5d-ac96-774b-bcce-b302099a8057'
  expect(await ask(`/api/rooms/${id}/place?x`)).toBe(`"${id}"`)
  expect(await ask('/api/rooms/none/place?x')).toBe('the route')
  expect(await ask(`/api/rooms/${id}/other?x`)).toBe('the route')
})

test('answerEarly: a token is looked at and a page of another site gets its headers, by the route', async () => {
  for (const headers of [{ authorization: 'Bearer x' }, { origin: 'https://other.example' }]) {
    expect(await ask('/api/much-asked?id=1', { headers })).toBe('the route')
  }
})

test('endEarlyAnswers: a server that stops answers nothing early', async () => {
  endEarlyAnswers(server)
  expect(await ask('/api/much-asked?id=1')).toBe('the route')
})

test('limitConnections: one network has so many, another and a proxy are not counted with it', async () => {
  const counted = createServer((_, response) => { response.end('here') })
  let trusted = ''
  limitConnections(counted, address => address === trusted, 3)
  counted.listen(0, '127.0.0.1')
  await once(counted, 'listening')
  const { port } = counted.address() as AddressInfo
  const isLetIn = (localAddress: string) => new Promise<boolean>(resolve => {
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    socket.once('data', () => resolve(true)).once('close', () => resolve(false))
    socket.on('error', () => {})
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  })
  const first = await Promise.all(Array.from({ length: 3 }, () => isLetIn('127.0.0.1')))
  expect(first).toEqual([true, true, true])
  expect(await isLetIn('127.0.0.1')).toBe(false)
  expect(await isLetIn('127.0.0.2')).toBe(true)
  trusted = '127.0.0.1'
  expect(await isLetIn('127.0.0.1')).toBe(true)
  trusted = ''
  counted.closeAllConnections()
  await expect.poll(() => isLetIn('127.0.0.1')).toBe(true)
  counted.closeAllConnections()
  counted.close()
})
