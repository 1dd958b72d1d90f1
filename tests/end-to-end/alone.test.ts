import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { createTestDatabase, type TestDatabase } from '@fermata/testkit/postgres'
import { createDataFolder, startServerProcess, type ServerProcess } from '@fermata/testkit/server-process'
import { afterEach, expect, test } from 'vitest'

/**
 * Each service as `npm start -w services/<name>` runs it: alone, on a database that is named, with
 * none of the services it calls.
 */

interface Alone {
  server: ServerProcess
  data: Awaited<ReturnType<typeof createDataFolder>>
  database: TestDatabase
}

const running: Alone[] = []

afterEach(async () => {
  for (const { server, data, database } of running.splice(0)) {
    await server.kill()
    await data.remove()
    await database.drop()
  }
})

async function startAlone (name: ServiceName): Promise<Alone> {
  const [data, database] = await Promise.all([createDataFolder(), createTestDatabase()])
  const server = await startServerProcess(data.folder, {
    SERVICES: name, DATABASE_URL: database.url,
  })
  const alone = { server, data, database }
  running.push(alone)
  return alone
}

async function look (server: ServerProcess, path: string) {
  const answer = await fetch(server.url + path, { signal: AbortSignal.timeout(5000) })
  return { status: answer.status, text: await answer.text() }
}

const stop_within_ms = 10_000

async function startsServesAndStops (name: ServiceName): Promise<void> {
  const { server } = await startAlone(name)
  expect(await look(server, `/api/${name}/health`), name).toMatchObject({
    status: 200, text: expect.stringContaining(`"service":"${name}"`) as string })
  expect(await look(server, `/api/${name}/health/ready`), name).toMatchObject({
    status: 200, text: expect.stringContaining('"ready":true') as string })
  expect((await look(server, `/api/${name}/doc/`)).status, name).toBe(200)
  expect((await look(server, `/api/${name}/doc/json`)).text, name).toContain('"openapi":"3.1')
  // What belongs to another service is not here.
  const other = name === 'events' ? '/api/orders' : '/api/events'
  expect((await look(server, other)).status, name).toBe(404)
  const began = performance.now()
  expect(await server.stop(), `${name}: ${server.output()}`).toBe(0)
  expect(performance.now() - began, name).toBeLessThan(stop_within_ms)
}

// Two at a time: what waits for the database in one leaves the processor to the other.
const pairs = serviceNames.flatMap((_, index) =>
  index % 2 === 0 ? [serviceNames.slice(index, index + 2)] : [])

test.each(pairs)('alone: %s and %s start apart, serve their health and page, and stop within ten seconds',
  async (...names) => {
    const outcomes = await Promise.allSettled(names.map(startsServesAndStops))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }, 60_000)

test('alone: a service without a database says which setting names one', async () => {
  const data = await createDataFolder()
  await expect(startServerProcess(data.folder, { SERVICES: 'orders' }))
    .rejects.toThrow(/needs DATABASE_URL \(or DATABASE_URL_ORDERS_SERVICE\)/)
  await data.remove()
}, 30_000)
