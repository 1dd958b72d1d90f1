import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createIsHere } from '@fermata/platform/this-machine'
import { registerWeb } from '@fermata/server/web'
import {
  createDataFolder, startServerProcess, type ServerProcess,
} from '@fermata/testkit/server-process'
import Fastify from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { putOnSale, signIn } from '../end-to-end/sell.ts'
import { atScale, figure } from '../proofs/proof.ts'

/**
 * S34, pages: one network that asks for pages that nobody asked for before, against ten visitors
 * of other networks who want a few pages each.
 */

/**
 * Nine of ten ask what is for who is nobody: more than may work and wait in that line (4 and 64),
 * so that it is full however fast pages are made.
 */
const connections = 120
const visitors = 10
/** For each visitor; PROOF's thirty pages are the slice. */
const visit_rounds = atScale(1, 5)

let server: ServerProcess
let data: Awaited<ReturnType<typeof createDataFolder>>
let slug: string
let ticket_type_id: string
beforeAll(async () => {
  data = await createDataFolder()
  server = await startServerProcess(data.folder)
  const sale = await putOnSale(server.callAs(await signIn(server.call, 'eventcreator')))
  slug = sale.event.slug
  ticket_type_id = sale.ticket_type.id
}, 240_000)
afterAll(async () => {
  await server?.stop()
  await data.remove()
})

/** The pages of that API in this process, with shares of networks or without. */
async function startPages (by_network: boolean) {
  const app = Fastify()
  await registerWeb(app, {
    api_url: server.url, public_origin: server.url, isHere: createIsHere(''), by_network,
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: (app.server.address() as AddressInfo).port, stop: () => app.close() }
}

interface Asking {
  port: number, path: string, from: string, agent?: Agent
  method?: string, headers?: Record<string, string>
}

/** From an address of this machine, as if from a network of its own. */
function ask ({ port, path, from, agent, method = 'GET', headers }: Asking): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, localAddress: from, agent, method, headers }
    const asking = request(options, answer => {
      answer.resume().once('end', () => resolve(answer.statusCode!)).once('error', reject)
    })
    asking.once('error', reject)
    asking.end()
  })
}

type Page = Pick<Asking, 'path' | 'method' | 'headers'>

/**
 * Pages that can be invented without an end, in turn. A connection keeps to one side: those who buy
 * wait so long that all connections would soon wait there, and leave the other line empty.
 */
function inventPage (connection: number, number: number): Page {
  const word = randomBytes(6).toString('hex')
  const uuid = `0198f3c0-0000-7000-8000-${word}`
  const of_nobody: Page[] = [
    { path: `/?q=${word}` }, { path: `/events/${word}` }, { path: `/events/${slug}?${uuid}=1` },
    { path: `/_.data?q=${word}` }, { path: `/${word}/${word}` },
    { path: `/?lang=fr&q=${word}`, headers: { 'accept-language': word, 'user-agent': word } },
    { path: `/events/${slug}?code=${word}`, method: 'HEAD' },
    { path: `/artwork/music/${word}.svg` },
  ]
  const of_others: Page[] = [
    { path: '/', headers: { cookie: `fermata_queue_${word}=x` } },
    { path: `/events/${slug}/checkout?${uuid}=1` }, { path: `/orders/${uuid}?token=${word}` },
    { path: `/events/${word}/queue.data` },
    { path: '/sign-out', method: 'POST', headers: { origin: server.url, ...form } },
    // These are no pages of their own: they are one.
    { path: `/events/${slug}?${word}=1` },
    { path: '/', headers: { host: `${word}.example`, 'x-forwarded-host': word } },
  ]
  const kinds = connection % 10 === 0 ? of_others : of_nobody
  return kinds[(Math.floor(connection / 10) + connection + number) % kinds.length]!
}

const form = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '0' }

/** @returns how many pages each side was shown, and how many it was refused */
async function floodAndVisit (by_network: boolean, rounds: number) {
  const pages = await startPages(by_network)
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const flood: number[] = []
  let is_flooding = true
  const flooding = Array.from({ length: connections }, async (_, connection) => {
    for (let number = 0; is_flooding; number++) {
      const page = inventPage(connection, number)
      flood.push(await ask({ port: pages.port, agent, from: '127.0.0.1', ...page }))
    }
  })
  const visit = async (visitor: number) => {
    const statuses: number[] = []
    for (let round = 0; round < rounds; round++) {
      // A search of their own, which nobody else's turn can answer.
      const search = `/?q=visitor-${visitor}-${round}`
      const checkout = `/events/${slug}/checkout?${ticket_type_id}=1`
      for (const path of [search, `/events/${slug}`, checkout]) {
        statuses.push(await ask({ port: pages.port, path, from: `127.0.0.${visitor + 2}` }))
      }
    }
    return statuses
  }
  try {
    // Refused that often, the line is full.
    while (countOf(flood, 503) < connections) {
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    const visits = Array.from({ length: visitors }, (_, at) => visit(at))
    const honest = (await Promise.all(visits)).flat()
    return { honest, flood }
  } finally {
    is_flooding = false
    await Promise.all(flooding)
    agent.destroy()
    await pages.stop()
  }
}

const countOf = (statuses: number[], status: number) =>
  statuses.filter(one => one === status).length

test('S34: one network that invents pages takes none from others', async () => {
  const { honest, flood } = await floodAndVisit(true, visit_rounds)
  const refused = countOf(flood, 503)
  figure('S34', `Pages: ${connections} connections of one network invented ${flood.length} pages, ` +
    `${refused} of them refused; ${visitors} visitors of other networks were shown ` +
    `${countOf(honest, 200)} of ${honest.length} pages.`)
  expect(honest.filter(status => status !== 200)).toEqual([])
  // Nobody broke anything, and the flood was told to come back.
  expect(flood.filter(status => status >= 500 && status !== 503)).toEqual([])
  expect(refused).toBeGreaterThan(0)
}, 120_000)

test('S34: without shares of networks the visitors are refused, so the test above can fail', async () => {
  // A visitor may have luck, but not all of them five times.
  const { honest } = await floodAndVisit(false, 5)
  figure('S34', `Without shares of networks they were shown ${countOf(honest, 200)} of ${honest.length}.`)
  expect(countOf(honest, 503)).toBeGreaterThan(0)
}, 120_000)
