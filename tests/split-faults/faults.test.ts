import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { placeOrder } from '@fermata/contracts/orders'
import { serviceNames } from '@fermata/contracts/services'
import { uuidv7 } from '@fermata/platform/ids'
import { startSplit, type Split } from '@fermata/server/split/start-split'
import { createDataFolder } from '@fermata/testkit/server-process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buyer } from '../end-to-end/sell.ts'
import type { Told } from './crowd.ts'
import { killAndWait, loseStore, pidOf } from './lose-store.ts'
import { flawless } from './oracle.ts'
import { fault_ms, surviveOn, type Survival } from './survival.ts'

/**
 * Whatever ends, freezes or is lost between the processes while people buy: what they were told is
 * true afterwards, and who has paid has their tickets ten seconds after the fault is over.
 */

let data: Awaited<ReturnType<typeof createDataFolder>>
let split: Split
let it: Survival

beforeAll(async () => {
  data = await createDataFolder()
  split = await startSplit({
    environment: { PATH: process.env.PATH, FERMATA_DATA: data.folder, RATE_LIMITS: 'off' },
    port_base: 20_400, scale: { orders: 2 }, say: line => console.log(line),
  })
  it = surviveOn(split)
})
afterAll(async () => {
  await it?.oracle.close()
  await split?.stop()
  await data.remove()
})

const checkSurvival: Survival['check'] = (name, fault) => it.check(name, fault)

test('kill -9 of each process in turn loses and doubles nothing', async () => {
  const names = [...serviceNames, 'orders-2', 'web', 'nginx']
    .map(name => ({ name, at: it.random() })).sort((a, b) => a.at - b.at).map(({ name }) => name)
  console.log(`in turn: ${names.join(', ')}`)
  await checkSurvival('each process', async () => {
    for (const name of names) {
      await killAndWait(split, name)
      await split.ready()
    }
  })
})

test('kill -9 of the message server is only delay', async () => {
  await checkSurvival('nats', () => killAndWait(split, 'nats'))
})

test('a message server whose store is deleted is only delay', async () => {
  const store = join(data.folder, 'split', 'nats', 'store')
  await checkSurvival('the store', scene => loseStore(split, store, it.oracle, scene))
})

test('kill -9 of PostgreSQL loses nothing that was acknowledged', async () => {
  await checkSurvival('PostgreSQL', () => it.oracle.killPostgres())
})

// It keeps its connections, and the system answers packets for it. partitions.test.ts has the rest.
test('orders-2 is frozen for a while, and nothing is lost or doubled', async () => {
  await checkSurvival('orders-2 frozen', async () => {
    const pid = pidOf(split, 'orders-2')!
    process.kill(pid, 'SIGSTOP')
    try {
      await sleep(3 * fault_ms)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  })
})

test('two processes sell the same few tickets to a crowd, and not one more', async () => {
  const capacity = 100
  const wanted = 1000
  const { event_id, ticket_type_id } = await it.openSale(capacity)
  const history: Told[] = []
  const statuses: Record<number, number> = {}

  await Promise.all(Array.from({ length: wanted }, async (_, index) => {
    const answer = await it.callAs()(placeOrder, { body: { event_id,
      items: [{ ticket_type_id, quantity: 1 }], buyer: buyer(`Guest ${index}`) } })
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
    if (answer.ok) history.push({ order_id: answer.body.id, quantity: 1, paid: false, at_ms: 0 })
  }))

  console.log(`rush: ${JSON.stringify(statuses)}`)
  expect(statuses[201]).toBe(capacity)
  expect((statuses[409] ?? 0) + (statuses[503] ?? 0)).toBe(wanted - capacity)
  expect(await it.oracle.ask(event_id, history)).toMatchObject(
    { ...flawless, acknowledged: capacity })
})

test('control: the oracle notices what nobody sold and tickets that nobody issued', async () => {
  const { history, sale: { event_id } } = await checkSurvival('control', () => sleep(0))
  const paid = history.find(told => told.paid)!
  const invented = { order_id: uuidv7(), quantity: 1, paid: true, at_ms: 0 }

  expect(await it.oracle.ask(event_id, [...history, invented])).toMatchObject(
    { lost: 1, not_completed: 1, without_tickets: 1 })
  const more = [...history.filter(told => told !== paid), { ...paid, quantity: paid.quantity + 1 }]
  expect(await it.oracle.ask(event_id, more)).toMatchObject({ without_tickets: 1 })
  const fewer = [...history.filter(told => told !== paid), { ...paid, quantity: 0 }]
  expect(await it.oracle.ask(event_id, fewer)).toMatchObject({ doubled: 1 })
})
