import { join } from 'node:path'
import { uuidv7 } from '@fermata/platform/ids'
import { getOrder, placeOrder, type PlacedOrder } from '@fermata/contracts/orders'
import {
  createDataFolder, startServerProcess, type ServerProcess,
} from '@fermata/testkit/server-process'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buyer, eventually, putOnSale, signIn } from '../end-to-end/sell.ts'
import { figure } from '../proofs/proof.ts'
import { databaseUrlOf } from './postmaster-of.ts'
import { canMount, mountOver, mountSmallDisk, type SmallDisk } from './small-disk.ts'

/** The disk of the database is full while tickets are sold, and then there is room again. */

/** What a new installation takes is about 60 MB; the rest is what is filled. */
const disk_mb = 200
const left_bytes = 300 * 1024
const max_orders = 5000

let data: Awaited<ReturnType<typeof createDataFolder>>
let disk: SmallDisk | undefined
let server: ServerProcess | undefined

/** Buys one ticket after the other of an event, and keeps what was acknowledged. */
async function startSale ({ url, call, callAs }: ServerProcess) {
  const { event, ticket_type } = await putOnSale(
    callAs(await signIn(call, 'eventcreator')), { capacity: 10 * max_orders })
  const acknowledged: PlacedOrder[] = []
  const page = async () => (await fetch(`${url}/events/${event.slug}`)).status
  expect(await page()).toBe(200)
  return {
    acknowledged, page,
    async buy () {
      const answer = await call(placeOrder, {
        body: { event_id: event.id, items: [{ ticket_type_id: ticket_type.id, quantity: 1 }],
          buyer: buyer() },
        headers: { 'idempotency-key': uuidv7() },
      })
      if (answer.ok) acknowledged.push(answer.body)
      return answer
    },
    /** How many of the acknowledged orders are not there. */
    async lost () {
      const found = await Promise.all(acknowledged.map(({ id, access_token }) =>
        callAs(access_token)(getOrder, { params: { id } })))
      return found.filter(({ ok }) => !ok).length
    },
    ready: async (status: number) =>
      (await fetch(`${url}/api/orders/health/ready`)).status === status,
  }
}

type Sale = Awaited<ReturnType<typeof startSale>>

/** From the first refusal until there is room and all is well. */
async function goThroughIt (
  sale: Sale, free: () => Promise<void>
): Promise<{ lost: number, seen: string }> {
  const failed_ms = performance.now()
  await eventually(() => sale.ready(503), 'not to be ready')
  const not_ready_ms = Math.round(performance.now() - failed_ms)
  for (let n = 0; n < 10; n++) expect(await sale.page()).toBe(200)
  for (let n = 0; n < 20; n++) {
    const answer = await sale.buy()
    if (!answer.ok) {
      expect([answer.status, answer.headers.get('retry-after')])
        .toEqual([503, expect.stringMatching(/^\d+$/)])
    }
  }
  await free()
  const freed_ms = performance.now()
  await eventually(async () => (await sale.buy()).ok, 'the next order', 60_000)
  const sold_again_ms = Math.round(performance.now() - freed_ms)
  await eventually(() => sale.ready(200), 'to be ready', 60_000)
  const lost = await sale.lost()
  const seen = `${sale.acknowledged.length} acknowledged orders, ${lost} lost; not ready ${not_ready_ms
  } ms after the first refusal, the event's page shown throughout, the next order taken ${
    sold_again_ms} ms after there was room.`
  return { lost, seen }
}

async function buyUntilRefused (sale: Sale): Promise<void> {
  while (sale.acknowledged.length < max_orders) {
    const answers = await Promise.all(Array.from({ length: 20 }, sale.buy))
    if (answers.some(({ ok }) => !ok)) return
  }
  throw new Error(`${max_orders} orders fitted on a disk that was to be full`)
}

describe.runIf(canMount())('a full disk', () => {
  beforeEach(async () => {
    data = await createDataFolder()
  })
  afterEach(async () => {
    await disk?.free()
    await server?.stop()
    disk?.remove()
    disk = undefined
    await data.remove()
  })

  test('R15: of the whole database: it sells again by itself, and nothing is lost', async () => {
    disk = mountSmallDisk(data.folder, disk_mb)
    server = await startServerProcess(data.folder)
    const sale = await startSale(server)
    await disk.fill(left_bytes)
    await buyUntilRefused(sale)
    const { lost, seen } = await goThroughIt(sale, disk.free)
    figure('R15', `The disk of the database is full: ${seen}`)
    expect(lost).toBe(0)
  }, 300_000)

  test('R15: of its log alone: PostgreSQL ends, and is started until there is room', async () => {
    server = await startServerProcess(data.folder)
    await server.stop()
    const wal = join(data.folder, 'postgres', 'data', 'pg_wal')
    disk = mountOver(wal, 64)
    server = await startServerProcess(data.folder)
    const sale = await startSale(server)
    for (let n = 0; n < 20; n++) await sale.buy()
    await disk.fill(1024 * 1024)
    const client = new Client({ connectionString: await databaseUrlOf(data.folder) })
    client.on('error', () => {})
    await client.connect()
    // Each takes a new file of 16 MB.
    const switching = async () => {
      for (let n = 0; n < 8; n++) {
        await client.query(`select pg_logical_emit_message(true, 'fermata', 'x'), pg_switch_wal()`)
      }
    }
    await expect(switching()).rejects.toThrow(/terminat|space|PANIC|recovery/i)
    await eventually(async () => !(await sale.buy()).ok, 'an order to be refused')
    const { lost, seen } = await goThroughIt(sale, disk.free)
    figure('R15', `The disk of PostgreSQL's log is full: ${seen}`)
    expect(lost).toBe(0)
  }, 300_000)
})
