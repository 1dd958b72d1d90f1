import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getOrder, placeOrder, type PlacedOrder } from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import { uuidv7 } from '@fermata/platform/ids'
import { createTokens } from '@fermata/platform/tokens'
import { createRandom } from '@fermata/testkit/random'
import {
  createDataFolder, startServerProcess, type ServerProcess,
} from '@fermata/testkit/server-process'
import { buyer, eventually, putOnSale } from '../end-to-end/sell.ts'
import { checkHistory, readPromises, type Found } from './check-history.ts'
import { openHistory, readHistory, type History, type Kill, type Line } from './history.ts'
import { databaseUrlOf, postmasterOf } from './postmaster-of.ts'
import { readFound } from './queries.ts'

/**
 * A sale during which Node, PostgreSQL or both are killed every few seconds, and the comparison of
 * all that clients were told with the rows that are there afterwards.
 */

export interface RushPlan {
  seed: number
  seconds: number
  kinds: readonly Kill[]
  /** Ends the rush sooner. */
  max_kills?: number
  /** Where the data lie, and how the power of that disk is cut. */
  disk?: { folder: string, cut: () => Promise<void> }
  start?: (folder: string, environment: Record<string, string>) => Promise<ServerProcess>
  /** Called when tickets are on sale, before the first is sold. */
  onSale?: () => Promise<void>
}

export interface Kills {
  kind: Kill
  /** From the moment PostgreSQL accepted connections to a new order; of `node`, from its start. */
  first_order_ms: number
}

export interface RushOutcome {
  acknowledged: number
  repeated: number
  kills: Kills[]
  wrong: string[]
  history: Line[]
  found: Found
}

const lanes = 12
const capacity = 5_000_000
/** Of what is sold between a first new order and the next kill; a start takes as long again. */
const shortest_calm_ms = 300
const longest_calm_ms = 3000
const retry_after_ms = 50
/** Whatever a busy machine has to do beside: a server that is not back by then never comes. */
const back_within_ms = 300_000
const replayed = 200

interface Rush {
  server: ServerProcess
  environment: Record<string, string>
  history: History
  random: (below: number) => number
  is_over: boolean
  /** Orders that were acknowledged, by their own request or by one that repeated it. */
  placed: number
  repeated: number
  event_id: string
  ticket_type_id: string
}

const sleep = (ms: number) => new Promise<void>(resolve => { setTimeout(resolve, ms) })

export async function rushUnderKills (plan: RushPlan): Promise<RushOutcome> {
  const data = plan.disk ? await folderOn(plan.disk) : await createDataFolder()
  // Not in the folder of the server: nothing that happens to that may touch what was promised.
  const outside = await mkdtemp(join(tmpdir(), 'fermata-history-'))
  const history = openHistory(join(outside, 'history.jsonl'))
  let rush: Rush | undefined
  try {
    rush = await openRush(data.folder, history, plan)
    await plan.onSale?.()
    const buyers = Array.from({ length: lanes }, (_, lane) => buyOn(rush!, `${plan.seed}-${lane}`))
    const kills = await killAgainAndAgain(rush, plan, data.folder)
    rush.is_over = true
    await Promise.all(buyers)
    const { found, wrong } = await compare(rush, data.folder)
    const { placed, repeated } = rush
    return { acknowledged: placed + repeated, repeated, kills, found, wrong,
      history: readHistory(history.path) }
  } finally {
    if (rush) rush.is_over = true
    await rush?.server.stop()
    history.close()
    await data.remove()
    await rm(outside, { recursive: true, force: true })
  }
}

async function folderOn (disk: { folder: string }) {
  const folder = join(disk.folder, 'fermata')
  await mkdir(folder, { mode: 0o711 })
  return { folder, remove: () => Promise.resolve() }
}

async function openRush (
  folder: string, history: History, { seed, start = startServerProcess }: RushPlan
): Promise<Rush> {
  const secrets = {
    JWT_EXTERNAL_SIGNATURE: randomBytes(32).toString('hex'),
    JWT_INTERNAL_SIGNATURE: randomBytes(32).toString('hex'),
  }
  const environment = { ...secrets, FERMATA_DEMO: 'false', LOG_LEVEL: 'fatal' }
  const server = await start(folder, environment)
  const token = await createTokens(secrets).signAccess({
    user_id: uuidv7(), login_id: uuidv7(), roles: ['event_creator'],
    email: 'organizer@example.com', email_verified: true })
  const { event, ticket_type } = await putOnSale(server.callAs(token), { capacity })
    .catch(async (error: unknown) => {
      await server.stop()
      throw error
    })
  return { server, environment, history, random: createRandom(seed), is_over: false, placed: 0,
    repeated: 0, event_id: event.id, ticket_type_id: ticket_type.id }
}

/** One buyer after the other; each repeats a request until it is answered, as a browser would. */
async function buyOn (rush: Rush, lane: string): Promise<void> {
  for (let number = 1; !rush.is_over; number++) {
    const order = await placeOne(rush, `${lane}-${number}`)
    if (order && rush.random(5) === 0) await pay(rush, order)
    else if (order && rush.random(10) === 0) await look(rush, order)
  }
}

const bodyOf = (rush: Rush, seats: number) => ({
  event_id: rush.event_id, buyer: buyer(),
  items: [{ ticket_type_id: rush.ticket_type_id, quantity: seats }],
})

/** Sends one request until it has an answer; what it is given is written down at once. */
async function placeOne (rush: Rush, request: string): Promise<PlacedOrder | null> {
  const seats = 1 + rush.random(3)
  const deadline = performance.now() + back_within_ms
  for (let again = false; performance.now() < deadline; again = true) {
    rush.history.tell({ what: 'sent', request, seats })
    const answer = await rush.server.call(placeOrder, {
      body: bodyOf(rush, seats), headers: { 'idempotency-key': request } }).catch(() => null)
    if (answer?.ok) {
      rush.history.tell({ what: 'acked', request, order_id: answer.body.id, again })
      if (answer.headers.get('idempotency-replayed')) rush.repeated++
      else rush.placed++
      return answer.body
    }
    if (answer && answer.status < 500) {
      rush.history.tell({ what: 'refused', request, type: answer.problem.type })
      return null
    }
    rush.history.tell({ what: 'lost', request })
    await sleep(retry_after_ms)
  }
  return null
}

async function pay (rush: Rush, { id, access_token }: PlacedOrder): Promise<void> {
  const answer = await rush.server.callAs(access_token)(startPayment, {
    body: { order_id: id, provider: 'simulated', method: { test_card: 'success' } },
    headers: { 'idempotency-key': `pay-${id}` } }).catch(() => null)
  // Only an answer is a promise that the order will be paid.
  if (answer?.ok) rush.history.tell({ what: 'paying', order_id: id })
}

async function look (rush: Rush, { id, access_token }: PlacedOrder): Promise<void> {
  const answer = await rush.server.callAs(access_token)(getOrder, { params: { id } })
    .catch(() => null)
  if (answer?.ok) rush.history.tell({ what: 'seen', order_id: id, status: answer.body.status })
}

async function killAgainAndAgain (
  rush: Rush, plan: RushPlan, folder: string
): Promise<Kills[]> {
  const { seconds, kinds, seed, max_kills = Infinity } = plan
  const random = createRandom(seed + 1)
  const kills: Kills[] = []
  const end = performance.now() + seconds * 1000
  while (performance.now() < end && kills.length < max_kills) {
    await sleep(shortest_calm_ms + random(longest_calm_ms - shortest_calm_ms))
    const kind = kinds[kills.length % kinds.length]!
    rush.history.tell({ what: 'killed', kind })
    const back_at = await kill(rush, kind, folder, plan)
    rush.history.tell({ what: 'accepts_again' })
    const before = rush.placed
    await eventually(() => Promise.resolve(rush.placed > before), 'a new order', back_within_ms)
    kills.push({ kind, first_order_ms: performance.now() - back_at })
  }
  return kills
}

/**
 * Ends what is to be ended, and starts Node again as whoever supervises it would; nobody has to do
 * anything else.
 * @returns when PostgreSQL accepted connections again; where it never stopped, when Node started
 */
async function kill (
  rush: Rush, kind: Kill, folder: string, { disk, start = startServerProcess }: RushPlan
): Promise<number> {
  const postmaster = (await postmasterOf(folder))!
  if (kind === 'power') await disk!.cut()
  else if (kind !== 'node') process.kill(postmaster.pid, 'SIGKILL')
  if (kind !== 'postgres') await rush.server.kill()
  const starting = kind === 'postgres' ? rush.server
    : start(folder, rush.environment)
  const began = performance.now()
  const [accepts_at, server] = await Promise.all([
    kind === 'node' ? began : acceptsAgain(folder, postmaster.pid), starting])
  rush.server = server
  return accepts_at
}

async function acceptsAgain (folder: string, killed: number): Promise<number> {
  await eventually(async () => {
    const now = await postmasterOf(folder)
    return now?.accepts && now.pid !== killed
  }, 'PostgreSQL to come back', back_within_ms)
  return performance.now()
}

/** Waits until what was paid is complete, asks again with old keys, then compares everything. */
async function compare (rush: Rush, folder: string) {
  const { acked, paying } = readPromises(readHistory(rush.history.path))
  const url = await databaseUrlOf(folder)
  const read = () => readFound(url, rush.event_id, rush.ticket_type_id)
  await eventually(async () => {
    const { orders } = await read()
    return orders.every(({ id, status, tickets, seats }) =>
      status === 'completed' ? tickets === seats : !paying.has(id))
  }, 'what was paid to be complete', back_within_ms)
  await askAgain(rush, [...acked.keys()])
  const found = await read()
  return { found, wrong: checkHistory(readHistory(rush.history.path), found) }
}

/** Keys of the whole rush, evenly: each must be given its first answer again. */
async function askAgain (rush: Rush, requests: string[]): Promise<void> {
  const step = Math.max(1, Math.floor(requests.length / replayed))
  const seats = new Map(readHistory(rush.history.path).flatMap(line =>
    line.what === 'sent' ? [[line.request, line.seats] as const] : []))
  for (let at = 0; at < requests.length; at += step) {
    const request = requests[at]!
    const answer = await rush.server.call(placeOrder, {
      body: bodyOf(rush, seats.get(request)!), headers: { 'idempotency-key': request } })
    const order_id = answer.ok ? answer.body.id : `none, but ${answer.problem.type}`
    rush.history.tell({ what: 'acked', request, order_id, again: true })
  }
}
