import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, type Call } from '@fermata/contracts/client'
import { placeOrder, type PlacedOrder } from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import { isAlive } from '@fermata/platform/embedded-postgres/postmaster'
import { uuidv7 } from '@fermata/platform/ids'
import { createTokens } from '@fermata/platform/tokens'
import { startMailServer } from '@fermata/testkit/mail-server'
import { createRandom } from '@fermata/testkit/random'
import {
  createDataFolder, startServerProcess, type ServerProcess,
} from '@fermata/testkit/server-process'
import { buyer, eventually, putOnSale } from '../end-to-end/sell.ts'
import { atScale } from '../proofs/proof.ts'
import type { Fault } from './faults.ts'
import { judge, openJudge, type Judge } from './judge-liveness.ts'
import { startMailGate, type MailGate } from './mail-gate.ts'
import { canMount, mountSmallDisk, type SmallDisk } from './small-disk.ts'

/**
 * An installation that goes through faults, and small sales during which they come: when they are
 * over, every place has to be sold and nothing may be left to do.
 */

/** Several batches of orders, and mails for a second or two. */
const capacity = atScale(24, 48)
const lanes = 6
const disk_mb = 2000
const retry_after_ms = 50
const busy_machine_ms = 300_000
/** Two more than lanes hold between them at a time, so that some is always left for afterwards. */
const latest_fault_at = capacity - 14

export interface Shop {
  server: ServerProcess
  folder: string
  mails: MailGate
  /** Absent where nothing can be mounted. */
  disk: SmallDisk | undefined
  judge: Judge
  /** Requests of buyers that are under way, to be cut. */
  under_way: Set<AbortController>
  restart: () => Promise<void>
  stop: () => Promise<void>
}

export async function openShop (): Promise<Shop> {
  const data = await createDataFolder()
  const disk = canMount() ? mountSmallDisk(data.folder, disk_mb) : undefined
  const mail_server = await startMailServer(() => undefined)
  const mails = await startMailGate(mail_server.port)
  const environment = {
    ...secrets, FERMATA_DEMO: 'false', LOG_LEVEL: 'fatal', RESERVATION_TIMEOUT: '0.1',
    MAIL_HOSTNAME: '127.0.0.1', MAIL_PORT: String(mails.port), MAIL_FROM: 'Hall <hall@example.org>',
  }
  const start = () => startServerProcess(data.folder, environment)
  const shop: Shop = {
    server: await start(), folder: data.folder, mails, disk, under_way: new Set(),
    judge: await openJudge(data.folder),
    async restart () { shop.server = await start() },
    async stop () {
      await shop.judge.close()
      await shop.server.stop()
      mails.close()
      await mail_server.stop()
      disk?.remove()
      await data.remove()
    },
  }
  return shop
}

/** What Node and PostgreSQL said last, for whoever looks for what went wrong. */
export function lastWordsOf ({ server, folder }: Shop): string {
  const log = join(folder, 'postgres', 'server.log')
  const ends = [server.output(), existsSync(log) ? readFileSync(log, 'utf8') : 'no log of PostgreSQL']
  return [`Node ${isAlive(server.pid) ? 'runs' : 'has ended'}`, ...ends.map(end => end.slice(-3000))]
    .join('\n')
}

const secrets = {
  JWT_EXTERNAL_SIGNATURE: randomBytes(32).toString('hex'),
  JWT_INTERNAL_SIGNATURE: randomBytes(32).toString('hex'),
}

const organizerToken = () => createTokens(secrets).signAccess({
  user_id: uuidv7(), login_id: uuidv7(), roles: ['event_creator'],
  email: 'organizer@example.com', email_verified: true })

interface Sale {
  event_id: string
  ticket_type_id: string
  random: (below: number) => number
  acknowledged: number
  is_over: boolean
}

/** As whoever has a browser: to wherever the shop is now, and given up when the line is cut. */
function callerOf (shop: Shop, token?: string): Call {
  return createClient({
    base_url: shop.server.url,
    headers: token ? { authorization: `Bearer ${token}` } : {},
    async fetch (address, init) {
      const cut = new AbortController()
      shop.under_way.add(cut)
      try {
        return await fetch(address, { ...init, signal: cut.signal })
      } finally {
        shop.under_way.delete(cut)
      }
    },
  }).call
}

/** Asks until there is an answer that is no failure. */
async function insist<T extends { status: number }> (
  sale: Sale, ask: () => Promise<T>
): Promise<T | null> {
  while (!sale.is_over) {
    const answer = await ask().catch(() => null)
    if (answer && answer.status < 500) return answer
    await sleep(retry_after_ms)
  }
  return null
}

/** Buys one or two at a time until the sale is over; every sixth buyer goes away without paying. */
async function buyOn (shop: Shop, sale: Sale): Promise<void> {
  while (!sale.is_over) {
    const key = uuidv7()
    const quantity = 1 + sale.random(2)
    const placed = await insist(sale, () => callerOf(shop)(placeOrder, {
      body: { event_id: sale.event_id, buyer: buyer(),
        items: [{ ticket_type_id: sale.ticket_type_id, quantity }] },
      headers: { 'idempotency-key': key } }))
    if (!placed?.ok) {
      // Sold out, for now: somebody may not pay, or the last place is alone.
      await sleep(retry_after_ms)
      continue
    }
    sale.acknowledged += quantity
    if (sale.random(6) > 0) await pay(shop, sale, placed.body)
  }
}

const pay = (shop: Shop, sale: Sale, { id, access_token }: PlacedOrder) =>
  insist(sale, () => callerOf(shop, access_token)(startPayment, {
    body: { order_id: id, provider: 'simulated', method: { test_card: 'success' } },
    headers: { 'idempotency-key': `pay-${id}` } }))

export interface Healed {
  /** From the moment all faults were over. */
  quiet_after_ms: number
  /** How many places were spoken for when the first fault came. */
  sold_before: number
}

/**
 * Sells one event from the first to the last place while faults come and go.
 * @param untilHealed instead of the judge, what has to be true in the end
 */
export async function sellThrough (
  shop: Shop, seed: number, faults: readonly Fault[], untilHealed = expectQuiet
): Promise<Healed> {
  const random = createRandom(seed)
  const { event, ticket_type } = await putOnSale(
    shop.server.callAs(await organizerToken()), { capacity, max_per_order: 2 })
  const sale: Sale = { event_id: event.id, ticket_type_id: ticket_type.id, random,
    acknowledged: 0, is_over: false }
  const buyers = Array.from({ length: lanes }, () => buyOn(shop, sale))
  try {
    const at = 1 + random(latest_fault_at)
    await eventually(() => Promise.resolve(sale.acknowledged >= at), `${at} places to be taken`,
      busy_machine_ms)
    const sold_before = sale.acknowledged
    for (const fault of faults) await fault.bring(shop, random)
    const healed_ms = performance.now()
    await untilHealed(shop, sale)
    return { quiet_after_ms: performance.now() - healed_ms, sold_before }
  } finally {
    sale.is_over = true
    for (const cut of shop.under_way) cut.abort()
    await Promise.all(buyers)
  }
}

/** @throws with what is still open when a machine of any speed would be through with it */
async function expectQuiet (shop: Shop, sale: Sale): Promise<void> {
  let open: string[] = []
  await eventually(async () => {
    open = await judge(shop.judge, sale)
    return open.length === 0
  }, 'all to be sold and quiet', busy_machine_ms).catch((error: unknown) => {
    throw new Error(`Still open: ${open.join('; ')}`, { cause: error })
  })
}
