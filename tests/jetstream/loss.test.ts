import { defineRoute } from '@fermata/contracts/define'
import { eventHandlers } from '@fermata/contracts/event-handlers'
import {
  broken, counter, noted, notedHandlers, teller, watch,
} from '@fermata/testkit/bus-contract'
import { createTestNats, type TestNats } from '@fermata/testkit/nats-server'
import { eventually, startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { jetstream } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { durableName } from '@fermata/platform/jetstream-consumer'
import { readPack } from '@fermata/platform/jetstream-packs'
import { loginEnded } from '@fermata/contracts/auth'
import { defineService, route, type Context } from '@fermata/platform/service'
import { uuidv7 } from '@fermata/platform/ids'
import { Type } from 'typebox'
import { afterEach, beforeEach, expect, test } from 'vitest'

/**
 * JetStream carries, PostgreSQL remembers: whatever happens to the message server, to its store or
 * to a consumer, effects may be late, but none is lost and none happens twice.
 */

let nats: TestNats
let systems: TestSystem[]

beforeEach(async () => {
  broken.clear()
  systems = []
  nats = await createTestNats()
})
afterEach(async () => {
  await Promise.all(systems.map(system => system.stop()))
  await nats.remove()
})

type Definition = typeof teller
type Handlers = Record<string, readonly string[]>

async function start (service: Definition, handlers: Handlers = notedHandlers, url?: string) {
  const system = await startTestSystem([service], {
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'fatal', NATS_URL: nats.url,
  }, url, handlers)
  systems.push(system)
  return system
}

/** A teller and a counter, each with a database of its own. */
async function startBoth (handlers: Handlers = notedHandlers) {
  const [tells, counts] = await Promise.all([start(teller, handlers), start(counter, handlers)])
  return { tells, counts, ...watch({ teller: tells, counter: counts }) }
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)
const numbers = (effects: { n: number }[]) => effects.map(({ n }) => n).sort((a, b) => a - b)

test('start: without a message server events wait, and go when there is one', async () => {
  const it = await startBoth()
  await it.publish('early', upTo(10))
  const ready = await it.tells.system.app.inject('/api/events/health/ready')
  expect(ready.json()).toMatchObject({ ready: true, checks: { bus: false } })

  await nats.start()

  await eventually(async () => (await it.effects('early')).length === 10)
  await eventually(async () => (await it.unsent('early')).length === 0, 'the rows to be sent')
})

/** Sells on while the server is killed twice and loses its store; returns what was told and done. */
async function loseTheStore (handlers: Handlers) {
  await nats.start()
  const it = await startBoth(handlers)
  const total = 6000
  for (let told = 0; told < total; told += 100) {
    await it.publish('run', upTo(100).map(n => told + n))
    if (told === 2000 || told === 4000) {
      // The handler is busy failing, so that events lie in the store when it is lost.
      broken.add('run')
      await it.publish('run', upTo(100).map(n => total + told + n))
      await new Promise(resolve => setTimeout(resolve, 400))
      await nats.kill()
      await nats.wipe()
      broken.clear()
      await nats.start()
    }
  }
  return { it, told: [8000, 10_000].reduce(
    (all, first) => [...all, ...upTo(100).map(n => first + n)], upTo(total)) }
}

test('loss: kill -9 and a deleted store in mid-run lose and double nothing', async () => {
  const { it, told } = await loseTheStore(notedHandlers)

  await eventually(
    async () => (await it.effects('run')).length >= told.length, 'every effect', 45_000)
  expect(numbers(await it.effects('run'))).toEqual(told)
  await eventually(async () => (await it.unsent('run')).length === 0, 'the rows to be sent', 45_000)
}, 120_000)

test('loss: the same without confirmations loses effects (control)', async () => {
  const { it, told } = await loseTheStore({})
  await it.publish('end', [1])
  await eventually(async () => (await it.effects('end')).length === 1, 'the last one', 20_000)
  await eventually(async () => (await it.unsent('run')).length === 0, 'no rows', 20_000)
  await new Promise(resolve => setTimeout(resolve, 2000))

  expect((await it.effects('run')).length).toBeLessThan(told.length)
}, 120_000)

test('consumer: what was told while it was down reaches it when it starts', async () => {
  await nats.start()
  const tells = await start(teller)
  const ctx = tells.context('events')
  await ctx.transaction(tx => ctx.publish(tx, noted, upTo(1500).map(n => ({ subject: 'late', n }))))
  const unsent = async () =>
    (await ctx.pool.query('select from events.outbox_events where sent_at is null')).rowCount
  await new Promise(resolve => setTimeout(resolve, 1000))
  expect(await unsent()).toBe(1500)

  const it = watch({ teller: tells, counter: await start(counter) })

  await eventually(async () => (await it.effects('late')).length === 1500)
  await eventually(async () => await unsent() === 0, 'the rows to be sent', 25_000)
  expect(numbers(await it.effects('late'))).toEqual(upTo(1500))
})

test('consumer: what a killed process had in hand comes to its twin within seconds', async () => {
  await nats.start()
  const it = await startBoth()
  await it.publish('first', [1])
  await eventually(async () => (await it.effects('first')).length === 1)
  await it.counts.stop()
  // As a process would that took events and was killed: they are in hand, and nobody acknowledges.
  const dead = await connect({ servers: nats.url.replace('nats://', '') })
  await it.publish('held', upTo(50))
  const taken = await jetstream(dead).consumers.get(
    'events', durableName({ name: 'tickets.count', type: noted.type }))
  const messages = await taken.fetch({ max_messages: 50, expires: 2000 })
  let held = 0
  for await (const message of messages) held += (await readPack(message)).events.length
  await dead.close()
  expect(held).toBe(50)

  const twin = await start(counter)
  const again = watch({ teller: it.tells, counter: twin })
  await eventually(async () => (await again.effects('held')).length === 50)
})

test('replicas: two of a service share its events, each has one effect', async () => {
  await nats.start()
  const it = await startBoth()
  await start(counter, notedHandlers, it.counts.database_url)
  await start(teller, notedHandlers, it.tells.database_url)

  await Promise.all(upTo(20).map(writer =>
    it.publish('shared', upTo(100).map(n => writer * 100 + n))))

  await eventually(async () => (await it.unsent('shared')).length === 0, 'all to be sent', 30_000)
  expect(numbers(await it.effects('shared'))).toEqual(upTo(2000))
})

const whoAmI = defineRoute({
  method: 'GET', path: '/api/tickets/me', access: 'user', summary: 'Who asks',
  reply: { 200: Type.Object({ ok: Type.Boolean() }) }, problems: [],
})
const guarded = defineService<Context>({
  name: 'tickets', routes: [route(whoAmI, async () => ({ ok: true }))],
})

test('logins: one that ends is refused by every process within a second', async () => {
  await nats.start()
  const auth = defineService<Context>({ name: 'auth', routes: [] })
  const signs = await startTestSystem([auth], {
    ...secrets(), LOG_LEVEL: 'fatal', NATS_URL: nats.url }, undefined, eventHandlers)
  const checks = await startTestSystem([guarded], {
    ...secrets(), LOG_LEVEL: 'fatal', NATS_URL: nats.url }, undefined, eventHandlers)
  systems.push(signs, checks)
  const login_id = uuidv7()
  const token = await checks.personToken({ login_id })
  const ctx = signs.context('auth')
  await eventually(async () => signs.system.bus.connected() && checks.system.bus.connected())
  expect((await checks.send(whoAmI, { token })).status).toBe(200)

  await ctx.transaction(tx => ctx.publish(tx, loginEnded, [
    { user_id: uuidv7(), login_ids: [login_id], ended_at: new Date().toISOString() }]))

  await eventually(async () => (await checks.send(whoAmI, { token })).status === 401,
    'the token to be refused', 1000)
})

/** What all processes of an installation share. */
const secrets = () => ({
  JWT_EXTERNAL_SIGNATURE: 'x'.repeat(32), JWT_INTERNAL_SIGNATURE: 'y'.repeat(32),
})
