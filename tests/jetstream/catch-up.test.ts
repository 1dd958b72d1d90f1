import { readFileSync } from 'node:fs'
import { counter, notedHandlers, teller, watch } from '@fermata/testkit/bus-contract'
import { createTestNats, type TestNats } from '@fermata/testkit/nats-server'
import { eventually, startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test } from 'vitest'

/** What waited while the message server was away is handled soon after it is back. */

const count = 100_000
/** The promise: within ten seconds, so with less than ten of a processor. */
const most_processor_s = 10

let nats: TestNats
let systems: TestSystem[]

beforeEach(async () => {
  nats = await createTestNats()
  systems = []
})
afterEach(async () => {
  await Promise.all(systems.map(system => system.stop()))
  await nats.remove()
})

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

/** Seconds of a processor that a process has had. */
function processorOf (pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Both services with their databases' processes; what nats-server takes is a tenth of that. */
async function processorOfAll (): Promise<number> {
  const backends = await Promise.all(systems.map(async ({ system }) => {
    const { rows } = await [...system.contexts.values()][0]!.pool.query<{ pid: number }>(
      'select pid from pg_stat_activity where datname = current_database()')
    return rows.reduce((sum, { pid }) => sum + processorOf(pid), 0)
  }))
  return processorOf(process.pid) + backends.reduce((sum, one) => sum + one, 0)
}

/** How many messages the stream was given. */
async function countMessages (): Promise<number> {
  const connection = await connect({ servers: nats.url })
  try {
    const { state } = await (await jetstreamManager(connection)).streams.info('events')
    return state.last_seq
  } finally {
    await connection.close()
  }
}

test('catch-up: 100,000 events that waited have their effects within ten seconds of work', async () => {
  await nats.start()
  const environment = { LOG_LEVEL: process.env.LOG_LEVEL ?? 'fatal', NATS_URL: nats.url }
  systems = await Promise.all([teller, counter].map(
    service => startTestSystem([service], environment, undefined, notedHandlers)))
  const it = watch({ teller: systems[0]!, counter: systems[1]! })
  const connected = () => systems.every(({ system }) => system.bus.connected())
  await eventually(async () => connected())
  await nats.kill()
  await eventually(async () => !connected())
  for (const part of upTo(count / 5000)) {
    await it.publish('waited', upTo(5000).map(n => part * 5000 + n))
  }

  await nats.start()
  const [began_ms, spent_s] = [performance.now(), await processorOfAll()]
  const oldest = `select from events.outbox where sent_at is null limit 1`
  await eventually(
    async () => (await it.ctx.pool.query(oldest)).rowCount === 0, 'all to be sent', 240_000)
  const wall_s = (performance.now() - began_ms) / 1000
  const processor_s = await processorOfAll() - spent_s

  const messages = await countMessages()
  console.log(`catch-up: ${count} events in ${wall_s.toFixed(1)} s, `
    + `${processor_s.toFixed(1)} s of a processor, ${messages} messages`)
  expect((await it.effects('waited')).map(({ n }) => n).sort((a, b) => a - b)).toEqual(upTo(count))
  // Other work on the machine makes it last longer, but takes no more of a processor.
  expect(processor_s).toBeLessThan(most_processor_s)
  // Whatever waits too long for a confirmation is sent again: a stall would show here.
  expect(messages).toBeLessThan(1.2 * count / 500)
}, 400_000)
