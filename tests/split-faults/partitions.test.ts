import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@fermata/contracts/client'
import { placeOrder } from '@fermata/contracts/orders'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buyer } from '../end-to-end/sell.ts'
import { putInStore } from '../races/put-in-store.ts'
import { startOnMachines, type Machines } from './machines.ts'
import { everything, type Dropped, type Machine } from './network.ts'
import { database_port } from './own-postgres.ts'
import { fault_ms, surviveOn, type Scene, type Survival } from './survival.ts'

/**
 * Processes on machines of their own, between which the network fails while people buy. Unlike one
 * that is killed, a process that is cut off goes on; unlike one that is frozen, nobody answers
 * packets for it; and what it has locked in PostgreSQL stays locked until PostgreSQL notices.
 */

const port_base = 21_000
/**
 * Longer than a call between services waits (5 s), PostgreSQL puts up with silence (5 s), we with
 * PostgreSQL's (8 s), and we and the message server with each other's (6 to 9 s).
 */
const cut_ms = 5 * fault_ms
/** Between taking the event's lock and the commit, at most and by chance: so that we meet one. */
const pause_ms = 300
/** Six seconds are meant, and seen in docs/reliability.md; a busy machine may need longer. */
const sells_again_within_ms = 20_000
const look_again_ms = 20

let machines: Machines
let it: Survival

beforeAll(async () => {
  machines = await startOnMachines(['orders-2', 'tickets', 'payments'], port_base,
    putInStore({ pause_ms }))
  it = surviveOn(machines.split)
})
afterAll(async () => {
  await it?.oracle.close()
  await machines?.stop()
})

const checkSurvival: Survival['check'] = (name, fault) => it.check(name, fault)

/** Whether a process answers us, over the network. */
async function answers (name: string): Promise<boolean> {
  const { host, port, part } = machines.split.instances.find(one => one.name === name)!
  const answer = await fetch(`http://${host}:${port}/api/${part}/health`,
    { signal: AbortSignal.timeout(2000), headers: { connection: 'close' } }).catch(() => null)
  return answer?.ok === true
}

/** Waits for what becomes true. @returns whether it did in time */
async function becomesTrue (is: () => boolean | Promise<boolean>, most_ms: number) {
  const deadline_ms = performance.now() + most_ms
  while (!await is()) {
    if (performance.now() > deadline_ms) return false
    await sleep(look_again_ms)
  }
  return true
}

/** Pulls the cable while PostgreSQL waits for the rest of a sale from there. @returns when */
async function unplugInSale (machine: Machine): Promise<number> {
  const client = new pg.Client({ connectionString: machines.split.databases.get('orders')! })
  await client.connect()
  const open = async () => (await client.query<{ pid: number, since: string }>(
    `select pid, xact_start::text as since from pg_stat_activity where client_addr = $1
      and application_name = 'fermata-orders-sale' and state = 'idle in transaction'`,
    [machine.host])).rows.map(({ pid, since }) => `${pid} ${since}`)
  try {
    for (let attempt = 0; attempt < 50; attempt++) {
      await becomesTrue(async () => (await open()).length > 0, cut_ms)
      machine.plug(false)
      const at_ms = performance.now()
      const first = await open()
      await sleep(2 * pause_ms)
      // A sale that was open is so still: its end cannot come any more.
      if ((await open()).some(one => first.includes(one))) return at_ms
      machine.plug(true)
      await sleep(pause_ms)
    }
    throw new Error('The cable could not be pulled in the middle of a sale')
  } finally {
    await client.end()
  }
}

/**
 * Asks the twin itself: buyers whom nginx had sent to the other a moment before wait there.
 * @returns when it sold
 */
async function sellAtTwin ({ event_id, ticket_type_id }: Scene): Promise<number> {
  const { host, port } = machines.split.instances.find(one => one.name === 'orders')!
  const { call } = createClient({ base_url: `http://${host}:${port}`,
    timeout_ms: 3 * sells_again_within_ms, fetch: (address, init) => fetch(address, init) })
  for (;;) {
    const answer = await call(placeOrder, { body: { event_id, buyer: buyer(),
      items: [{ ticket_type_id, quantity: 1 }] } })
    if (answer.ok) return performance.now()
    await sleep(look_again_ms)
  }
}

test('orders-2 is unplugged in the middle of a sale: its twin sells on, nothing is lost', async () => {
  const machine = machines.machineOf('orders-2')
  await checkSurvival('orders-2 unplugged', async scene => {
    const at_ms = await unplugInSale(machine)
    try {
      expect(await answers('orders-2')).toBe(false)
      // What was on its way to buyers before the cut has come by now.
      const sold = () => scene.history.filter(told => told.at_ms > at_ms + 2 * pause_ms)
      const blocked_ms = await sellAtTwin(scene) - at_ms
      await becomesTrue(() => sold().length > 5 && performance.now() > at_ms + cut_ms, 2 * cut_ms)
      console.log(`sold again after ${Math.round(blocked_ms)} ms, ${sold().length} orders by then`)
      expect(blocked_ms).toBeLessThan(sells_again_within_ms)
      expect(sold().length).toBeGreaterThan(5)
    } finally {
      machine.plug(true)
    }
    return performance.now()
  })
})

/** Lets packets of a kind vanish for a while, and shows that they did. */
const cut = (name: string, dropped: Dropped[], meanwhile: (scene: Scene) => Promise<void>) =>
  async (scene: Scene) => {
    const machine = machines.machineOf(name)
    machine.drop(dropped)
    const began_ms = performance.now()
    try {
      await meanwhile(scene)
      await sleep(Math.max(0, began_ms + cut_ms - performance.now()))
      expect(machine.dropped()).toBeGreaterThan(0)
    } finally {
      machine.drop([])
    }
    return performance.now()
  }

const tells = (answer: boolean, name: string) => async () => {
  expect(await answers(name), name).toBe(answer)
}

const port = (number: number): Dropped[] =>
  everything.map(({ direction }) => ({ direction, port: number }))

const messages_port = port_base + 42

test('tickets is cut off from everybody', async () => {
  await checkSurvival('tickets cut off', cut('tickets', everything, tells(false, 'tickets')))
})

test('payments hears everybody, and nobody hears payments', async () => {
  await checkSurvival('payments unheard',
    cut('payments', [{ direction: 'from' }], tells(false, 'payments')))
})

test('tickets is cut off from the message server alone', async () => {
  await checkSurvival('tickets without messages',
    cut('tickets', port(messages_port), tells(true, 'tickets')))
})

test('orders-2 is cut off from PostgreSQL alone', async () => {
  await checkSurvival('orders-2 without PostgreSQL',
    cut('orders-2', port(database_port), tells(true, 'orders-2')))
})
