import type { StoreOptions } from '@fermata/orders/test/stores/orders-with'
import { eventually } from '../end-to-end/sell.ts'
import { openEvent, type Sizes } from './contested-event.ts'
import { allOf, sell, type SaleOutcome } from './contested-sale.ts'
import { countMissing, isUnderWay, readSums, type Sums } from './queries.ts'
import type { TwoProcesses } from './two-processes.ts'

/** Many contested sales on a real PostgreSQL with two processes, and the same without the guard. */

export interface SalesPlan {
  startShop: (store: StoreOptions) => Promise<TwoProcesses>
  first_seed: number
  seeds: number
  attempts_per_seed: number
  pause_ms: number
}

export interface SalesTold {
  seeds: number
  attempts: number
  replayed: number
  acknowledged: number
  answers: Record<string, number>
  /** Seeds whose sums are wrong, and what is. */
  failed: { seed: number, why: string }[]
  /** Orders that each of the two processes was asked for, where somebody counts them. */
  asked: number[]
  /** Seeds in which the control broke each rule; `passes` of those that had a waiting room. */
  control: { seeds: number, oversold: number, overspent: number, over_limit: number,
    overused_passes: number, rooms: number }
}

/** Sales beside each other, as in a shop with several hot events. */
const sales_at_once = 4
/** The rush of the control: it has stock for a fraction of it. */
const control_attempts = 150
const settle_within_ms = 60_000

const sizesOf = (seed: number): Sizes => ({
  capacity: 40, adult: 30, child: 18, room: 36, max_uses: 8, max_per_buyer: 2,
  passes: seed % 4 === 0 ? 30 : 0,
})

type OfSeed = { seed: number, outcome: SaleOutcome, event_id: string }

export async function runSales (
  plan: SalesPlan, tell: (told: SalesTold) => void = () => {}
): Promise<SalesTold> {
  const told: SalesTold = {
    seeds: 0, attempts: 0, replayed: 0, acknowledged: 0, answers: {}, failed: [], asked: [],
    control: { seeds: 0, oversold: 0, overspent: 0, over_limit: 0, overused_passes: 0, rooms: 0 },
  }
  await withShop(plan, false, async shop => {
    for (const seeds of groupsOf(plan)) {
      const sales = await allOf(seeds.map(seed =>
        runSale(shop, seed, plan.attempts_per_seed, true)))
      await eventually(async () => !await isUnderWay(shop), 'the sales to settle', settle_within_ms)
      for (const sale of sales) await addSale(told, shop, sale)
      tell(told)
    }
    told.asked = await shop.asked()
  })
  await withShop(plan, true, async shop => {
    for (const seeds of groupsOf(plan)) {
      const sales = await allOf(seeds.map(seed =>
        runSale(shop, seed, control_attempts, false)))
      for (const sale of sales) await addControl(told, shop, sale)
      tell(told)
    }
  })
  return told
}

async function withShop (
  { startShop, pause_ms }: SalesPlan, unguarded: boolean,
  work: (shop: TwoProcesses) => Promise<void>
): Promise<void> {
  const shop = await startShop({ pause_ms, unguarded })
  try {
    await work(shop)
  } finally {
    await shop.stop()
  }
}

function groupsOf ({ first_seed, seeds }: SalesPlan): number[][] {
  const groups: number[][] = []
  for (let done = 0; done < seeds; done += sales_at_once) {
    groups.push(Array.from({ length: Math.min(sales_at_once, seeds - done) },
      (_, index) => first_seed + done + index))
  }
  return groups
}

async function runSale (
  shop: TwoProcesses, seed: number, attempts: number, others: boolean
): Promise<OfSeed> {
  const event = await openEvent(shop, sizesOf(seed))
  return { seed, event_id: event.id, outcome: await sell({ shop, event, seed, attempts, others }) }
}

async function addSale (
  told: SalesTold, shop: TwoProcesses, { seed, event_id, outcome }: OfSeed
): Promise<void> {
  told.seeds++
  told.attempts += outcome.attempts
  told.replayed += outcome.replayed
  told.acknowledged += outcome.acknowledged.length
  for (const [name, count] of Object.entries(outcome.answers)) {
    told.answers[name] = (told.answers[name] ?? 0) + count
  }
  const sums = await readSums(shop, event_id)
  const missing = await countMissing(shop, event_id, outcome.acknowledged)
  for (const why of wrongIn(outcome, sums, missing)) told.failed.push({ seed, why })
}

/** Every sum that must agree, after the sale and at each look while it went on. */
function wrongIn (outcome: SaleOutcome, sums: Sums, missing: number): string[] {
  const { acknowledged, contradicted, worst } = outcome
  const zero = { contradicted, missing, pending: sums.pending }
  const never = ['oversold', 'miscounted', 'overspent', 'mispent', 'over_limit', 'overused_passes'] as const
  return [
    ...Object.entries(zero).filter(([, count]) => count > 0).map(([name, count]) => `${name}: ${count}`),
    ...never.filter(name => sums[name] > 0).map(name => `${name} afterwards: ${sums[name]}`),
    ...never.filter(name => worst[name]! > 0).map(name => `${name} meanwhile: ${worst[name]}`),
    ...(sums.orders === acknowledged.length ? []
      : [`${acknowledged.length} acknowledged, ${sums.orders} orders`]),
    ...(sums.keys === acknowledged.length ? []
      : [`${acknowledged.length} acknowledged, ${sums.keys} keys`]),
  ]
}

async function addControl (
  { control }: SalesTold, shop: TwoProcesses, { seed, event_id }: OfSeed
): Promise<void> {
  const sums = await readSums(shop, event_id)
  control.seeds++
  if (sizesOf(seed).passes > 0) control.rooms++
  for (const name of ['oversold', 'overspent', 'over_limit', 'overused_passes'] as const) {
    if (sums[name] > 0) control[name]++
  }
}
