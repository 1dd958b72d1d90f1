import { Agent, request } from 'node:http'
import { startInstallation, start_within_ms } from '@fermata/testkit/installation'
import { createDataFolder } from '@fermata/testkit/server-process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buyer, putOnSale, signIn } from '../end-to-end/sell.ts'

/** Every process is replaced while people read pages and order: none of them notices. */

let data: Awaited<ReturnType<typeof createDataFolder>>
let server: Awaited<ReturnType<typeof startInstallation>>

beforeAll(async () => {
  data = await createDataFolder()
  server = await startInstallation(data.folder)
}, start_within_ms)
afterAll(async () => { await data.remove() })

/** `said` tells who refused: nginx, the pages or a service. */
interface Asked { what: string, status: number | string, took_ms: number, said: string }

const visitors = 6
const pause_ms = 20
/** A new connection each time: what nginx does with kept ones when it reads its file is its own. */
const agent = new Agent({ keepAlive: false })

function ask (method: string, path: string, body?: object): Promise<Asked> {
  const began_ms = performance.now()
  return new Promise(resolve => {
    let said = ''
    const done = (status: number | string) => resolve({
      what: `${method} ${path}`, status, took_ms: performance.now() - began_ms, said })
    const outgoing = request(server.url + path, {
      method, agent, headers: body ? { 'content-type': 'application/json' } : {},
    }, answer => {
      answer.on('error', error => done(error.message))
        .on('data', (chunk: Buffer) => { said ||= chunk.toString().slice(0, 300) })
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
  const walking = Promise.all(Array.from({ length: visitors }, async (_, index) => {
    while (!over) {
      const turn = asked.length + index
      asked.push(await (turn % 3 === 0 ? ask('POST', '/api/orders', order)
        : turn % 3 === 1 ? ask('GET', `/api/ticket-types?event_id=${event.id}`)
          : ask('GET', turn % 2 === 0 ? `/events/${event.slug}` : '/api/events')))
      await new Promise(resolve => setTimeout(resolve, pause_ms))
    }
  }))
  await work()
  over = true
  await walking
  return asked
}

const p99 = (asked: Asked[]) =>
  asked.map(one => one.took_ms).sort((a, b) => a - b)[Math.floor(asked.length * 0.99)]!

const failed = (asked: Asked[]) =>
  asked.filter(({ status }) => typeof status === 'string' || status >= 400)

const compared_ms = 5000

test('two of every service are replaced one after the other, and no request fails', async () => {
  const quiet = await visit(() => new Promise(resolve => setTimeout(resolve, compared_ms)))
  const rolled = await visit(async () => {
    const answer = await fetch(`${process.env.FERMATA_TEST_INSTALLATIONS}/roll/twins`,
      { method: 'POST' })
    expect(await answer.json()).toEqual({})
  })

  console.log(`${rolled.length} requests in the roll, p99 ${p99(rolled).toFixed(0)} ms; ` +
    `${quiet.length} before it, p99 ${p99(quiet).toFixed(0)} ms`)
  expect(failed(rolled)).toEqual([])
  expect(failed(quiet)).toEqual([])
  expect(rolled.length).toBeGreaterThan(100)
}, 600_000)
