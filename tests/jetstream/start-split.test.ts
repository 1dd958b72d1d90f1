import { readFile } from 'node:fs/promises'
import { createClient, type Call } from '@fermata/contracts/client'
import { getOrder, placeOrder } from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import { listTickets } from '@fermata/contracts/tickets'
import { startSplit, type Split } from '@fermata/server/split/start-split'
import { createDataFolder } from '@fermata/testkit/server-process'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buyer, eventually, must, putOnSale, signIn } from '../end-to-end/sell.ts'

/** `npm run start:split` as a library: twelve processes, one of which has a twin. */

const base = 18_400
let data: Awaited<ReturnType<typeof createDataFolder>>
let split: Split
const said: string[] = []

const clientOf = (headers: Record<string, string> = {}) => createClient({
  base_url: split.url, fetch: (address, init) => fetch(address, init), headers }).call
const callAs = (token: string) => clientOf({ authorization: `Bearer ${token}` })

beforeAll(async () => {
  data = await createDataFolder()
  split = await startSplit({
    environment: { PATH: process.env.PATH, FERMATA_DATA: data.folder, RATE_LIMITS: 'off' },
    port_base: base, scale: { orders: 2 }, say: line => said.push(line),
  })
}, 240_000)
afterAll(async () => {
  await split?.stop()
  await data.remove()
}, 60_000)

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function buyAndPay (call: Call, event_id: string, ticket_type_id: string) {
  const body = { event_id, items: [{ ticket_type_id, quantity: 1 }], buyer: buyer() }
  const order = await must(call(placeOrder, { body }), placeOrder)
  const own = callAs(order.access_token)
  await must(own(startPayment, {
    body: { order_id: order.id, provider: 'simulated', method: { test_card: 'success' } } }))
  return { order, own }
}

const hasTicket = ({ order, own }: Awaited<ReturnType<typeof buyAndPay>>) =>
  eventually(async () => {
    const { status } = await must(own(getOrder, { params: { id: order.id } }), getOrder)
    const { items } = await must(
      own(listTickets, { query: { order_id: order.id } }), listTickets)
    return status === 'completed' && items.length === 1
  }, 'the order to have its ticket', 30_000)

test('start:split: a purchase goes through the front door, whichever twin answers', async () => {
  const organizer = callAs(await signIn(clientOf(), 'eventcreator'))
  const { event, ticket_type } = await putOnSale(organizer)

  const bought = await Promise.all(
    Array.from({ length: 10 }, () => buyAndPay(clientOf(), event.id, ticket_type.id)))
  for (const one of bought) await hasTicket(one)

  for (const name of ['orders', 'orders-2']) {
    const { log_file } = split.processes.find(one => one.name === name)!
    expect(await readFile(log_file, 'utf8'), name).toContain('"operation":"placeOrder"')
  }
}, 90_000)

test('start:split: what died is started again and said so, and nothing that was paid is lost', async () => {
  const organizer = callAs(await signIn(clientOf(), 'eventcreator'))
  const { event, ticket_type } = await putOnSale(organizer)
  const bought = await Promise.all(
    Array.from({ length: 5 }, () => buyAndPay(clientOf(), event.id, ticket_type.id)))

  for (const name of ['nats', 'tickets', 'payments']) split.kill(name)

  await eventually(async () => split.processes.filter(
    one => one.restarts() === 1 && one.pid() !== null).length === 3, 'three new processes')
  await eventually(async () => (await fetch(`${split.url}/health`)).ok, 'all to be well', 60_000)
  for (const one of bought) await hasTicket(one)
  expect(said.filter(line => line.includes('is started again'))).toHaveLength(3)
}, 150_000)

test('start:split: internal routes answer nobody from outside', async () => {
  const path = '/internal/auth/ended-logins?since=2026-01-01T00:00:00.000Z'
  expect((await fetch(split.url + path)).status).toBe(404)
  for (const authorization of ['', 'Bearer x', `Bearer ${await signIn(clientOf(), 'admin')}`]) {
    const answer = await fetch(`http://127.0.0.1:${split.ports.of.auth[0]}${path}`, {
      headers: authorization ? { authorization } : {} })
    expect(answer.status, authorization).toBe(401)
  }
})

test('start:split: each service is told the address of its own database alone', async () => {
  for (const { name, pid } of split.processes) {
    if (name === 'nats' || name === 'nginx') continue
    const environment = (await readFile(`/proc/${pid()}/environ`, 'utf8')).split('\0')
    const urls = environment.filter(line => line.startsWith('DATABASE_URL'))
    expect(urls, name).toHaveLength(name === 'web' ? 0 : 1)
    if (name !== 'orders') continue
    const elsewhere = new URL(urls[0]!.slice(urls[0]!.indexOf('=') + 1))
    elsewhere.pathname = '/fermata_payments'
    const client = new pg.Client({ connectionString: elsewhere.href })
    await expect(client.connect()).rejects.toThrow('permission denied for database')
  }
})

test('start:split: a stop ends every process', async () => {
  const pids = split.processes.map(one => one.pid()!)
  expect(pids.every(isAlive)).toBe(true)

  await split.stop()

  expect(pids.filter(isAlive)).toEqual([])
}, 60_000)
