import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parts } from '@fermata/server/split/plan-split'
import { startSplit, type Split } from '@fermata/server/split/start-split'
import { shapes, type Shape } from '@fermata/testkit/installation'
import { createDataFolder } from '@fermata/testkit/server-process'

/**
 * Keeps the installation that the end-to-end files of one shape share: it starts with the first
 * file that asks for it, and ends when a file asks for another shape. Files run in processes of
 * their own, so they ask over HTTP.
 */

const port_base = 20_000
const scaleOf: Record<Shape, Record<string, number>> = {
  split: {}, twins: Object.fromEntries(parts.map(part => [part, 2])),
}

interface Running { shape: Shape, split: Split, remove: () => Promise<void> }

let running: Promise<Running> | undefined

async function start (shape: Shape): Promise<Running> {
  const data = await createDataFolder()
  const began = performance.now()
  try {
    const split = await startSplit({
      environment: { PATH: process.env.PATH, FERMATA_DATA: data.folder, RATE_LIMITS: 'off' },
      scale: scaleOf[shape], port_base, say: line => console.log(`${shape}: ${line}`),
    })
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    console.log(`${shape}: ${split.processes.length} processes and PostgreSQL in ${seconds} s`)
    return { shape, split, remove: data.remove }
  } catch (error) {
    await data.remove()
    throw error
  }
}

async function end (): Promise<void> {
  const ending = running
  running = undefined
  // What did not start has ended itself.
  const one = await ending?.catch(() => undefined)
  await one?.split.stop()
  await one?.remove()
}

let last: Promise<unknown> = Promise.resolve()

/** One after the other: two files that begin together share one start. */
function inTurn<T> (work: () => Promise<T>): Promise<T> {
  const mine = last.then(work)
  last = mine.catch(() => {})
  return mine
}

async function installationOf (shape: Shape): Promise<Split> {
  if (running && (await running).shape !== shape) await end()
  running ??= start(shape)
  const { split } = await running
  await split.ready()
  return split
}

const pause_ms = 20

/** Every service and the pages at once; all come back, for each is supervised. */
async function killAll (shape: Shape): Promise<void> {
  const split = await installationOf(shape)
  const names = split.instances.map(({ name }) => name)
  const killed = split.processes.filter(({ name }) => names.includes(name))
    .map(one => ({ one, pid: one.pid() }))
  for (const { one } of killed) one.kill()
  while (killed.some(({ one, pid }) => one.pid() === pid)) {
    await new Promise(resolve => setTimeout(resolve, pause_ms))
  }
}

/** Replaces processes of ours one after the other: one of each service, or all of them. */
async function rollEach (shape: Shape): Promise<void> {
  const split = await installationOf(shape)
  const whole = process.env.SPLIT_TESTS === 'all'
  const [first, twins] = [true, false].map(is_first =>
    split.instances.filter(({ name, part }) => (name === part) === is_first))
  // A twin's turn comes when nginx has long let the first one in again.
  for (const { name } of [...first!, ...whole ? twins! : []]) await split.roll(name)
}

const verbs: Record<string, ((shape: Shape) => Promise<object>) | undefined> = {
  start: async shape => ({ url: (await installationOf(shape)).url }),
  kill: async shape => {
    await killAll(shape)
    return {}
  },
  roll: async shape => {
    await rollEach(shape)
    return {}
  },
}

async function answer (request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, verb, name] = (request.url ?? '').split('/')
  const shape = shapes.find(one => one === name)
  const tell = (status: number, body: object) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  try {
    const work = verbs[verb ?? '']
    if (!shape || !work) throw new Error(`Nobody can ${verb} ${name}`)
    tell(200, await inTurn(() => work(shape)))
  } catch (error) {
    tell(500, { error: String(error) })
  }
}

/** Called by vitest before each project of this run; all of them share one keeper. */
export async function setup (): Promise<(() => Promise<void>) | undefined> {
  if (process.env.FERMATA_TEST_INSTALLATIONS) return undefined
  const server = createServer((request, response) => { void answer(request, response) })
  // The start of twenty processes is one request.
  server.requestTimeout = 0
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  process.env.FERMATA_TEST_INSTALLATIONS =
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return async () => {
    delete process.env.FERMATA_TEST_INSTALLATIONS
    server.close()
    server.closeAllConnections()
    await inTurn(end)
  }
}
