import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@fermata/contracts/client'
import { placeOrder } from '@fermata/contracts/orders'
import { serviceNames } from '@fermata/contracts/services'
import { uuidv7 } from '@fermata/platform/ids'
import { startSplit, type Split } from '@fermata/server/split/start-split'
import { createDataFolder } from '@fermata/testkit/server-process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buyer, putOnSale, signIn } from '../end-to-end/sell.ts'
import { seeded, startCrowd, type Told } from './crowd.ts'
import { flawless, openOracle, type Oracle, type Verdict } from './oracle.ts'

/**
 * Whatever ends, freezes or is lost between the processes while people buy: what they were told is
 * true afterwards, and who has paid has their tickets ten seconds after the fault is over.
 */

const tickets_within_ms = 10_000
const fault_ms = Number(process.env.SPLIT_FAULT_SECONDS ?? 2) * 1000
const seed = Number(process.env.SPLIT_FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31))

let data: Awaited<ReturnType<typeof createDataFolder>>
let split: Split
let oracle: Oracle
let random: () => number

beforeAll(async () => {
  console.log(`SPLIT_FAULT_SEED=${seed}`)
  random = seeded(seed)
  data = await createDataFolder()
  split = await startSplit({
    environment: { PATH: process.env.PATH, FERMATA_DATA: data.folder, RATE_LIMITS: 'off' },
    port_base: 20_400, scale: { orders: 2 }, say: line => console.log(line),
  })
  oracle = openOracle(split)
})
afterAll(async () => {
  await oracle?.close()
  await split?.stop()
  await data.remove()
})

const callAs = (token?: string) => createClient({
  base_url: split.url, fetch: (address, init) => fetch(address, init),
  headers: token ? { authorization: `Bearer ${token}` } : {},
}).call

async function openSale (capacity = 100_000) {
  const { event, ticket_type } =
    await putOnSale(callAs(await signIn(callAs(), 'eventcreator')), { capacity })
  return { event_id: event.id, ticket_type_id: ticket_type.id }
}

const pidOf = (name: string) => split.processes.find(one => one.name === name)!.pid()

/** `kill -9` of one process, and the wait for the one that takes its place. */
async function killAndWait (name: string): Promise<void> {
  const before = pidOf(name)
  split.kill(name)
  while (pidOf(name) === before || pidOf(name) === null) await sleep(20)
}

/** Asks until everything that was paid is finished. @returns the verdict, and when it came */
async function finished (event_id: string, history: Told[], since_ms: number) {
  for (;;) {
    const verdict = await oracle.ask(event_id, history)
    const after_ms = performance.now() - since_ms
    const open = verdict.not_completed + verdict.without_tickets
    // Longer than it may take, so that a failure tells how late it was.
    if (open === 0 || after_ms > 6 * tickets_within_ms) return { verdict, after_ms }
    await sleep(100)
  }
}

interface Survived { verdict: Verdict, history: Told[], event_id: string }

/** Lets a crowd buy, brings the fault about, and compares what is left with what they were told. */
async function checkSurvival (name: string, fault: () => Promise<void>): Promise<Survived> {
  const sale = await openSale()
  const crowd = startCrowd(split.url, sale, random)
  await sleep(fault_ms)
  const before = crowd.history.length
  await fault()
  await split.ready()
  const healed_ms = performance.now()
  await crowd.stop()
  const { verdict, after_ms } = await finished(sale.event_id, crowd.history, healed_ms)
  console.log(`${name}: ${before} orders before, ${crowd.history.length - before} during, ` +
    `${crowd.failures()} requests failed, ${verdict.paid} paid; all tickets ` +
    `${Math.round(after_ms)} ms after healing`)
  expect(verdict.paid, 'a crowd that buys nothing proves nothing').toBeGreaterThan(0)
  expect(verdict, `seed ${seed}`).toMatchObject(flawless)
  expect(after_ms, `seed ${seed}`).toBeLessThan(tickets_within_ms)
  const again = await callAs()(placeOrder, { body: { event_id: sale.event_id, buyer: buyer(),
    items: [{ ticket_type_id: sale.ticket_type_id, quantity: 1 }] } })
  expect(again.status).toBe(201)
  return { verdict, history: crowd.history, event_id: sale.event_id }
}

test('kill -9 of each process in turn loses and doubles nothing', async () => {
  const names = [...serviceNames, 'orders-2', 'web', 'nginx']
    .map(name => ({ name, at: random() })).sort((a, b) => a.at - b.at).map(({ name }) => name)
  console.log(`in turn: ${names.join(', ')}`)
  await checkSurvival('each process', async () => {
    for (const name of names) {
      await killAndWait(name)
      await split.ready()
    }
  })
})

test('kill -9 of the message server is only delay', async () => {
  await checkSurvival('nats', () => killAndWait('nats'))
})

test('a message server whose store is deleted is only delay', async () => {
  await checkSurvival('the store', async () => {
    const killed = killAndWait('nats')
    rmSync(join(data.folder, 'split', 'nats', 'store'), { recursive: true, force: true })
    await killed
  })
})

test('kill -9 of PostgreSQL loses nothing that was acknowledged', async () => {
  await checkSurvival('PostgreSQL', async () => {
    process.kill(await oracle.postmasterPid(), 'SIGKILL')
    await sleep(fault_ms)
  })
})

// As the others see it, one that is cut off is one that keeps its connections and says nothing. It
// keeps what it has taken in hand, too, which a killed process does not.
for (const name of ['orders-2', 'tickets', 'payments']) {
  test(`${name} answers nobody for a while, and nothing is lost or doubled`, async () => {
    await checkSurvival(`${name} frozen`, async () => {
      const pid = pidOf(name)!
      process.kill(pid, 'SIGSTOP')
      try {
        await sleep(3 * fault_ms)
      } finally {
        process.kill(pid, 'SIGCONT')
      }
    })
  })
}

test('two processes sell the same few tickets to a crowd, and not one more', async () => {
  const capacity = 100
  const wanted = 1000
  const { event_id, ticket_type_id } = await openSale(capacity)
  const history: Told[] = []
  const statuses: Record<number, number> = {}

  await Promise.all(Array.from({ length: wanted }, async (_, index) => {
    const answer = await callAs()(placeOrder, { body: { event_id,
      items: [{ ticket_type_id, quantity: 1 }], buyer: buyer(`Guest ${index}`) } })
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
    if (answer.ok) history.push({ order_id: answer.body.id, quantity: 1, paid: false })
  }))

  console.log(`rush: ${JSON.stringify(statuses)}`)
  expect(statuses[201]).toBe(capacity)
  expect((statuses[409] ?? 0) + (statuses[503] ?? 0)).toBe(wanted - capacity)
  expect(await oracle.ask(event_id, history)).toMatchObject({ ...flawless, acknowledged: capacity })
})

test('control: the oracle notices what nobody sold and tickets that nobody issued', async () => {
  const { history, event_id } = await checkSurvival('control', () => sleep(0))
  const paid = history.find(told => told.paid)!
  const invented = { order_id: uuidv7(), quantity: 1, paid: true }

  expect(await oracle.ask(event_id, [...history, invented])).toMatchObject(
    { lost: 1, not_completed: 1, without_tickets: 1 })
  const more = [...history.filter(told => told !== paid), { ...paid, quantity: paid.quantity + 1 }]
  expect(await oracle.ask(event_id, more)).toMatchObject({ without_tickets: 1 })
  const fewer = [...history.filter(told => told !== paid), { ...paid, quantity: 0 }]
  expect(await oracle.ask(event_id, fewer)).toMatchObject({ doubled: 1 })
})
