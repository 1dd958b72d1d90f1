import { unavailable } from '@fermata/contracts/problems'
import { createPool, isDatabaseAway } from '@fermata/platform/database'
import { uuidv7 } from '@fermata/platform/ids'
import { Problem } from '@fermata/platform/problem'
import { createCollector } from '@fermata/platform/collector'
import type { Ctx, Resources } from './context.ts'
import { createCodeGuesses } from './code-guesses.ts'
import { createNetworkKeys } from './counted-askers.ts'
import { createLiveAvailability } from './live-availability.ts'
import { orderStore } from './order-store.ts'
import { createWaitingRooms } from './queue-rooms.ts'
import { createRegularBuyers } from './rules/regular-buyers.ts'
import { createSaleStore } from './sale-store.ts'
import { sellBatch, type Outcome, type Purchase } from './sell-batch.ts'

/** The reason for each of these is in docs/concepts/reserving.md. */
const max_batch = 256
const max_waiting_per_event = 4096
const max_waiting = 16_384
const max_parallel = 6

const retry_after_s = '1'
const full = new Problem(unavailable, 'Many people are buying at this moment. Try again in a second.',
  { headers: { 'retry-after': retry_after_s } })

const away = new Problem(unavailable, 'The box office could not be reached. Try again in a moment.',
  { headers: { 'retry-after': retry_after_s } })

/** Puts the queue in front of the stock. */
export async function startBoxOffice (ctx: Ctx): Promise<Resources> {
  const collector = createCollector<Purchase, Outcome>({
    ctx, name: 'sell',
    serve: async (event_id, purchases, entered) => {
      try {
        return await sellBatch(ctx.resources.sales, ctx, event_id, purchases, entered)
      } catch (error) {
        if (isAway(error)) ctx.log.warn({ err: error, event_id, purchases: purchases.length }, 'a batch could not be sold')
        throw isAway(error) ? away : error
      }
    },
    full: () => full,
    isHopeless: error => error instanceof Problem,
    max_batch, max_waiting_per_lane: max_waiting_per_event, max_waiting, max_parallel,
  })
  const pool = createPool({
    url: ctx.pool.options.connectionString!, max_connections: max_parallel,
    application_name: 'fermata-orders-sale', pipeline: true })
  const rooms = createWaitingRooms(ctx)
  const availability = createLiveAvailability(ctx)
  // Before the first order: none may slip past a room that is on.
  await rooms.refresh()
  const seller = uuidv7()
  return {
    collector, pool, sales: createSaleStore(pool), orders: orderStore, rooms, availability, seller,
    regulars: createRegularBuyers(seller),
    networkKey: createNetworkKeys(ctx.settings.ORDER_SIGNATURE), guesses: createCodeGuesses(),
  }
}

const event_id_in = /"event_id"\s*:\s*"([0-9a-f-]{36})"/

/**
 * Turns away who would find the queue of their event full, from the bare text of the order: in a
 * flood, reading and checking each order would take the time in which others could be sold to.
 */
export function refuseWhenFull ({ resources }: Ctx, body: string): Problem | null {
  const { full_lanes } = resources.collector
  if (full_lanes.size === 0) return null
  const event_id = event_id_in.exec(body)?.[1]
  return event_id !== undefined && full_lanes.has(event_id) ? full : null
}

export const closeBoxOffice = ({ resources }: Ctx) => resources.pool.end()

/** Errors of the system, and SQLSTATE classes of a server that is away, ending, full or locked. */
const away_codes = /^(?:E[A-Z]+$|08|25|53|55|57|58)/

/**
 * True when the database could not be reached or asked, also when the connection died at the
 * commit: then nobody knows whether the batch was sold, so it must not be tried again here. Who
 * sent a key may repeat and gets the first answer.
 */
function isAway (error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return isDatabaseAway(error) || (typeof code === 'string' && away_codes.test(code))
}
