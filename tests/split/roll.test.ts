import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { startInstallation, start_within_ms } from '@fermata/testkit/installation'
import { createDataFolder } from '@fermata/testkit/server-process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buyer, putOnSale, signIn } from '../end-to-end/sell.ts'

/** Every process is replaced while people read pages, order and pay: none of them notices. */

let data: Awaited<ReturnType<typeof createDataFolder>>
let server: Awaited<ReturnType<typeof startInstallation>>

beforeAll(async () => {
  data = await createDataFolder()
  server = await startInstallation(data.folder)
}, start_within_ms)
afterAll(async () => { await data.remove() })

/** `said` tells who refused: nginx, the pages or a service. */
interface Asked {
  what: string
  status: number | string
  took_ms: number
  said: string
  /** Whether it went over a connection that had carried a request before. */
  kept: boolean
}

const visitors = 6
const pause_ms = 20

interface Sent { method: string, url: string, body?: object, token?: string }

function ask (agent: Agent, { method, url, body, token }: Sent): Promise<Asked> {
  const began_ms = performance.now()
  return new Promise(resolve => {
    let said = ''
    const done = (status: number | string) => resolve({
      what: `${method} ${url}`, status, took_ms: performance.now() - began_ms, said,
      kept: outgoing.reusedSocket })
    const outgoing = request(url, {
      method, agent, headers: {
        ...body && { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
        ...token && { authorization: `Bearer ${token}` },
      },
    }, answer => {
      answer.on('error', error => done(error.message))
        .on('data', (chunk: Buffer) => { said += chunk.toString() })
        .on('end', () => done(answer.statusCode!))
    })
    outgoing.on('error', error => done(error.message)).end(body && JSON.stringify(body))
  })
}

async function visit (work: () => Promise<unknown>): Promise<Asked[]> {
  const { event, ticket_type } = await putOnSale(
    server.callAs(await signIn(server.call, 'eventcreator')), { capacity: 1_000_000 })
  const order = { event_id: event.id, buyer: buyer(),
    items: [{ ticket_type_id: ticket_type.id, quantity: 1 }] }
  const asked: Asked[] = []
  let over = false
  async function walk (index: number): Promise<void> {
    // Half of them as browsers do, the others with a new connection for each request. Nothing asks
    // again: a kept connection that ended under a purchase would show.
    const agent = new Agent({ keepAlive: index % 2 === 0, maxSockets: 1 })
    const send = async (sent: Sent): Promise<string> => {
      const one = await ask(agent, sent)
      asked.push({ ...one, said: one.said.slice(0, 300) })
      await new Promise(resolve => setTimeout(resolve, pause_ms))
      return one.status === 201 ? one.said : ''
    }
    const get = (path: string) => send({ method: 'GET', url: server.url + path })
    while (!over) {
      await get(`/events/${event.slug}`)
      await get(`/api/ticket-types?event_id=${event.id}`)
      const placed = await send({ method: 'POST', url: `${server.url}/api/orders`, body: order })
      if (placed) {
        const { id, access_token } = JSON.parse(placed) as { id: string, access_token: string }
        await send({ method: 'POST', url: `${server.url}/api/payments`, token: access_token, body: {
          order_id: id, provider: 'simulated', method: { test_card: 'success' } } })
      }
      await get('/api/events')
    }
    agent.destroy()
  }
  const walking = Promise.all(Array.from({ length: visitors }, (_, index) => walk(index)))
  await work()
  over = true
  await walking
  return asked
}

const p99 = (asked: Asked[]) =>
  asked.map(one => one.took_ms).sort((a, b) => a - b)[Math.floor(asked.length * 0.99)]!

const failed = (asked: Asked[]) =>
  asked.filter(({ status }) => typeof status === 'string' || status >= 400)

const compared_ms = 10_000
/**
 * A process that starts takes a core of this machine for one to two seconds, and who asks meanwhile
 * shares what is left. Whoever waited for a timeout of the door would take longer than that.
 */
const start_takes_ms = 1000

test('two of every service are replaced one after the other, and no request fails', async () => {
  const quiet = await visit(() => new Promise(resolve => setTimeout(resolve, compared_ms)))
  const rolled = await visit(async () => {
    // Not by `fetch`, which would not wait longer than five minutes.
    const { said } = await ask(new Agent(), {
      method: 'POST', url: `${process.env.FERMATA_TEST_INSTALLATIONS}/roll/twins` })
    expect(JSON.parse(said)).toEqual({})
  })

  console.log(`${rolled.length} requests in the roll, p99 ${p99(rolled).toFixed(0)} ms; ` +
    `${quiet.length} before it, p99 ${p99(quiet).toFixed(0)} ms`)
  expect(failed(rolled)).toEqual([])
  expect(failed(quiet)).toEqual([])
  expect(rolled.filter(({ kept }) => kept).length).toBeGreaterThan(100)
  expect(p99(rolled)).toBeLessThan(2 * p99(quiet) + start_takes_ms)
}, 1_800_000)
