import { readFile } from 'node:fs/promises'
import { readyRoute } from '@fermata/contracts/platform'
import { counter, notedHandlers, teller, watch } from '@fermata/testkit/bus-contract'
import { createTestCluster, type TestCluster } from '@fermata/testkit/nats-server'
import { eventually, startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test } from 'vitest'

/**
 * Three servers that keep every event together, by the configuration that deploy/ ships: losing
 * one is a pause, losing two lets events wait in their outboxes.
 */

let cluster: TestCluster
let systems: TestSystem[]
let it: ReturnType<typeof watch>

beforeEach(async () => {
  const config = new URL('../../deploy/nats/cluster.conf', import.meta.url)
  cluster = await createTestCluster(await readFile(config, 'utf8'))
  await cluster.start()
  const environment = {
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'fatal', NATS_URL: cluster.url, NATS_REPLICAS: '3' }
  systems = await Promise.all([teller, counter].map(
    service => startTestSystem([service], environment, undefined, notedHandlers)))
  it = watch({ teller: systems[0]!, counter: systems[1]! })
  await it.publish('first', [1])
  await eventually(async () => (await it.unsent('first')).length === 0, 'the first', 60_000)
}, 120_000)
afterEach(async () => {
  await Promise.all(systems.map(system => system.stop()))
  await cluster.remove()
})

/** What the stream's own book says. */
async function describeStream () {
  const connection = await connect({ servers: cluster.url.split(',') })
  try {
    const manager = await jetstreamManager(connection, { checkAPI: false })
    return await manager.streams.info('events')
  } finally {
    await connection.close()
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)
const numbers = (effects: { n: number }[]) => effects.map(({ n }) => n).sort((a, b) => a - b)

async function allIsDone (subject: string, count: number) {
  await eventually(async () => (await it.unsent(subject)).length === 0, 'the rows to be sent', 90_000)
  expect(numbers(await it.effects(subject))).toEqual(upTo(count))
}

test('cluster: kill -9 of the stream\'s leader in mid-run is a pause, and loses nothing', async () => {
  const { config, cluster: group } = await describeStream()
  expect(config.num_replicas).toBe(3)
  const total = 5000
  for (let told = 0; told < total; told += 100) {
    await it.publish('run', upTo(100).map(n => told + n))
    if (told === 1000) await cluster.servers.get(group!.leader!)!.kill()
  }

  await allIsDone('run', total)
  expect((await describeStream()).cluster!.leader).not.toBe(group!.leader)
}, 180_000)

test('cluster: without a majority events wait, health says so, and they go when it is back', async () => {
  const { leader } = (await describeStream()).cluster!
  const lost = [...cluster.servers].filter(([name]) => name !== leader).map(([, server]) => server)
  await Promise.all(lost.map(server => server.kill()))
  const bus = async () => (await systems[0]!.send(readyRoute('events'))).body

  await it.publish('waits', upTo(200))

  await eventually(async () => !(await bus()).checks.bus, 'health to say it', 60_000)
  expect((await bus()).ready).toBe(true)
  expect(await it.unsent('waits')).toHaveLength(200)

  await Promise.all(lost.map(server => server.start()))
  await allIsDone('waits', 200)
  await eventually(async () => (await bus()).checks.bus, 'health to take it back', 30_000)
}, 240_000)
