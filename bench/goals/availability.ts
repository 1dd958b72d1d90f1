import { randomUUID } from 'node:crypto'
import { getAvailability, placeOrder, type Availability } from '@fermata/contracts/orders'
import { conclude, type Bench, type GoalResult } from '../bench.ts'
import { cpuSecondsOf, must, type Product } from '../product.ts'
import { startPlainServer, startRequestProcess, type RequestProcess } from '../requests.ts'
import { round } from '../statistics.ts'

const connections = 64
/** Looks at the pace until it has stayed the same; while it grows, the answer changes with it. */
const most_looks = 20
const same_looks = 3
/** A round in which the answer changed says nothing of those in which it does not. */
const tries = 3
const promised_s = 1

/** P11: what a poll that brings no news costs, and how old news are. */
export async function measureAvailability (bench: Bench): Promise<GoalResult[]> {
  const load = startRequestProcess()
  const plain = await startPlainServer()
  try {
    return await measure(bench, load, plain)
  } finally {
    load.stop()
    plain.stop()
  }
}

interface Server { port: number, pid: number }

async function measure (
  { plan, product, say }: Bench, load: RequestProcess, plain: Server
): Promise<GoalResult[]> {
  const event = await product.openEvent(1_000_000)
  const poll = async (server: Server, duration_ms: number) => {
    let polled = await pollUnchanged(load, server, event, duration_ms)
    for (let one = 1; one < tries && polled.reason; one++) {
      polled = await pollUnchanged(load, server, event, duration_ms)
    }
    return polled
  }
  await settlePace(product, event.event_id, () => poll(product, plan.seconds * 200))
  await poll(plain, plan.seconds * 200)
  const ours: number[] = []
  const control: number[] = []
  const lags: number[] = []
  const bad: string[] = []
  const rates: unknown[] = []
  for (let one = 1; one <= plan.rounds; one++) {
    const there = await poll(plain, plan.seconds * 1000)
    const here = await poll(product, plan.seconds * 1000)
    control.push(there.cpu_us)
    ours.push(here.cpu_us)
    for (const { reason } of [there, here]) if (reason) bad.push(reason)
    lags.push(await newsAfter(product, event, () =>
      pollUnchanged(load, product, event, 2500)))
    rates.push({ plain_per_second: there.per_second, per_second: here.per_second })
    say(`  round ${one}: ${here.cpu_us.toFixed(1)} us a poll, ${there.cpu_us.toFixed(1)} us a plain ` +
      `304; a sale shows after ${lags.at(-1)!.toFixed(2)} s`)
  }
  const sides = [{ name: 'CPU of a poll', unit: 'us', values: ours },
    { name: 'CPU of a plain 304', unit: 'us', values: control }]
  const may_not_claim = `${connections} connections that ask without a pause stand for the crowd: ` +
    'nothing about 100,000 open connections, TLS or networks. CPU of the server\'s process alone.'
  return [
    conclude({ id: 'P11', title: 'CPU of a poll of availability / of a 304 by plain Fastify',
      target: { at_most: 1.3, unit: 'x' }, may_not_claim },
    { rounds: ours.map((cpu, at) => cpu / control[at]!), sides, void: bad, details: { rates } }),
    conclude({ id: 'P11s', title: 'Seconds until watchers see a sale, while they ask all the time',
      target: { at_most: promised_s, unit: 's' }, may_not_claim },
    { rounds: lags, void: bad, sides: [{ name: 'a sale shows after', unit: 's', values: lags }] }),
  ]
}

interface Sold { event_id: string, ticket_type_id: string }

const addressOf = (port: number, event_id: string) =>
  `http://127.0.0.1:${port}${getAvailability.path}?event_id=${event_id}`

/** Asks with the tag of the answer that is there now, and counts what was told to be unchanged. */
async function pollUnchanged (
  load: RequestProcess, { port, pid }: Server, { event_id }: Sold, duration_ms: number
) {
  const first = await fetch(addressOf(port, event_id))
  await first.text()
  const path = `${getAvailability.path}?event_id=${event_id}`
  const text = `GET ${path} HTTP/1.1\r\nhost: localhost\r\n` +
    `if-none-match: ${first.headers.get('etag')}\r\n\r\n`
  const before = cpuSecondsOf(pid)
  const { statuses, succeeded, lost, per_second } = await load.run({
    port, connections, texts: [text], success: 304, warmup_ms: 0, duration_ms })
  const after = cpuSecondsOf(pid)
  const answered = Object.values(statuses).reduce((sum, count) => sum + count, 0)
  const cpu_us = before === null || after === null ? NaN : (after - before) / answered * 1e6
  const reason = lost > 0 || succeeded < answered || Number.isNaN(cpu_us)
    ? `${lost} lost, ${JSON.stringify(statuses)}, ${cpu_us} us` : null
  return { cpu_us, per_second: round(per_second, 0), reason }
}

async function settlePace (
  product: Product, event_id: string, poll: () => Promise<unknown>
): Promise<void> {
  let before = 0
  for (let [looks, same] = [0, 0]; looks < most_looks && same < same_looks; looks++) {
    await poll()
    const { poll_after_ms } = await look(product, event_id)
    same = poll_after_ms === before ? same + 1 : 0
    before = poll_after_ms
  }
}

const look = async ({ port }: Product, event_id: string) =>
  await (await fetch(addressOf(port, event_id))).json() as Availability

/** Sells one ticket while watchers ask; seconds from the answer to the buyer until it shows. */
async function newsAfter (
  product: Product, { event_id, ticket_type_id }: Sold, crowd: () => Promise<unknown>
): Promise<number> {
  const crowded = crowd()
  const call = await product.callAsOrganizer()
  const { items: [before] } = await look(product, event_id)
  await must(call(placeOrder, { body: { event_id, items: [{ ticket_type_id, quantity: 1 }],
    buyer: { name: 'Guest', email: `guest-${randomUUID()}@example.com`, locale: 'en' } } }))
  const sold_at = performance.now()
  let lag_s = 0
  for (let shows = false; !shows && lag_s < 10 * promised_s;) {
    await new Promise(resolve => setTimeout(resolve, 5))
    const { items: [now] } = await look(product, event_id)
    shows = now!.available === before!.available - 1
    lag_s = (performance.now() - sold_at) / 1000
  }
  await crowded
  return lag_s
}
