import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import * as events from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import { listTickets } from '@fermata/contracts/tickets'
import { findServer } from '@fermata/platform/embedded-postgres/postmaster'
import { demoEvents, demoPurchases } from '@fermata/server/demo/demo-events'
import { startServerProcess, type ServerProcess } from '@fermata/testkit/server-process'
import { buyer, eventually, must, putOnSale, signIn } from '../end-to-end/sell.ts'

/** Starts that are killed on the way, and what has to be there after the one that was not. */

const root = fileURLToPath(new URL('../..', import.meta.url))

/** `both` leaves no process: Node with what it has started, and PostgreSQL. */
export type KilledStart = { kind: 'node' | 'both', after_ms: number }

/** Begins a start as `npm start` does; what it says is kept. */
export function beginStart (folder: string): { child: ChildProcess, output: () => string } {
  const child = spawn(process.execPath, ['apps/server/main.ts'], {
    cwd: root, stdio: ['ignore', 'pipe', 'pipe'], detached: true,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', FERMATA_DATA: folder,
      RATE_LIMITS: 'off' },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => { output += chunk.toString() })
  }
  return { child, output: () => output }
}

/** @returns what the start had said; a start that fails by itself is a failure of the one before */
export async function killStart (
  folder: string, { kind, after_ms }: KilledStart
): Promise<{ said: string, was_ready: boolean }> {
  const { child, output } = beginStart(folder)
  const exit = once(child, 'exit')
  await Promise.race([sleep(after_ms), exit])
  if (child.exitCode !== null) throw new Error(`A start after a kill failed:\n${output()}`)
  process.kill(kind === 'both' ? -child.pid! : child.pid!, 'SIGKILL')
  await exit
  const postgres = kind === 'both' && await findServer(join(folder, 'postgres', 'data'))
  if (postgres) process.kill(postgres.pid, 'SIGKILL')
  return { said: output(), was_ready: output().includes('is ready at') }
}

/** The demo is whole, nothing of it is there twice, and a ticket is sold. */
export async function expectWholeStart (folder: string): Promise<void> {
  const server = await startServerProcess(folder)
  try {
    await expectWholeDemo(server)
    await buyOne(server)
  } finally {
    await server.stop()
  }
}

async function expectWholeDemo ({ call, callAs }: ServerProcess): Promise<void> {
  const seller = callAs(await signIn(call, 'eventcreator'))
  const { items } = await must(
    seller(events.listEvents, { query: { mine: true, limit: 100 } }), events.listEvents)
  const titles = items.map(event => event.title).sort()
  const planned = demoEvents.map(event => event.title)
  const wrong = [
    ...planned.filter(title => !titles.includes(title)).map(title => `${title} is missing`),
    ...titles.filter((title, index) => titles[index + 1] === title).map(title => `${title} is there twice`),
  ]
  const customer = callAs(await signIn(call, 'user'))
  await eventually(async () => {
    const { items: bought } = await must(
      customer(orders.listOrders, { query: { status: 'completed', limit: 100 } }),
      orders.listOrders)
    return bought.length >= demoPurchases.length
  }, 'what the demo has bought', 60_000)
  const { items: all } = await must(
    customer(orders.listOrders, { query: { limit: 100 } }), orders.listOrders)
  if (all.length !== demoPurchases.length) wrong.push(`${all.length} orders instead of ${demoPurchases.length}`)
  const sold_out = demoEvents.find(event => event.state === 'sold_out')!
  const event_id = items.find(event => event.title === sold_out.title)!.id
  const { items: [type] } = await must(
    call(orders.listTicketTypes, { query: { event_id } }), orders.listTicketTypes)
  if (type!.available !== 0) wrong.push(`${sold_out.title} has ${type!.available} places left`)
  if (wrong.length > 0) throw new Error(wrong.join('; '))
}

async function buyOne ({ call, callAs }: ServerProcess): Promise<void> {
  const { event, ticket_type } = await putOnSale(callAs(await signIn(call, 'eventcreator')))
  const order = await must(call(orders.placeOrder, { body: {
    event_id: event.id, items: [{ ticket_type_id: ticket_type.id, quantity: 2 }], buyer: buyer(),
  } }), orders.placeOrder)
  const own = callAs(order.access_token)
  await must(own(startPayment, {
    body: { order_id: order.id, provider: 'simulated', method: { test_card: 'success' } } }))
  await eventually(async () => {
    const { items } = await must(
      own(listTickets, { query: { order_id: order.id } }), listTickets)
    return items.length === 2
  }, 'two tickets', 60_000)
}
