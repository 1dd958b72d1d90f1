import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import * as orders from '@fermata/contracts/orders'
import {
  createDataFolder, startServerProcess, type ServerProcess,
} from '@fermata/testkit/server-process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { must, putOnSale, signIn } from '../end-to-end/sell.ts'
import { atScale, figure, is_whole } from '../proofs/proof.ts'

/** S22: whoever sends too much, too deep or too slowly loses the connection, and nobody else waits. */

let server: ServerProcess
let data: Awaited<ReturnType<typeof createDataFolder>>
let sale: Awaited<ReturnType<typeof putOnSale>>
let port: number
beforeAll(async () => {
  data = await createDataFolder()
  server = await startServerProcess(data.folder)
  port = Number(new URL(server.url).port)
  sale = await putOnSale(server.callAs(await signIn(server.call, 'eventcreator')), { capacity: 5000 })
}, 240_000)
afterAll(async () => {
  await server?.stop()
  await data.remove()
})

const attackers = atScale(200, 4000)

interface Attack {
  /** Opened by the attackers; `answer` is what one was told until it was closed. */
  sockets: Socket[]
  answers: string[]
  ended: () => number
}

function attack (count: number, begin: string): Attack {
  const answers = Array<string>(count).fill('')
  let ended = 0
  const sockets = answers.map((_, index) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('data', (chunk: Buffer) => { answers[index] += chunk.toString() })
    socket.on('error', () => {})
    socket.once('close', () => { ended++ })
    socket.write(begin)
    return socket
  })
  return { sockets, answers, ended: () => ended }
}

/** One more byte for each, again and again, until the server has had enough of all. */
async function drip ({ sockets, ended }: Attack, byte: string, within_ms: number): Promise<number> {
  const began_ms = performance.now()
  while (ended() < sockets.length) {
    if (performance.now() - began_ms > within_ms)
      throw new Error(`${sockets.length - ended()} were still connected after ${within_ms} ms`)
    for (const socket of sockets) if (socket.writable) socket.write(byte)
    await new Promise(resolve => setTimeout(resolve, 250))
  }
  return performance.now() - began_ms
}

const times_ms: number[] = []

/** What everybody else does meanwhile: asks for the health and buys. */
async function live (): Promise<void> {
  const began_ms = performance.now()
  const health = await fetch(`${server.url}/health`)
  expect(health.status).toBe(200)
  const order = await must(server.call(orders.placeOrder, { body: {
    event_id: sale.event.id, buyer: { name: 'Gil', email: 'gil@example.com', locale: 'en' },
    items: [{ ticket_type_id: sale.ticket_type.id, quantity: 1 }] } }), orders.placeOrder)
  expect(order.status).toBe('pending')
  times_ms.push(performance.now() - began_ms)
}

const usual = 'Host: localhost\r\nContent-Type: application/json\r\n'
/** For a machine that is busy with other tests; it takes some milliseconds. */
const soon_ms = 5000
const median = (list: number[]) => list.toSorted((a, b) => a - b)[list.length >> 1]!

test('S22: headers of a megabyte, and bodies too large or too deep, are refused while others buy', async () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  const refused: [status: number, bytes: string][] = [
    [431, `GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(1_000_000)}\r\n\r\n`],
    [431, `GET / HTTP/1.1\r\nHost: localhost\r\n${'a: b\r\n'.repeat(170_000)}\r\n`],
    [431, `GET /${'x'.repeat(1_000_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
    [413, `POST /api/orders HTTP/1.1\r\n${usual}Content-Length: ${deep.length}\r\n\r\n${deep}`],
    [413, `POST /api/auth/login HTTP/1.1\r\n${usual}Content-Length: 99999999999\r\n\r\n{`],
    [400, `POST /api/orders HTTP/1.1\r\n${usual}Content-Length: 60000\r\nConnection: close\r\n\r\n` +
      `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
    [400, `POST /api/auth/login HTTP/1.1\r\n${usual}Content-Length: 60001\r\nConnection: close\r\n\r\n` +
      `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
  ]
  for (const [status, bytes] of refused) {
    const one = attack(atScale(10, 100), bytes)
    await live()
    await expect.poll(one.ended, { timeout: 20_000 }).toBe(one.sockets.length)
    const said = one.answers.filter(Boolean).map(answer => answer.slice(9, 12))
    // Some are cut off while they still send, before they could read why.
    expect([bytes.slice(0, 40), [...new Set(said)]]).toEqual([bytes.slice(0, 40), [String(status)]])
  }
}, atScale(60_000, 200_000))

test('S22: whoever dawdles over headers or a body is let go, and buyers do not notice', async () => {
  const slow_headers = attack(attackers, 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
  const slow_bodies = attack(attackers,
    `POST /api/orders HTTP/1.1\r\n${usual}Content-Length: 50000\r\n\r\n{"event_id":"`)
  const idle = attack(attackers, '')
  const living = (async () => { for (let turn = 0; turn < 10; turn++) await live() })()
  const headers_ms = await drip(slow_headers, 'x', 20_000)
  await living
  expect(slow_headers.answers.filter(answer => answer.startsWith('HTTP/1.1 408 ')).length)
    .toBeGreaterThan(attackers / 2)
  expect(slow_headers.answers[0]).toContain('/problems/request/timeout')
  // Half a minute: in the slice their time is not awaited.
  const bodies_ms = is_whole ? headers_ms + await drip(slow_bodies, ' ', 30_000) : 0
  expect(median(times_ms)).toBeLessThan(soon_ms)
  await live()
  for (const socket of [...idle.sockets, ...slow_bodies.sockets]) socket.destroy()
  figure('S22', `${3 * attackers} connections that send slowly or nothing: let go after ` +
    `${(headers_ms / 1000).toFixed(0)} s of headers and ${(bodies_ms / 1000).toFixed(0)} s of a body; ` +
    `meanwhile health and an order took ${median(times_ms).toFixed(0)} ms.`)
}, 120_000)

test('S22: a thousand connections at work leave room for others', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: attackers })
  const asked = Array.from({ length: attackers * 2 }, (_, index) => new Promise<number>(resolve => {
    request({ port, host: '127.0.0.1', agent, path: `/api/events?limit=50&q=a${index}` }, answer => {
      answer.resume()
      answer.once('end', () => resolve(answer.statusCode!))
    }).once('error', () => resolve(0)).end()
  }))
  await live()
  const statuses = await Promise.all(asked)
  expect(statuses.filter(status => status !== 200 && status !== 429 && status !== 503)).toEqual([])
  agent.destroy()
  await live()
}, 120_000)
