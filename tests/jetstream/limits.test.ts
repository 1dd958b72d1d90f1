import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { counter, noted, notedHandlers, teller, watch } from '@fermata/testkit/bus-contract'
import { createTestNats, type TestNats } from '@fermata/testkit/nats-server'
import { eventually, startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { durableName } from '@fermata/platform/jetstream-consumer'
import { readPack } from '@fermata/platform/jetstream-packs'
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { connect, nanos, type NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test } from 'vitest'

/** What is too much for a consumer, for the message server or for one message. */

let nats: TestNats
let systems: TestSystem[]
let connection: NatsConnection
let manager: JetStreamManager

beforeEach(async () => {
  systems = []
  nats = await createTestNats()
  await nats.start()
  connection = await connect({ servers: nats.url })
  manager = await jetstreamManager(connection)
})
afterEach(async () => {
  await connection.close()
  await Promise.all(systems.map(system => system.stop()))
  await nats.remove()
})

async function start (service: typeof teller, url?: string) {
  const environment = { LOG_LEVEL: process.env.LOG_LEVEL ?? 'fatal', NATS_URL: nats.url }
  const system = await startTestSystem([service], environment, url, notedHandlers)
  systems.push(system)
  return system
}

async function startBoth () {
  const [tells, counts] = await Promise.all([start(teller), start(counter)])
  return { tells, counts, ...watch({ teller: tells, counter: counts }) }
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)
const numbers = (effects: { n: number }[]) => effects.map(({ n }) => n).sort((a, b) => a - b)
const durable = durableName({ name: 'tickets.count', type: noted.type })

/** Keeps the handler waiting in its transaction, until the function it returns is called. */
async function holdHandler (counts: TestSystem) {
  const holder = await counts.context('tickets').pool.connect()
  await holder.query('begin; set local idle_in_transaction_session_timeout = 0')
  await holder.query('lock table tickets.effects in exclusive mode')
  return async () => {
    await holder.query('commit')
    holder.release()
  }
}

async function publishMany (it: ReturnType<typeof watch>, subject: string, count: number) {
  for (let told = 0; told < count; told += 5000) {
    await it.publish(subject, upTo(Math.min(5000, count - told)).map(n => told + n))
  }
}

test('too large: an event that no message can carry waits alone, its neighbours go', async () => {
  const it = await startBoth()
  // Chance does not compress below the 1 MB that a server takes.
  await it.publish(randomBytes(1.5 * 1024 ** 2).toString('base64'), [0])
  await it.publish('small', [0])
  const began_ms = performance.now()
  for (const n of upTo(200)) await it.publish('small', [n + 1])

  await eventually(async () => (await it.unsent('small')).length === 0, 'the small ones', 40_000)
  const took_ms = performance.now() - began_ms
  expect(numbers(await it.effects('small'))).toEqual(upTo(201))
  const { rows } = await it.ctx.pool.query(`select attempts,
    extract(epoch from available_at - now()) as pause_s from events.outbox where sent_at is null`)
  expect(rows).toHaveLength(1)
  // Its pauses grow, so it is asked for a few times, not with every batch.
  expect(rows[0].attempts).toBeGreaterThan(0)
  expect(rows[0].attempts).toBeLessThan(2 + Math.log2(took_ms / 1000 + 2))
})

test('small messages: what is too much for the server together goes in parts', async () => {
  const small = await createTestNats('max_payload: 16KB')
  await small.start()
  try {
    const environment = { LOG_LEVEL: process.env.LOG_LEVEL ?? 'fatal', NATS_URL: small.url }
    const [tells, counts] = await Promise.all([teller, counter].map(
      service => startTestSystem([service], environment, undefined, notedHandlers)))
    systems.push(tells!, counts!)
    const it = watch({ teller: tells!, counter: counts! })
    // Chance does not compress: a pack of all is 200 KB.
    const subjects = upTo(200).map(() => randomBytes(750).toString('base64'))
    await it.ctx.transaction(tx =>
      it.ctx.publish(tx, noted, subjects.map((subject, n) => ({ subject, n }))))
    await eventually(async () => (await it.ctx.pool.query(
      'select from events.outbox where sent_at is null')).rowCount === 0, 'all to be sent')
    const { rows } = await counts!.context('tickets').pool.query<{ subject: string }>(
      'select subject from tickets.effects order by n')
    expect(rows.map(({ subject }) => subject)).toEqual(subjects)
  } finally {
    await Promise.all(systems.splice(0).map(system => system.stop()))
    await small.remove()
  }
})

test('full: what a stream drops at its limit comes again from the outbox', async () => {
  const it = await startBoth()
  await it.publish('first', [1])
  await eventually(async () => (await it.unsent('first')).length === 0)
  const { config } = await manager.streams.info('events')
  await manager.streams.update('events', { ...config, max_bytes: 32 * 1024 })
  const release = await holdHandler(it.counts)
  await publishMany(it, 'many', 20_000)
  await eventually(async () => (await manager.streams.info('events')).state.first_seq > 10,
    'the stream to drop something', 30_000)
  await release()

  await eventually(async () => (await it.unsent('many')).length === 0, 'all to be sent', 90_000)
  expect(numbers(await it.effects('many'))).toEqual(upTo(20_000))
}, 180_000)

const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1])

test('slow consumer: what it is given at once is bounded, and so is the memory', async () => {
  const it = await startBoth()
  await publishMany(it, 'before', 10_000)
  await eventually(async () => (await it.unsent('before')).length === 0, 'the first', 60_000)
  const release = await holdHandler(it.counts)
  const before_kb = resident()
  // More than the publisher keeps in mind, 100,000.
  const count = 110_000
  await publishMany(it, 'slow', count)
  await eventually(async () => (await it.ctx.pool.query(`select from events.outbox
    where sent_at is null and available_at <= now() limit 1`)).rowCount === 0, 'all to be published',
  120_000)
  const { num_ack_pending, num_pending } = await manager.consumers.info('events', durable)
  const grown_mb = (resident() - before_kb) / 1024
  console.log(`slow consumer: ${count} events wait, memory grew by ${grown_mb.toFixed()} MB, `
    + `${num_ack_pending} messages in hand, ${num_pending} at the server`)
  expect(num_ack_pending).toBeLessThanOrEqual(20)
  expect(num_pending).toBeGreaterThan(20)
  expect(grown_mb).toBeLessThan(300)

  await release()
  await eventually(async () => (await it.effects('slow')).length === count, 'every effect', 120_000)
  await eventually(async () => (await it.unsent('slow')).length === 0, 'all to be sent', 120_000)
  expect(numbers(await it.effects('slow'))).toEqual(upTo(count))
}, 400_000)

test('upgrade: a consumer that another version made is changed, and goes on', async () => {
  const first = await startBoth()
  await first.publish('old', [1])
  await eventually(async () => (await first.unsent('old')).length === 0)
  await first.counts.stop()
  systems = [first.tells]
  await manager.consumers.update('events', durable, { ack_wait: nanos(60_000), max_ack_pending: 7 })

  const it = watch({ teller: first.tells, counter: await start(counter) })
  await it.publish('new', [1])
  await eventually(async () => (await it.effects('new')).length === 1)
  const { config } = await manager.consumers.info('events', durable)
  expect(config).toMatchObject({ ack_wait: nanos(5000), max_ack_pending: 20 })
})

test('twins: two that publish and two that handle carry each event once', async () => {
  const it = await startBoth()
  const [twin] = await Promise.all([
    start(teller, it.tells.database_url), start(counter, it.counts.database_url)])
  await eventually(async () => systems.every(({ system }) => system.bus.connected()))
  const carried: string[] = []
  connection.subscribe(noted.type, { callback: (_, message) => {
    void readPack(message).then(({ events }) => carried.push(...events.map(({ id }) => id)))
  } })
  const other = twin.context('events')
  for (const round of upTo(100)) {
    const ctx = round % 2 ? other : it.ctx
    await ctx.transaction(tx => ctx.publish(tx, noted,
      upTo(100).map(n => ({ subject: 'quiet', n: round * 100 + n }))))
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  await eventually(async () => (await it.unsent('quiet')).length === 0, 'all to be sent', 60_000)

  expect(numbers(await it.effects('quiet'))).toEqual(upTo(10_000))
  expect(new Set(carried).size).toBe(10_000)
  console.log(`twins: ${carried.length - 10_000} of 10,000 events went more than once`)
  expect(carried.length).toBeLessThan(10_100)
}, 120_000)

test('stop: in mid-run it is quick, and what comes again has no second effect', async () => {
  const it = await startBoth()
  const count = 10_000
  await publishMany(it, 'flow', count)
  await eventually(async () => (await it.effects('flow')).length > 1000, 'a flow', 30_000)
  const began_ms = performance.now()
  await Promise.all([it.tells.system.stop(), it.counts.system.stop()])
  const took_ms = performance.now() - began_ms
  console.log(`stop: ${took_ms.toFixed()} ms`)
  expect(took_ms).toBeLessThan(10_000)
  systems.push(...await Promise.all([
    start(teller, it.tells.database_url), start(counter, it.counts.database_url)]))
  const again = watch({ teller: systems.at(-2)!, counter: systems.at(-1)! })
  // Confirmations that nobody was there to hear would be asked for again after a pause.
  await again.hurry()
  await eventually(async () => (await again.unsent('flow')).length === 0, 'all to be sent', 90_000)
  expect(numbers(await again.effects('flow'))).toEqual(upTo(count))
}, 180_000)
