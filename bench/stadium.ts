import { randomBytes } from 'node:crypto'
import { describeMachine } from './results.ts'
import type { LoadResult } from './load-job.ts'
import { startLoadProcess, type LoadProcess } from './load.ts'
import { startProduct, stopOnSignals, type Product } from './product.ts'
import { disagreement, readSums, settle, type Sums } from './sums.ts'

/** `npm run stadium`: sells out a stadium over HTTP and looks for every ticket afterwards. */

export interface StadiumOptions { tickets: number, requests: number, connections: number }

export interface StadiumResult {
  /** From the first request until the last ticket was acknowledged. */
  sold_out_in_s: number
  all_answered_in_s: number
  result: LoadResult
  sums: Sums
  /** What is wrong; empty when everything adds up. */
  faults: string[]
}

const full: StadiumOptions = { tickets: 50_000, requests: 100_000, connections: 512 }
/** Even a machine that sells a hundred times slower comes to an end. */
const longest_ms = 300_000
const wanted_s = 10

/** Sends the requests to a new event and checks its sums. */
export async function sellStadium (
  product: Product, load: LoadProcess, { tickets, requests, connections }: StadiumOptions
): Promise<StadiumResult> {
  const event = await product.openEvent(tickets)
  const run = `s${randomBytes(5).toString('hex')}`
  const began = performance.now()
  const result = await load.run({
    port: product.port, ...event, run, flow: 'order', connections, requests,
    warmup_ms: 0, duration_ms: longest_ms })
  const all_answered_in_s = (performance.now() - began) / 1000
  await settle(product)
  const sums = await readSums(product, event, run, result.order_ids)
  const disagreeing = disagreement(sums)
  const expected = Math.min(tickets, requests)
  const refused = requests - expected
  const answered = Object.values(result.statuses).reduce((sum, count) => sum + count, 0)
  const faults = [
    disagreeing && `the sums do not agree: ${disagreeing}`,
    sums.held + sums.sold !== expected && `${sums.held + sums.sold} of ${expected} tickets were sold`,
    answered !== requests && `${requests - answered} requests were not answered`,
    (result.statuses[409] ?? 0) !== refused && `not ${refused} were told that it is sold out: ` +
      JSON.stringify(result.statuses),
    result.lost > 0 && `${result.lost} connections broke or were never answered`,
  ].filter(fault => typeof fault === 'string')
  return { sold_out_in_s: result.measured_s, all_answered_in_s, result, sums, faults }
}

async function main (): Promise<void> {
  const machine = await describeMachine()
  console.log(`${machine.cores} cores, ${Math.round(machine.busy_before * 100)} % busy; a stadium of ` +
    `${full.tickets} tickets, ${full.requests} requests by ${full.connections} connections`)
  const load = startLoadProcess()
  const product = await startProduct()
  try {
    console.log(`fsync=${product.settings.fsync} ` +
      `synchronous_commit=${product.settings.synchronous_commit} ` +
      `full_page_writes=${product.settings.full_page_writes}`)
    // The code of a server that has just started is not compiled yet; a real one has sold before.
    await sellStadium(product, load, { ...full, tickets: 3000, requests: 3000 })
    const stadium = await sellStadium(product, load, full)
    print(stadium)
    if (stadium.faults.length > 0) process.exitCode = 1
  } finally {
    await product.stop()
    load.stop()
  }
}

function print ({ sold_out_in_s, all_answered_in_s, result, sums, faults }: StadiumResult): void {
  const { p50_ms, p99_ms, max_ms } = result.latency
  const rate = sums.acknowledged / sold_out_in_s
  console.log(`
  sold out in   ${sold_out_in_s.toFixed(2)} s (${rate.toFixed(0)} durable orders/s)` +
    `${sold_out_in_s > wanted_s ? `, not within ${wanted_s} s` : ''}
  all answered  ${all_answered_in_s.toFixed(2)} s
  sold          ${sums.held + sums.sold}
  oversold      ${sums.oversold}
  lost          ${sums.missing} of ${sums.acknowledged} acknowledged orders
  latency       p50 ${p50_ms} ms, p99 ${p99_ms} ms, longest ${max_ms} ms
  load process  ${Math.round(result.cpu_share * 100)} % of a core`)
  for (const fault of faults) console.log(`  WRONG: ${fault}`)
}

if (import.meta.main) {
  stopOnSignals()
  await main()
}
